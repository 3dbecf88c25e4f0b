"""What a person reads while the stack comes up: one line a step with the time since the start, and failures that say what to do."""

from __future__ import annotations

import sys
import time
from pathlib import Path

LAST_LINES = 40
"""So many lines of a log are shown when something went wrong."""

_started = time.monotonic()


class Problem(Exception):
    """Something the person can mend. `remedy` says how; `log` is a file whose end shows the cause."""

    def __init__(self, what: str, remedy: str, log: Path | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy
        self.log = log


def step(text: str) -> None:
    """Prints one line of progress."""
    seconds = int(time.monotonic() - _started)
    print(f"[{seconds // 60:02d}:{seconds % 60:02d}] {text}", flush=True)


def plain(text: str = "") -> None:
    """Prints a line without the clock."""
    print(text, flush=True)


def shown(log: Path) -> None:
    """Prints the end of a log."""
    lines = log.read_text(errors="replace").splitlines()[-LAST_LINES:]
    print(f"--- the end of {log}", file=sys.stderr)
    print("\n".join(lines), file=sys.stderr)
    print("---", file=sys.stderr, flush=True)


def explain(problem: Problem) -> None:
    """Prints a problem: the end of its log first, so that what happened and what to do stand last."""
    if problem.log is not None and problem.log.exists():
        shown(problem.log)
    print(f"lucius: {problem.what}", file=sys.stderr)
    print(f"        {problem.remedy}", file=sys.stderr, flush=True)
