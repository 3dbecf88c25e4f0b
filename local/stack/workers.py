"""How the emulator runs functions when many are wanted at once, on a machine that has two processors instead of Amazon's.

The emulator starts one more process for every invocation that finds none idle: two hundred requests in a second are two hundred processes that all start at
once, time out, and, because it answers the failure of one by ending all processes of that function, take each other down. On AWS environments know
nothing of each other.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import socket
import socketserver
import sys
import threading
import time
from collections import defaultdict, deque
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

from hypercorn.config import Config
from ministack.core import lambda_runtime
from ministack.services import lambda_svc

FEW = 4
"""As many processes of one function start without a second thought."""
PATIENCE_SECONDS = 0.25
"""Beyond those an invocation waits so long for one that becomes idle. Then it gets a process of its own if the others wait for something slow, as a
carrier may be. If they wait for the emulator, which is busy then, one more process would only make all of them slower."""
LAST_PATIENCE_SECONDS = 20.0
"""However busy the machine is, whoever waits the longest for a function gets a process after this, one in each second. A process that starts costs
more than many that wait, and whoever waits behind something slow needs no more than that the queue moves."""
CARRIERS_PATIENCE_SECONDS = 5.0
"""A webhook that has waited so long is not worked on any more: by our addresses the carrier gives up after 6 s, and sends it again. Where more come
than two processors can work on, what nobody waits for would else be in front of all that somebody waits for."""
SILENT = {"statusCode": 504, "headers": {"lucius-silent": "yes"}, "body": ""}
"""Tells the proxy in front to say nothing at all. The carrier may not have gone yet, and AWS says no such thing as it would hear."""
WEBHOOKS = "-twilio-"
BUSY = 0.5
"""The part of one processor from which the emulator counts as busy."""
STARTS_AT_ONCE = 4
AT_ONCE = 12
"""As many invocations of all functions are worked on without a second thought. A function gives a request to the emulator up after 1.5 s and repeats it:
where more is begun than two processors can do in that time, everything is done twice and nothing ends. Further ones wait as for a process."""
SWITCH_SECONDS = 0.0005
"""For how long a thread may keep the interpreter's one lock while another waits for it. The thread that answers everybody gives it away with every
packet that it sends, and would wait the usual 5 ms for it each time."""
BACKLOG = 2048
"""Connections that may wait to be accepted. With the usual hundred a burst loses some, and each of those tries again only after a second."""

LONG_POLL_SECONDS = 5.0
"""How often whoever serves a process looks whether it is still wanted, while the process waits for something to do."""
LONG_WAIT_SECONDS = 30.0
"""Who waits longer for a process is mentioned in the log."""

_log = logging.getLogger("lucius")
_starting = threading.Semaphore(STARTS_AT_ONCE)


class _Load:
    """How busy the emulator is. It is one Python process, and all functions wait for it."""

    WINDOW_SECONDS = 0.1
    LATE_SECONDS = 0.02
    """What sleeps is woken so late only where others wait to be answered, or hold the processors, on this machine or on one that shares them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._room = 0
        self._due = 0.0

    async def watch(self) -> None:
        """Never ends, on the event loop that answers everybody. After each window that was calm some may begin."""
        while True:
            since, used = time.monotonic(), time.process_time()
            self._due = since + self.WINDOW_SECONDS + self.LATE_SECONDS
            await asyncio.sleep(self.WINDOW_SECONDS)
            now = time.monotonic()
            calm = time.process_time() - used < BUSY * (now - since) and now < self._due
            with self._lock:
                self._room = STARTS_AT_ONCE if calm else 0

    def admits(self) -> bool:
        """Whether one more may begin though many have."""
        with self._lock:
            admitted = self._room > 0 and time.monotonic() < self._due
            self._room -= admitted
            return admitted


class _Queue:
    """Whoever waits for a process of one function, the longest first. Only that one looks, and the others sleep."""

    def __init__(self) -> None:
        self.waiting: deque[threading.Event] = deque()
        self._next_start = 0.0

    def wake(self) -> None:
        """The first looks again."""
        if self.waiting:
            self.waiting[0].set()

    def trickles(self) -> bool:
        """Admits one in each second."""
        now = time.monotonic()
        if now < self._next_start:
            return False
        self._next_start = now + 1.0
        return True


_load = _Load()
_queues: defaultdict[Any, _Queue] = defaultdict(_Queue)
"""Of each function. To be touched with the emulator's lock of workers alone."""


async def watch_load() -> None:
    """To run beside what answers everybody. Never ends."""
    await _load.watch()


def calm_bursts() -> None:
    """Replaces how processes are taken, started and given up."""
    worker = lambda_runtime.ProvidedWorker
    spawn_as_it_was = worker._spawn
    _wake_seldom()
    sys.setswitchinterval(SWITCH_SECONDS)

    def spawn(self: Any, *arguments: Any, **named: Any) -> None:
        with _starting:
            spawn_as_it_was(self, *arguments, **named)

    worker._spawn = spawn
    lambda_svc._execute_function_provided_warm = _execute
    Config.backlog = BACKLOG


