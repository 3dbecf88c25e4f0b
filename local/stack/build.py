"""Builds the functions and the switchboard from this checkout, the quick way (dev profile, the host's own compiler)."""

from __future__ import annotations

import re
import time
from pathlib import Path

import tools
from processes import Processes
from say import Problem, step
from settings import ROOT, Settings

SWITCHBOARD = "lucius-switchboard"


CODE_URI = re.compile(r"CodeUri: functions/[^/\s]+/([^/\s]+)")
"""How template.yaml names a function's folder, which is named like its package."""


def functions() -> list[str]:
    """The packages of all functions that the template deploys."""
    return sorted(CODE_URI.findall((ROOT / "template.yaml").read_text()))


def artifact(settings: Settings, package: str) -> Path:
    """The folder that cargo-lambda leaves a function's `bootstrap` in."""
    return settings.target / "lambda" / package


def switchboard(settings: Settings) -> Path:
    """The switchboard's binary: cargo-lambda treats it like any other."""
    return artifact(settings, SWITCHBOARD) / "bootstrap"


def run(settings: Settings, processes: Processes) -> None:
    """Builds everything, or raises a problem with the end of the compiler's output."""
    packages = functions()
    wanted = [*packages, SWITCHBOARD] if settings.carrier_url is None else packages
    step(f"building {len(packages)} functions{' and the switchboard' if len(wanted) > len(packages) else ''} (the first time takes minutes)")
    # One cargo invocation for all: every further one would unify features differently and compile the AWS SDK again.
    command = ["cargo", "lambda", "build", "--compiler", "cargo", *[part for package in wanted for part in ("-p", package)]]
    env = {**tools.environment(settings), "CARGO_TARGET_DIR": str(settings.target)}
    # Another stack may be running this very file, which could then not be written; a new one beside it can.
    switchboard(settings).unlink(missing_ok=True)
    if not processes.finish("build", command, env, _Progress().line, cwd=ROOT):
        raise Problem(
            "the build failed.", "The compiler's message is above; offline, cargo also needs its packages once from the network.", processes.log("build")
        )


class _Progress:
    """Says every ten seconds how far cargo is."""

    def __init__(self) -> None:
        self._crates = 0
        self._said = time.monotonic()

    def line(self, text: str) -> None:
        found = re.match(r"\s*Compiling (\S+)", text)
        if found is None:
            return
        self._crates += 1
        if time.monotonic() - self._said >= 10:
            self._said = time.monotonic()
            step(f"  {self._crates} crates so far, now {found[1]}")
