"""Puts known bugs into a clean copy of the project, one at a time, and shows how long the simulator takes to find each.

    python3 tests/simulator/bugs.py [FOLDER OF PATCHES]

Exit code 1 if a bug was not found on every seed, or if the copy without a bug is broken.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SEEDS = 3
# A bug that is not found in this time on one core is not found.
MINUTES = float(os.environ.get("MINUTES") or 3)
PROFILE = os.environ.get("PROFILE") or "dev"
# Cargo tells crates of one workspace apart by their place in it, not by where the workspace lies: what is compiled with a bug
# must not lie where the project's own builds would take it up.
TARGET = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target") / "bugs"


def run(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"CARGO_TARGET_DIR": str(TARGET)}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def build(copy: Path) -> Path | None:
    """The simulator of the copy, or None if it does not compile."""
    built = run("cargo", "build", "--quiet", "--profile", PROFILE, "--package", "lucius-simulator", cwd=copy)
    if built.returncode != 0:
        print(built.stderr[-3000:], file=sys.stderr)
        return None
    folder = "debug" if PROFILE == "dev" else PROFILE
    triple = os.environ.get("CARGO_BUILD_TARGET", "")
    return TARGET / triple / folder / "simulate"


def hunt(simulate: Path, copy: Path) -> tuple[float, str, bool]:
    """How long one hunt from a fresh seed took, what it says, and whether it found something."""
    seed = str(secrets.randbelow(1 << 40))
    began = time.monotonic()
    done = run(str(simulate), "--seed", seed, "--minutes", str(MINUTES), cwd=copy)
    took = time.monotonic() - began
    said = [line for line in done.stdout.splitlines() if line.startswith("SEED")]
    return took, said[0] if said else done.stderr[-200:], done.returncode == 1


def table_row(patch: Path, copy: Path) -> bool:
    """Prints one row of the table; whether the bug was found on every seed."""
    applied = run("git", "apply", str(patch.resolve()), cwd=copy)
    if applied.returncode != 0:
        print(f"| {patch.stem} | does not apply: {applied.stderr.strip()[:200]} |")
        return False
    try:
        simulate = build(copy)
        if simulate is None:
            print(f"| {patch.stem} | does not compile |")
            return False
        hunts = [hunt(simulate, copy) for _ in range(SEEDS)]
    finally:
        run("git", "checkout", "--quiet", "--", ".", cwd=copy)
        run("git", "clean", "--quiet", "-fd", cwd=copy)
    times = ", ".join(f"{took:.1f}" if found else "not found" for took, _, found in hunts)
    by = sorted({said.split(": ", 2)[1] for _, said, found in hunts if found and said.count(": ") >= 2})
    print(f"| {patch.stem} | {times} | {', '.join(by)} |", flush=True)
    return all(found for _, _, found in hunts)


def main() -> int:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "bugs"
    patches = sorted(folder.glob("*.patch"))
    if not patches:
        print(f"no patches in {folder}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="lucius-bugs-") as temporary:
        copy = Path(temporary) / "copy"
        cloned = run("git", "clone", "--quiet", str(ROOT), str(copy), cwd=ROOT)
        if cloned.returncode != 0:
            print(cloned.stderr, file=sys.stderr)
            return 2
        print("| bug | seconds until it was found, on three fresh seeds | broken |\n|---|---|---|", flush=True)
        missed = [patch.stem for patch in patches if not table_row(patch, copy)]
    if missed:
        print(f"not found: {', '.join(missed)}")
        return 1
    print(f"{len(patches)} of {len(patches)} found")
    return 0


if __name__ == "__main__":
    sys.exit(main())
