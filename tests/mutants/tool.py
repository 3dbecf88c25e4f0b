"""cargo-mutants: installed when it is needed, and run with what makes its verdicts the same every time."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
VERSION = "27.1.0"
PACKAGE = "lucius-core"
SOURCES = "shared/core/src"
_CACHE = os.environ.get("LUCIUS_CACHE")
HOME = (Path(_CACHE).expanduser().resolve() if _CACHE else ROOT / "local" / ".mutants") / "mutants"
"""Everything of this that is not in the project: the tool and what it compiles."""

# What was caught once is not tried again, nor what does not compile or makes the tests hang.
CAUGHT = {"CaughtMutant": "caught", "Timeout": "caught", "Unviable": "unviable", "MissedMutant": "missed"}


@dataclass(frozen=True)
class Mutant:
    """One change to the code that a test should notice."""

    name: str
    """As cargo-mutants prints it, with line and column."""
    key: str
    """The same without them, so that a reason outlives what moves the code up or down."""
    file: str
    id: str
    """Names the change within the text of its function: a verdict holds as long as that text does."""


def environment() -> dict[str, str]:
    """Random tests draw the same few cases every time, shrink nothing and keep nothing: a verdict is no matter of luck."""
    env = {**os.environ, "PROPTEST_RNG_SEED": "20261121", "PROPTEST_CASES": "16"}
    env |= {"PROPTEST_MAX_SHRINK_ITERS": "0", "PROPTEST_DISABLE_FAILURE_PERSISTENCE": "1"}
    # The tool tests a copy of the project, whose place changes; dependencies are compiled once all the same. Builds that
    # remember make a mutant a matter of seconds.
    env |= {"CARGO_TARGET_DIR": str(HOME / "target"), "CARGO_INCREMENTAL": "1", "RUST_BACKTRACE": "0"}
    # A golden file is compared, never written.
    env.pop("UPDATE_EXPECT", None)
    return env


def binary() -> Path:
    """The tool of the pinned version; it is installed if it is not there."""
    home = HOME / f"cargo-mutants-{VERSION}"
    tool = home / "bin" / "cargo-mutants"
    if not tool.exists():
        print(f"installing cargo-mutants {VERSION} into {home} (once; some minutes)", flush=True)
        install = ["cargo", "install", "--quiet", "--locked", "--root", str(home), "--version", VERSION, "cargo-mutants"]
        if subprocess.run(install, cwd=ROOT, env={**os.environ, "CARGO_TARGET_DIR": str(HOME / "tool")}, check=False).returncode != 0:
            sys.exit("lucius: cargo-mutants could not be installed. Is there a network?")
    return tool


def mutants(*choice: str) -> list[Mutant]:
    """What the tool would change, in the order of the files; `choice` narrows it as the tool's own arguments do."""
    command = [str(binary()), "mutants", "--package", PACKAGE, "--list", "--json", *choice]
    listed = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        sys.exit(f"lucius: cargo-mutants: {listed.stderr.strip()[-2000:]}")
    return [mutant(each, ROOT) for each in json.loads(listed.stdout or "[]")]


def mutant(listed: dict[str, Any], root: Path) -> Mutant:
    """The mutant that the tool lists so; its name is `file:line:column: what`."""
    file, line, column, what = listed["name"].split(":", 3)
    span = (listed["function"] or listed)["span"]
    first = span["start"]["line"]
    text = "\n".join(lines(root / file)[first - 1 : span["end"]["line"]])
    place = f"{file}\0{text}\0{int(line) - first}:{column}\0{what}"
    return Mutant(listed["name"], f"{file}:{what}", file, hashlib.sha256(place.encode()).hexdigest()[:16])


@cache
def lines(file: Path) -> list[str]:
    """The lines of a source."""
    return file.read_text().splitlines()


def test(output: Path, *choice: str, seconds: float | None = None, meanwhile: Callable[[], None] | None = None) -> None:
    """Tests mutants; verdicts appear in `output` one by one. After `seconds` no more are tried. `meanwhile` is called every minute."""
    command = [str(binary()), "mutants", "--package", PACKAGE, "--jobs", "1", "--output", str(output), "--no-times", *choice]
    until = float("inf") if seconds is None else time.monotonic() + seconds
    child = subprocess.Popen(command, cwd=ROOT, env=environment())
    while True:
        try:
            code = child.wait(max(0.0, min(60.0, until - time.monotonic())))
            break
        except (subprocess.TimeoutExpired, KeyboardInterrupt) as why:
            if meanwhile is not None:
                meanwhile()
            if isinstance(why, KeyboardInterrupt) or time.monotonic() >= until:
                child.send_signal(signal.SIGINT)
                child.wait()
                return
    # 2: some were missed, 3: some took too long. Anything else means that nothing is known.
    if code not in {0, 2, 3}:
        sys.exit(f"lucius: cargo-mutants ended with {code}: do the tests of {PACKAGE} pass without any change?")


def verdicts(output: Path) -> dict[str, str]:
    """What is known of each mutant so far, by name: caught, missed or unviable."""
    file = output / "mutants.out" / "outcomes.json"
    if not file.exists():
        return {}
    try:
        read = json.loads(file.read_text())["outcomes"]
    except json.JSONDecodeError:
        # The tool is writing it.
        return {}
    outcomes = [each for each in read if isinstance(each["scenario"], dict)]
    known = [(each["scenario"]["Mutant"]["name"], CAUGHT.get(each["summary"])) for each in outcomes]
    return {name: verdict for name, verdict in known if verdict is not None}
