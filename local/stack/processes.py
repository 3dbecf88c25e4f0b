"""Child processes that never outlive the stack: each leads a process group, dies with its parent, and is recorded for `make down`."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

MARK = "LUCIUS_RUN_DIR"
"""Variable in the environment of every child, by which `make down` knows them after a crash."""
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


def _die_with_parent() -> None:
    """Runs in the child before exec: the kernel ends it when the stack's own process is gone, even by SIGKILL."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Processes:
    """The children of one stack."""

    def __init__(self, run: Path) -> None:
        self._run = run
        self._children: dict[str, tuple[subprocess.Popen[bytes], Path]] = {}

    def start(self, name: str, command: Sequence[str | Path], env: Mapping[str, str], pass_fds: Sequence[int] = ()) -> subprocess.Popen[bytes]:
        """Starts a child that is to stay; its output goes to `<run>/<name>.log`."""
        log = self.log(name)
        with log.open("wb") as out:
            child = self._spawn(command, env, out, subprocess.STDOUT, pass_fds)
        self._children[name] = (child, log)
        groups = {name: child.pid for name, (child, _) in self._children.items()}
        (self._run / "children.json").write_text(json.dumps(groups))
        return child

    def finish(
        self, name: str, command: Sequence[str | Path], env: Mapping[str, str], on_line: Callable[[str], None] | None = None, cwd: Path | None = None
    ) -> bool:
        """Runs a command to its end, its output in `<run>/<name>.log`, each line shown to `on_line`. True if it succeeded."""
        log = self.log(name)
        with log.open("wb") as out:
            child = self._spawn(command, env, subprocess.PIPE, subprocess.STDOUT, (), cwd)
            self._children[name] = (child, log)
            try:
                for line in child.stdout or ():
                    out.write(line)
                    out.flush()
                    if on_line is not None:
                        on_line(line.decode(errors="replace").rstrip())
                return child.wait() == 0
            finally:
                if child.poll() is None:
                    _signal_group(child.pid, signal.SIGKILL)
                    child.wait()
                del self._children[name]

    def log(self, name: str) -> Path:
        """Where the output of this child is."""
        return self._run / f"{name}.log"

    def dead(self) -> tuple[str, int, Path] | None:
        """The first child that has ended though it should not have, with its exit code (below zero: the signal that ended it) and its log."""
        for name, (child, log) in self._children.items():
            code = child.poll()
            if code is not None:
                return name, code, log
        return None

    def stop(self) -> None:
        """Ends all children with everything they started: asks for two seconds, then does not ask."""
        children = [child for child, _ in self._children.values()]
        for child in children:
            _signal_group(child.pid, signal.SIGTERM)
        deadline = time.monotonic() + 2
        while time.monotonic() < deadline and any(child.poll() is None for child in children):
            time.sleep(0.05)
        for child in children:
            _signal_group(child.pid, signal.SIGKILL)
            child.wait()
        self._children.clear()
        (self._run / "children.json").unlink(missing_ok=True)

    def _spawn(
        self, command: Sequence[str | Path], env: Mapping[str, str], out: IO[bytes] | int, err: int, pass_fds: Sequence[int], cwd: Path | None = None
    ) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [str(part) for part in command],
            env={**env, MARK: str(self._run)},
            cwd=cwd or self._run,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
            preexec_fn=_die_with_parent,
            pass_fds=pass_fds,
        )


def end_leftovers(run: Path) -> int:
    """Ends children of a stack whose own process is gone, and only those: by their recorded group and the mark in their environment."""
    record = run / "children.json"
    ended = 0
    try:
        groups: dict[str, int] = json.loads(record.read_text())
    except (OSError, ValueError):
        return 0
    for pid in groups.values():
        try:
            environ = Path(f"/proc/{pid}/environ").read_bytes()
        except OSError:
            continue
        if f"{MARK}={run}".encode() in environ.split(b"\0"):
            _signal_group(pid, signal.SIGKILL)
            ended += 1
    record.unlink(missing_ok=True)
    return ended


def _signal_group(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)
