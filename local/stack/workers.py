"""How the emulator runs functions when many are wanted at once, on a machine that has two processors instead of Amazon's.

The emulator starts one more process for every invocation that finds none idle: two hundred requests in a second are two hundred processes that all start at
once, time out, and, because it answers the failure of one by ending all processes of that function, take each other down. On AWS environments know
nothing of each other.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

from hypercorn.config import Config
from ministack.core import lambda_runtime
from ministack.services import lambda_svc

FEW = 8
"""As many processes of one function start without a second thought."""
PATIENCE_SECONDS = 1.0
"""Beyond those an invocation waits so long for one that becomes idle, then gets a process of its own: slow functions still run side by side."""
STARTS_AT_ONCE = 4
BACKLOG = 2048
"""Connections that may wait to be accepted. With the usual hundred a burst loses some, and each of those tries again only after a second."""

_log = logging.getLogger("lucius")
_starting = threading.Semaphore(STARTS_AT_ONCE)
_freed = threading.Condition()


def calm_bursts() -> None:
    """Replaces how processes are taken, started and given up."""
    worker = lambda_runtime.ProvidedWorker
    spawn_as_it_was = worker._spawn

    def spawn(self: Any, *arguments: Any, **named: Any) -> None:
        with _starting:
            spawn_as_it_was(self, *arguments, **named)

    worker._spawn = spawn
    lambda_svc._execute_function_provided_warm = _execute
    Config.backlog = BACKLOG


def _take(name: str, config: dict[str, Any], code: bytes, qualifier: str) -> Any:
    """An idle process of a function, or a new one."""
    key = lambda_runtime._worker_key(name, config, qualifier)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        with lambda_runtime._lock:
            workers = lambda_runtime._workers.setdefault(key, [])
            idle = [worker for worker in workers if not worker.in_use]
            if not idle and (len(workers) < FEW or time.monotonic() >= deadline):
                idle = [lambda_runtime.ProvidedWorker(name, config, code)]
                workers.extend(idle)
            if idle:
                # One that runs is better than one that has to be started.
                chosen = next((worker for worker in idle if worker._proc is not None), idle[0])
                chosen.in_use = True
                chosen.last_used = time.time()
                return chosen
        with _freed:
            _freed.wait(0.05)


def _give_back(worker: Any) -> None:
    lambda_runtime.release_worker(worker)
    with _freed:
        _freed.notify()


def _execute(function: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
    """One invocation. What fails takes its own process down and no other."""
    config = function.get("config") or function
    name = config.get("FunctionName", "unknown")
    lambda_svc._ensure_reaper_thread()
    worker = _take(name, config, function["code_zip"], config.get("Version", "$LATEST"))
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
