"""The tools that the stack is made of, in a virtual environment of their own: pinned, and checked against their hashes."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import sys
from pathlib import Path

from processes import Processes
from say import Problem, step
from settings import ROOT, Settings

REQUIREMENTS = ROOT / "local" / "requirements.txt"


def make_venv(venv: Path, requirements: Path, processes: Processes) -> None:
    """Makes the virtual environment, unless it is there and was made from these very requirements."""
    stamp = venv / "requirements.sha256"
    wanted = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    if importlib.util.find_spec("ensurepip") is None:
        raise Problem("this Python has no venv module.", "Install it (Debian, Ubuntu: apt install python3-venv) and try again.")
    step(f"installing tools into {venv} (once; about a minute)")
    shutil.rmtree(venv, ignore_errors=True)
    venv.parent.mkdir(parents=True, exist_ok=True)
    if not processes.finish("venv", [sys.executable, "-m", "venv", venv], os.environ):
        raise Problem(f"no virtual environment could be made in {venv}.", "Is the disk full or the folder read-only?", processes.log("venv"))
    # --no-deps: the list is complete, and pip would resolve extras of pinned packages again and miss their hashes.
    pip: list[str | Path] = [
        venv / "bin" / "python",
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--no-deps",
        "--require-hashes",
        "-r",
        requirements,
    ]
    if not processes.finish("pip", pip, os.environ):
        raise Problem(
            "the tools could not be installed.", "Is there a network? The packages come from the Python package index; try again.", processes.log("pip")
        )
    stamp.write_text(wanted)


def ensure(settings: Settings, processes: Processes) -> None:
    """Checks what must be on the machine and makes what need not be."""
    if shutil.which("cargo") is None and settings.build:
        raise Problem("cargo was not found.", "Install Rust by rustup and open a new shell; rust-toolchain.toml then chooses the version.")
    make_venv(settings.venv, REQUIREMENTS, processes)


def only(settings: Settings, processes: Processes) -> int:
    """Makes the tools and nothing else; the exit code of the process."""
    make_venv(settings.venv, REQUIREMENTS, processes)
    return 0


def environment(settings: Settings) -> dict[str, str]:
    """The caller's environment with the tools first on PATH."""
    return {**os.environ, "PATH": f"{settings.venv / 'bin'}:{os.environ.get('PATH', '')}", "SAM_CLI_TELEMETRY": "0"}
