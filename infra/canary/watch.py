"""Watches what becomes of a missed question, by the API alone, and says how long each step took."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from canary import Canary
from say import Failure, step
from settings import Settings

POLL_SECONDS = 1.0
ASKED_WITHIN = 120
"""A question comes at its minute, or with the next sweep, or the one after."""
RANG = ("ringing", "answered", "busy", "no answer", "pressed")
"""How the timeline tells of a call that reached a phone. What was held back, refused, or is unknown has other words, and does not count."""

T = TypeVar("T")


@dataclass(frozen=True)
class Times:
    """When what happened, in seconds since 1970 by the clock of lucius."""

    deadline: float
    opened: float
    called: float
    accepted: float | None

    def words(self) -> str:
        """One line for the operator."""
        parts = [f"deadline -> opened {self.opened - self.deadline:.1f} s", f"first call placed {self.called - self.deadline:.1f} s"]
        if self.accepted is not None:
            parts.append(f"accepted {self.accepted - self.deadline:.1f} s")
        return " -> ".join(parts)


def watch(canary: Canary, settings: Settings, known: set[int], asked_at: float) -> Times:
    """Waits through the whole story of a question that is not in `known`. Fails as soon as it can no longer end well."""
    probe = _until(canary, asked_at + ASKED_WITHIN, "the canary was not asked", lambda: _new_probe(canary, known))
    deadline = _instant(probe["deadline"])
    step(f"asked; the answer is due at {probe['deadline']}, and nobody will give it")
    limit = deadline + settings.paged_within
    incident = _until(canary, limit, f"no incident was opened within {settings.paged_within} s of the deadline", lambda: _opened(canary, probe))
    step("the deadline was missed: an incident is open")
    called = _until(canary, limit, f"no call was placed within {settings.paged_within} s of the deadline", lambda: _called(_again(canary, incident)))
    step("a call was placed")
    accepted = None
    if settings.accepted_within > 0:
        words = f"nobody accepted within {settings.accepted_within} s of the call"
        accepted = _until(canary, called + settings.accepted_within, words, lambda: _accepted(_again(canary, incident)))
        step("somebody pressed 1: accepted")
    else:
        accepted = _accepted(_again(canary, incident))
    return Times(deadline, _instant(incident["opened_at"]), called, accepted)


def _until(canary: Canary, limit: float, failure: str, look: Callable[[], T | None]) -> T:
    while True:
        # Looked at once more when the time is up: it may have come while nobody looked.
        late = canary.api.now() > limit
        found = look()
        if found is not None:
            return found
        if late:
            raise Failure(failure)
        time.sleep(POLL_SECONDS)


def _new_probe(canary: Canary, known: set[int]) -> dict[str, Any] | None:
    return next((probe for probe in canary.probes() if probe["id"] not in known), None)


def _opened(canary: Canary, probe: dict[str, Any]) -> dict[str, Any] | None:
    for asked in canary.probes():
        if asked["id"] == probe["id"] and asked["status"] in ("good", "bad", "cancelled"):
            raise Failure(f"somebody answered for the canary (its question is {asked['status']}): nothing was missed.")
    newest = next(iter(canary.incidents()), None)
    return newest if newest is not None and _instant(newest["opened_at"]) >= _instant(probe["created_at"]) else None


def _again(canary: Canary, incident: dict[str, Any]) -> dict[str, Any]:
    return next(found for found in canary.incidents() if found["id"] == incident["id"])


def _called(incident: dict[str, Any]) -> float | None:
    calls = (line for line in incident["timeline"] if line["what"] == "attempt" and line.get("how") == "call")
    return min((_instant(line["at"]) for line in calls if str(line.get("outcome", "")).startswith(RANG)), default=None)


def _accepted(incident: dict[str, Any]) -> float | None:
    return min((_instant(line["at"]) for line in incident["timeline"] if line["what"] == "accepted"), default=None)


def _instant(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
