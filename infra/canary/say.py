"""What the operator reads: one line for each thing that happened, with the time since the start; and failures that say what to do."""

from __future__ import annotations

import time

_started = time.monotonic()


class Failure(Exception):
    """The canary was not paged, or could not be tried. The words are for the operator."""


def step(text: str) -> None:
    """Prints one line."""
    seconds = int(time.monotonic() - _started)
    print(f"[{seconds // 60:02d}:{seconds % 60:02d}] {text}", flush=True)


def masked(number: str) -> str:
    """A phone number as it may be shown: its last two digits."""
    return f"…{number[-2:]}"
