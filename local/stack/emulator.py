"""Runs the emulator (ministack) with what it does otherwise than AWS put right. Started by the tools' own Python, not by the launcher's.

Each repair below says what AWS does. They are made from outside, at the names that the pinned version has; `local/README.md` lists them.
"""

from __future__ import annotations

import asyncio
import faulthandler
import gc
import os
import random
import re
import string
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import guard
import hypercorn.asyncio
import workers
from ministack import app
from ministack.core import lambda_runtime
from ministack.services import apigateway, dynamodb, lambda_svc
from ministack.services.cloudformation import provisioners

LOGS = Path(os.environ["LUCIUS_LOGS"])
COLLECT_SECONDS = 2.0
"""How often cycles of objects are collected."""


def repair_health_path() -> None:
    """`/health` belongs to whoever deploys an API; the emulator answers it itself on every host."""
    app._HEALTH_PATHS = ("/_ministack/health",)


def repair_login_path() -> None:
    """`/login` belongs to whoever deploys an API; the emulator keeps it for Cognito's pages on every host. Nothing here uses those."""

    async def nobody(*_: Any) -> None:
        return None

    app._handle_cognito_get_request = nobody
    app._handle_cognito_body_request = nobody


def repair_routes() -> None:
    """A greedy `{rest+}` takes an empty rest too: `/login/{rest+}` gets `/login/`, and a path of one segment keeps its last slash."""

    def path_parameters(route: str, path: str) -> dict[str, str] | None:
        names: list[str] = []
        pattern = ""
        for part in re.split(r"(\{[^}]+\})", route):
            if part.startswith("{"):
                greedy = part.endswith("+}")
                names.append(part.strip("{+}"))
                pattern += "(.*)" if greedy else "([^/]+)"
            else:
                pattern += re.escape(part)
        found = re.fullmatch(pattern, path)
        return dict(zip(names, found.groups(), strict=True)) if found else None

    as_it_was = app._parse_execute_api_url

    def parse(host: str, path: str) -> tuple[str, str, str] | None:
        on_host = app._EXECUTE_API_RE.match(host)
        # This stack's one API has the stage $default only, so the whole path is the route's.
        return (on_host[1], "$default", path) if on_host else as_it_was(host, path)

    apigateway._extract_path_params = path_parameters
    app._parse_execute_api_url = parse


def repair_generated_secrets() -> None:
    """`GenerateSecretString` honours `ExcludePunctuation` and draws from the system's generator."""
    as_it_was = provisioners._sm_secret_string

    def secret_string(properties: dict[str, Any]) -> str:
        wish = properties.get("GenerateSecretString")
        if not wish or "SecretStringTemplate" in wish:
            return str(as_it_was(properties))
        alphabet = string.ascii_letters + string.digits
        if str(wish.get("ExcludePunctuation")).lower() != "true":
            alphabet += string.punctuation
        alphabet = "".join(c for c in alphabet if c not in wish.get("ExcludeCharacters", ""))
        return "".join(random.SystemRandom().choices(alphabet, k=int(wish.get("PasswordLength", 32))))

    provisioners._sm_secret_string = secret_string


def repair_queue_concurrency() -> None:
    """`MaximumConcurrency` may come from a template parameter, that is as text; without one Lambda runs far more than five wakes side by side."""
    lambda_svc._ESM_SQS_DEFAULT_CONCURRENCY = 50
    as_it_was = lambda_svc._sqs_esm_concurrency

    def concurrency(mapping: dict[str, Any], *others: Any) -> int:
        scaling = mapping.get("ScalingConfig") or {}
        if isinstance(scaling.get("MaximumConcurrency"), str):
            mapping = {**mapping, "ScalingConfig": {"MaximumConcurrency": int(scaling["MaximumConcurrency"])}}
        return int(as_it_was(mapping, *others))

    lambda_svc._sqs_esm_concurrency = concurrency