def _wake_seldom() -> None:
    """Lets what waits for an idle process sleep.

    For each process that runs, the emulator asks ten times a second whether its server is to end, and ten times whether there is an event. A
    hundred idle processes are two thousand threads a second that all want the interpreter's one lock, which the thread that answers everybody wants
    as well.
    """

    class Events(queue.Queue[Any]):
        def get(self, block: bool = True, timeout: float | None = None) -> Any:
            return super().get(block, timeout and max(timeout, LONG_POLL_SECONDS))

    class Server(socketserver.ThreadingTCPServer):
        ended = False

        def __init__(self, *arguments: Any) -> None:
            self._rests = threading.Event()
            self._rests.set()
            super().__init__(*arguments)

        def serve_forever(self, poll_interval: float = 0.5) -> None:
            del poll_interval
            self._rests.clear()
            try:
                while not self.ended:
                    with suppress(OSError):
                        self.handle_request()
            finally:
                self._rests.set()

        def shutdown(self) -> None:
            self.ended = True
            # Whoever waits for a connection is told that there will be none.
            with suppress(OSError):
                self.socket.shutdown(socket.SHUT_RDWR)
            # Its number belongs to somebody else as soon as it is closed.
            self._rests.wait()

    lambda_runtime.queue = SimpleNamespace(Queue=Events, Empty=queue.Empty, Full=queue.Full)
    socketserver.ThreadingTCPServer = Server  # type: ignore[assignment,misc]


class _GivenUpError(Exception):
    """Nobody waits for this invocation any more."""


def _take(name: str, config: dict[str, Any], code: bytes, qualifier: str) -> Any:
    """An idle process of a function, or a new one. Whoever came first has the first that there is."""
    limit = CARRIERS_PATIENCE_SECONDS if WEBHOOKS in name else None
    key = lambda_runtime._worker_key(name, config, qualifier)
    mine, began = threading.Event(), time.monotonic()
    with lambda_runtime._lock:
        own = _queues[key]
        own.waiting.append(mine)
    try:
        worker = None
        while worker is None:
            with lambda_runtime._lock:
                first = own.waiting[0] is mine
                if first:
                    worker = _idle_or_new(key, own, (name, config, code), time.monotonic() - began)
                mine.clear()
            if worker is None:
                left = None if limit is None else limit - (time.monotonic() - began)
                if left is not None and left <= 0:
                    raise _GivenUpError
                mine.wait(min(PATIENCE_SECONDS, left or PATIENCE_SECONDS) if first else left)
    finally:
        with lambda_runtime._lock:
            own.waiting.remove(mine)
            own.wake()
    if (waited := time.monotonic() - began) > LONG_WAIT_SECONDS:
        _log.warning("%s waited %.0f s for a process", name, waited)
    return worker


def _idle_or_new(key: Any, own: _Queue, made_of: tuple[str, dict[str, Any], bytes], waited: float) -> Any:
    """A process for whoever has waited so many seconds, if there is one or one more may start."""
    workers = lambda_runtime._workers.setdefault(key, [])
    idle = [worker for worker in workers if not worker.in_use]
    admitted = _under_way() < _room_for(key) and (idle or len(workers) < FEW)
    if not admitted and not _may_begin(own, waited):
        return None
    if not idle:
        idle = [lambda_runtime.ProvidedWorker(*made_of)]
        workers.extend(idle)
    # One that runs is better than one that has to be started.
    chosen = next((worker for worker in idle if worker._proc is not None), idle[0])
    chosen.in_use = True
    chosen.last_used = time.time()
    return chosen


def _under_way() -> int:
    return sum(worker.in_use for pool in lambda_runtime._workers.values() for worker in pool)


def _room_for(key: Any) -> int:
    """How many may be under way for one more of this function to begin. Wakes leave half of it to webhooks that wait: those have somebody on the phone."""
    is_webhook = WEBHOOKS in str(key)
    waiting = sum(len(queue_of_one.waiting) for other, queue_of_one in _queues.items() if WEBHOOKS in str(other))
    return AT_ONCE if is_webhook else AT_ONCE - min(waiting, AT_ONCE // 2)


def _may_begin(own: _Queue, waited: float) -> bool:
    return waited >= PATIENCE_SECONDS and (_load.admits() or (waited >= LAST_PATIENCE_SECONDS and own.trickles()))


def _give_back(worker: Any) -> None:
    lambda_runtime.release_worker(worker)
    with lambda_runtime._lock:
        for queue_of_one in _queues.values():
            queue_of_one.wake()


def _execute(function: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
    """One invocation. What fails takes its own process down and no other."""
    config = function.get("config") or function
    name = config.get("FunctionName", "unknown")
    lambda_svc._ensure_reaper_thread()
    try:
        worker = _take(name, config, function["code_zip"], config.get("Version", "$LATEST"))
    except _GivenUpError:
        return {"body": SILENT, "log": ""}
    try:
        trace = lambda_svc._xray_trace_id_for_invocation(config)
        done = worker.invoke(event, request_id, trace_id=trace, invoked_function_arn=config.get("FunctionArn", ""))
    except Exception as error:
        _log.exception("%s could not be run", name)
        worker._teardown()
        kind = getattr(error, "error_type", "") or "Runtime.Unknown"
        return {"body": {"errorMessage": str(error), "errorType": kind}, "error": True, "log": ""}
    finally:
        _give_back(worker)
    if done.get("status") == "ok":
        return {"body": done.get("result"), "log": done.get("log", "")}
    failure = done.get("error_payload")
    if not isinstance(failure, dict):
        failure = {"errorMessage": done.get("error", "unknown"), "errorType": "Runtime.HandlerError"}
    return {"body": failure, "error": True, "log": done.get("log", "")}
