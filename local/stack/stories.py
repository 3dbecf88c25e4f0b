"""`make e2e`: whole stories, told to two stacks that are started for them and ended after them.

One lives fast; the other has real minutes, for the story that needs real schedules. `make chaos` has a stack of its own.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import detach
import down
from say import plain, shown, step
from settings import ROOT, Settings


def run(settings: Settings) -> int:
    """Tells all stories; the exit code of the process."""
    unscaled = replace(settings, run=settings.run.with_name(f"{settings.run.name}-unscaled"), minute_seconds="60", port=None, build=False)
    failed: list[str] = []
    with _stacks(settings, unscaled) as up:
        if not up:
            return 1
        env = {**os.environ, "LUCIUS_STACK": str(settings.stack_json), "LUCIUS_STACK_UNSCALED": str(unscaled.stack_json)}
        with _beside("unscaled", env, unscaled.run / "story.log", failed):
            # Stories mostly wait: many at once. All at once would be a burst of half a minute for two processors, and in a story people do not wait
            # so long. Those that take something away from everybody come after, one by one.
            for target, threads in (("stories", _at_once()), ("hard", 1)):
                if settings.stack_json.exists():
                    _tell(target, env, failed, threads)
            step("end-to-end tests: unscaled, which has been running beside the others")
        # What the functions have written meanwhile.
        _tell("logs", env, failed)
        failed += _ended(settings, unscaled)
    return _result(failed, settings.run)


def chaos(settings: Settings) -> int:
    """Lets everything go wrong at once on a stack of its own; the exit code of the process."""
    failed: list[str] = []
    with _stacks(settings) as up:
        if not up:
            return 1
        env = {**os.environ, "LUCIUS_STACK": str(settings.stack_json)}
        step("chaos: SEED, INCIDENTS, STORM_SECONDS and BREAK say otherwise than usual")
        if subprocess.run([*_command("chaos", 1), "--nocapture"], cwd=ROOT, env=env, check=False).returncode != 0:
            failed.append("chaos")
        failed += _ended(settings)
    return _result(failed, settings.run)


def _at_once() -> int:
    """Twelve stories, or fewer where the machine is slower than the one for which that was found, at this moment."""
    usual, most = 0.06, 12
    took = []
    for _ in range(3):
        began, total = time.perf_counter(), 0
        for i in range(1_000_000):
            total += i
        took.append(time.perf_counter() - began)
    return max(3, min(most, round(most * usual / min(took))))


@contextmanager
def _stacks(*wanted: Settings) -> Iterator[bool]:
    """Starts stacks, and ends those that it has started; false if one did not start. One that ran there before is somebody else's."""
    started: list[Settings] = []
    try:
        for stack in wanted:
            if detach.run(stack) != 0:
                break
            started.append(stack)
        yield len(started) == len(wanted)
    finally:
        for stack in started:
            down.run(stack)


def _result(failed: list[str], logs: Path) -> int:
    plain(f"logs of the functions, the cloud and the switchboard: {logs}")
    if failed:
        plain(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


def _ended(*stacks: Settings) -> list[str]:
    """Those that are not there any more, though nobody has ended them. Only their own last words say why."""
    ended = [stack for stack in stacks if not stack.stack_json.exists()]
    for stack in ended:
        shown(stack.run / "up.log")
    return [f"{stack.run.name}, which ended by itself" for stack in ended]


def _tell(target: str, env: dict[str, str], failed: list[str], threads: int = 1) -> None:
    step(f"end-to-end tests: {target}")
    if subprocess.run(_command(target, threads), cwd=ROOT, env=env, check=False).returncode != 0:
        failed.append(target)


@contextmanager
def _beside(target: str, env: dict[str, str], log: Path, failed: list[str]) -> Iterator[None]:
    """Runs a target while the body runs, and shows what it said when both are done."""
    with log.open("wb") as out:
        child = subprocess.Popen(_command(target, 1), cwd=ROOT, env=env, stdout=out, stderr=subprocess.STDOUT)
    try:
        yield
        if child.wait() != 0:
            failed.append(target)
    finally:
        if child.poll() is None:
            child.terminate()
            child.wait()
    plain(log.read_text(errors="replace"))


def _command(target: str, threads: int) -> list[str]:
    """The command that runs a test target which needs stacks, and is ignored for that otherwise."""
    return ["cargo", "test", "--package", "lucius-tests", "--test", target, "--", "--include-ignored", "--test-threads", str(threads)]
