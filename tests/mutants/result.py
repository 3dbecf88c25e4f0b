"""The committed result of a full run, and why each survivor may live."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import tool

FILE = Path(__file__).parent / "survivors.toml"
VERDICTS = Path(__file__).parent / "verdicts.txt"
HEAD = """\
# Mutants of shared/core that no test of it notices, each with the reason why it may live. Written by `make mutants`, but for the
# reasons: a survivor without one fails it, and so does one that is new in a change (`make indiff`).
"""
VERDICTS_HEAD = """\
# What is known of each mutant of shared/core. Written by `make mutants`, which goes on from here, on whatever machine: a line holds
# as long as the text of its function does, and `missed` as long as the tests do. The first word names the change within that text.
"""


@dataclass
class Result:
    """What the last full run found."""

    commit: str = ""
    date: str = ""
    tool: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    survivors: Counter[str] = field(default_factory=Counter)
    """How many mutants of each key: one line may hold the same thing twice."""
    reasons: dict[str, str] = field(default_factory=dict)

    def unexplained(self, missed: Iterable[str]) -> list[str]:
        """Which of these survivors have no reason, or are more than the reason was written for."""
        left = self.survivors.copy()
        unexplained = []
        for key in missed:
            if not self.reasons.get(key) or left[key] == 0:
                unexplained.append(key)
            left[key] -= 1
        return unexplained


def read() -> Result:
    """The committed result; empty if there is none."""
    if not FILE.exists():
        return Result()
    data = tomllib.loads(FILE.read_text())
    survivors = data.get("survivor", [])
    return Result(
        commit=data["commit"],
        date=data["date"],
        tool=data["tool"],
        counts=data["mutants"],
        survivors=Counter({each["mutant"]: each.get("times", 1) for each in survivors}),
        reasons={each["mutant"]: each["reason"] for each in survivors},
    )


def write(result: Result) -> None:
    """Writes it; a survivor that nobody has explained yet gets an empty reason."""
    lines = [HEAD, f"commit = {json.dumps(result.commit)}", f"date = {json.dumps(result.date)}", f"tool = {json.dumps(result.tool)}", "", "[mutants]"]
    lines += [f"{name} = {count}" for name, count in result.counts.items()]
    for key, times in sorted(result.survivors.items()):
        lines += ["", "[[survivor]]", f"mutant = {json.dumps(key, ensure_ascii=False)}"]
        lines += [f"times = {times}"] if times > 1 else []
        lines += [f"reason = {json.dumps(result.reasons.get(key, ''), ensure_ascii=False)}"]
    FILE.write_text("\n".join(lines) + "\n")


@dataclass
class Verdicts:
    """What is known of each mutant."""

    tests: str = ""
    """Names the tests that had been there."""
    by_id: dict[str, str] = field(default_factory=dict)


def read_verdicts() -> Verdicts:
    """The verdicts that are kept; none if there are none."""
    if not VERDICTS.exists():
        return Verdicts()
    verdicts = Verdicts()
    for line in VERDICTS.read_text().splitlines():
        match line.split(" ", 2):
            case ["#", *_]:
                pass
            case ["tests", digest]:
                verdicts.tests = digest
            case [id, verdict, _]:
                verdicts.by_id[id] = verdict
    return verdicts


def write_verdicts(tests: str, known: Iterable[tuple[tool.Mutant, str]]) -> None:
    """Keeps them, in an order that changes little from run to run."""
    lines = sorted((each.key, each.id, verdict) for each, verdict in known)
    # All or nothing: whatever ends this, the file can be read.
    new = VERDICTS.with_suffix(".new")
    new.write_text(VERDICTS_HEAD + f"tests {tests}\n" + "".join(f"{id} {verdict} {key}\n" for key, id, verdict in lines))
    new.replace(VERDICTS)
