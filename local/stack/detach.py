"""`make up DETACH=1`: the same stack in the background; returns when it is ready, or shows why it is not."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import up
from say import plain
from settings import Settings


def run(settings: Settings) -> int:
    """Starts `up` in a session of its own and shows what it says until it is ready; the exit code of the process."""
    lock = up.claim(settings)
    if lock is None:
        # Its log is not to be emptied.
        return up.runs_already(settings)
    lock.close()
    log = settings.run / "up.log"
    with log.open("wb") as out:
        child = subprocess.Popen(
            [sys.executable, str(Path(__file__).resolve().parent), "up"],
            env={**os.environ, **settings.as_environment(), "DETACH": ""},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    with log.open() as lines:
        try:
            while True:
                ended = child.poll() is not None
                ready = not ended and settings.stack_json.exists() and _pid(settings) == child.pid
                if ready:
                    time.sleep(0.2)
                sys.stdout.write(lines.read())
                sys.stdout.flush()
                if ended:
                    return child.returncode or 1
                if ready:
                    return 0
                time.sleep(0.2)
        except KeyboardInterrupt:
            child.terminate()
            child.wait()
            plain("\nstopped before it was ready.")
            return 130


def _pid(settings: Settings) -> int | None:
    try:
        return int((settings.run / "lock").read_text())
    except (OSError, ValueError):
        return None
