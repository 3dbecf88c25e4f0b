"""`make down`: ends the stack of a run folder, also one whose own process has died."""

from __future__ import annotations

import fcntl
import os
import signal
import time

from processes import end_leftovers
from say import Problem, plain
from settings import Settings

STOP_SECONDS = 15


def run(settings: Settings) -> int:
    """Ends it and waits until it is gone; the exit code of the process."""
    path = settings.run / "lock"
    try:
        lock = path.open("r+")
    except FileNotFoundError:
        plain("lucius is not running.")
        return 0
    with lock:
        if _free(lock.fileno()):
            ended = end_leftovers(settings.run)
            settings.stack_json.unlink(missing_ok=True)
            plain(f"lucius was not running; {ended} processes that it had left were ended." if ended else "lucius is not running.")
            return 0
        # The lock is held, so its pid is of a living process: a pid file alone could name a stranger.
        pid = int(lock.read())
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while not _free(lock.fileno()):
            if time.monotonic() > deadline:
                raise Problem(f"the stack (process {pid}) does not stop.", f"End it by kill -9 {pid}, then run make down once more.")
            time.sleep(0.1)
    plain("lucius is down.")
    return 0


def _free(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