def repair_logging() -> None:
    """Functions learn their log format as on AWS; their lines go to files as they are written; and a silent function is not waited for.

    The emulator waits 50 ms after every invocation for lines that may come. Here the files have them all, however late they come.
    """
    worker = lambda_runtime.ProvidedWorker
    pump_as_it_was = worker._pump_output
    environment_as_it_was = lambda_svc._provided_worker_env

    def environment(config: dict[str, Any], *others: Any) -> dict[str, str]:
        logging = config.get("LoggingConfig") or {}
        given = dict(environment_as_it_was(config, *others))
        given["AWS_LAMBDA_LOG_GROUP_NAME"] = logging.get("LogGroup") or f"/aws/lambda/{config['FunctionName']}"
        given["AWS_LAMBDA_LOG_FORMAT"] = "JSON" if logging.get("LogFormat") == "JSON" else "Text"
        if logging.get("LogFormat") == "JSON":
            given["AWS_LAMBDA_LOG_LEVEL"] = logging.get("ApplicationLogLevel", "INFO")
        given.pop("LUCIUS_LOGS", None)
        return given

    def pump(self: Any, stream: Any, queue: Any) -> None:
        # The stack's name stands before the package's in every function's name.
        file = (LOGS / f"{self.func_name.partition('-')[2]}.log").open("ab", buffering=0)
        with file:
            pump_as_it_was(self, _Tee(stream, file), queue)

    def drain(self: Any, first_line_wait: float = 0.0, idle_confirm: float = 0.0, hard_cap: float = 0.0) -> str:
        del first_line_wait, idle_confirm, hard_cap
        lines = []
        while not self._stderr_queue.empty():
            lines.append(self._stderr_queue.get_nowait())
        return "\n".join(lines)

    lambda_svc._provided_worker_env = environment
    worker._pump_output = pump
    worker._drain_stderr_bounded = drain


def repair_latency() -> None:
    """The emulator's runtime API answers in two small packets; without this each waits 40 ms for the function's kernel to confirm the one before."""
    worker = lambda_runtime.ProvidedWorker
    as_it_was = worker._build_handler_class

    def handler(self: Any, *arguments: Any) -> Any:
        built = as_it_was(self, *arguments)
        built.disable_nagle_algorithm = True
        return built

    worker._build_handler_class = handler


def repair_arithmetic() -> None:
    """A sum in an update of what is no number is a `ValidationException`; the emulator keeps the first summand and says nothing."""
    as_it_was = dynamodb._eval_set_value

    def value(tokens: Any, item: Any, values: Any, names: Any) -> Any:
        depth = 0
        for place, (kind, *_) in enumerate(tokens):
            depth += (kind == "LPAREN") - (kind == "RPAREN")
            if place > 0 and depth == 0 and kind in ("PLUS", "MINUS"):
                summands = (tokens[:place], tokens[place + 1 :])
                if not all("N" in (value(summand, item, values, names) or {}) for summand in summands):
                    raise ValueError("An operand in the update expression has an incorrect data type")
                break
        return as_it_was(tokens, item, values, names)

    dynamodb._eval_set_value = value


def repair_collection() -> None:
    """Cycles of objects are collected by the event loop's own thread.

    Python collects in whichever thread makes the next object. A stream that is collected ends its connection, at the event loop's own lists; from
    another thread that may break the loop, and the process ends with it.
    """

    async def collect() -> None:
        gc.freeze()
        gc.disable()
        while True:
            await asyncio.sleep(COLLECT_SECONDS)
            # The oldest ones are many, and looked through only when the middle ones have been ten times.
            gc.collect(2 if gc.get_count()[2] > gc.get_threshold()[2] else 1)

    _beside_answering(collect)


def _beside_answering(beside: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Lets something run on the event loop for as long as the emulator serves."""
    as_it_was = hypercorn.asyncio.serve

    async def serve(*arguments: Any, **named: Any) -> None:
        task = asyncio.create_task(beside())
        try:
            await as_it_was(*arguments, **named)
        finally:
            task.cancel()

    hypercorn.asyncio.serve = serve


class _Tee:
    """A function's output, copied line by line into its log file on the way to the emulator."""

    def __init__(self, stream: Any, file: Any) -> None:
        self._stream = stream
        self._file = file

    def readline(self) -> bytes:
        line = bytes(self._stream.readline())
        # One write for one line, opened for appending: lines of processes side by side do not mix.
        self._file.write(line)
        return line

    def close(self) -> None:
        self._stream.close()


def main() -> None:
    """Repairs and serves."""
    # Should the interpreter itself break, its threads' stacks are the last words.
    faulthandler.enable()
    repair_health_path()
    repair_login_path()
    repair_routes()
    repair_generated_secrets()
    repair_queue_concurrency()
    repair_logging()
    repair_latency()
    repair_arithmetic()
    repair_collection()
    guard.enforce_roles()
    workers.calm_bursts()
    _beside_answering(workers.watch_load)
    sys.argv = ["ministack"]
    app.main()


if __name__ == "__main__":
    main()
