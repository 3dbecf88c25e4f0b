"""The committed result of a full run, and why each survivor may live."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

FILE = Path(__file__).parent / "survivors.toml"
HEAD = """\
# Mutants of shared/core that no test of it notices, each with the reason why it may live. Written by `make mutants`, but for the
# reasons: a survivor without one fails it, and so does one that is new in a change (`make indiff`).
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
