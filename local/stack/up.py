"""`make up`: tools, build, cloud, deployment, switchboard, addresses; then it waits, and Ctrl-C ends all of it."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import IO

import build
import cloud
import deploy
import hello
import ports
import tools
from aws import CREDENTIALS, REGION, Aws
from processes import Processes, end_leftovers
from say import Problem, plain, step
from settings import Settings

HERE = Path(__file__).resolve().parent
API_PORT = 8080
SWITCHBOARD_PORT = 8090
SERVICE_NUMBER = "+15005550006"


class _Stop(Exception):
    """Ctrl-C, or `make down`."""


def _on_signal(number: int, _frame: FrameType | None) -> None:
    # Only the first signal is heard: the children are to be ended in peace.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise _Stop(signal.Signals(number).name)


def claim(settings: Settings) -> IO[str] | None:
    """Takes the run folder for this process, until it ends however it ends. None: another process has it."""
    settings.run.mkdir(parents=True, exist_ok=True)
    lock = (settings.run / "lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        return None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def runs_already(settings: Settings) -> int:
    """Says that another process has the run folder; the exit code of this one."""
    plain(f"lucius is running already ({settings.stack_json}); end it with make down{hello.run_dir_hint(settings)}.")
    return 1


def run(settings: Settings) -> int:
    """Brings the stack up and keeps it until a signal; the exit code of the process."""
    lock = claim(settings)
    if lock is None:
        return runs_already(settings)
    end_leftovers(settings.run)
    _clean(settings)
    signal.signal(signal.SIGINT, _on_signal)
    signal.signal(signal.SIGTERM, _on_signal)
    processes = Processes(settings.run)
    try:
        _bring_up(settings, processes)
        _wait(processes)
    except _Stop:
        plain()
        step("stopping")
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        settings.stack_json.unlink(missing_ok=True)
        processes.stop()
        shutil.rmtree(settings.run / "tmp", ignore_errors=True)
        lock.close()
    return 0


def _clean(settings: Settings) -> None:
    """Removes what an earlier stack in this folder left, so that nobody reads yesterday's logs."""
    settings.stack_json.unlink(missing_ok=True)
    for folder in ("logs", "tmp"):
        shutil.rmtree(settings.run / folder, ignore_errors=True)
    for log in settings.run.glob("*.log"):
        if log.name != "up.log":
            log.unlink(missing_ok=True)
    # What the tests of an earlier stack were not to find in its logs.
    (settings.run / "marked.txt").unlink(missing_ok=True)
    (settings.run / "logs").mkdir()
    for package in build.functions():
        (settings.run / "logs" / f"{package}.log").touch()


def _bring_up(settings: Settings, processes: Processes) -> None:
    # The API's address stands in the functions' environment, so its port is taken before anything is deployed.
    listener = ports.listen_on_wish(settings.port, API_PORT if settings.is_default else None, "the API")
    api_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    tools.ensure(settings, processes)
    if settings.build:
        build.run(settings, processes)
    aws = cloud.start(settings, processes)
    carrier, switchboard_url = _start_carrier(settings, processes, api_url)
    outputs = deploy.run(settings, processes, aws, carrier, api_url)
    host = f"{outputs['ApiId']}.execute-api.localhost"
    port = aws.endpoint.rpartition(":")[2]
    processes.start("api", [sys.executable, HERE / "proxy.py", str(listener.fileno()), port, host], os.environ, pass_fds=[listener.fileno()])
    listener.close()
    functions = {package: f"{deploy.STACK}-{package}" for package in build.functions()}
    facts = _facts(settings, aws, carrier, outputs, functions, api_url, switchboard_url)
    # Written whole or not at all: whoever waits for it reads it the moment it is there.
    draft = settings.run / "stack.json.new"
    draft.write_text(json.dumps(facts, indent=2) + "\n")
    draft.rename(settings.stack_json)
    hello.say(settings, facts)


def _start_carrier(settings: Settings, processes: Processes, api_url: str) -> tuple[deploy.Carrier, str | None]:
    account_sid, auth_token = f"AC{secrets.token_hex(16)}", secrets.token_hex(16)
    if settings.carrier_url is not None:
        step(f"calls and texts go to {settings.carrier_url}")
        return deploy.Carrier(settings.carrier_url, account_sid, auth_token, SERVICE_NUMBER), None
    port = ports.prefer(SWITCHBOARD_PORT, "the switchboard") if settings.is_default else ports.free()
    url = f"http://127.0.0.1:{port}"
    command: list[str | Path] = [build.switchboard(settings), "--port", str(port), "--minute-seconds", settings.minute_seconds, "--account-sid", account_sid]
    command += ["--auth-token", auth_token, "--service-number", SERVICE_NUMBER, "--public-base-url", api_url]
    # Read when the page tells its story; it is not there yet.
    command += ["--stack-json", settings.stack_json]
    processes.start("switchboard", command, os.environ)
    return deploy.Carrier(url, account_sid, auth_token, SERVICE_NUMBER), url


def _facts(
    settings: Settings, aws: Aws, carrier: deploy.Carrier, outputs: dict[str, str], functions: dict[str, str], api_url: str, switchboard_url: str | None
) -> dict[str, object]:
    return {
        "stack_name": deploy.STACK,
        "api_url": api_url,
        "api_id": outputs["ApiId"],
        "switchboard_url": switchboard_url,
        "carrier_url": carrier.url,
        "service_number": carrier.service_number,
        "setup_token": aws.secret(outputs["SetupTokenSecret"]),
        "twilio": {"account_sid": carrier.account_sid, "auth_token": carrier.auth_token},
        "aws_endpoint_url": aws.endpoint,
        "aws_credentials": {"access_key_id": CREDENTIALS["AWS_ACCESS_KEY_ID"], "secret_access_key": CREDENTIALS["AWS_SECRET_ACCESS_KEY"]},
        "region": REGION,
        "table": outputs["TableName"],
        "queue_url": outputs["QueueUrl"],
        "queue_mapping_id": outputs["QueueMappingId"],
        "schedule_group": outputs["ScheduleGroupName"],
        "functions": functions,
        "minute_seconds": float(settings.minute_seconds),
        "logs": str(settings.run / "logs"),
    }


def _wait(processes: Processes) -> None:
    """Waits for a signal; a child that ends by itself ends the stack, with its last words."""
    while True:
        dead = processes.dead()
        if dead is not None:
            name, code, log = dead
            how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
            raise Problem(
                f"{name} ended by itself ({how}, at {time.strftime('%H:%M:%S')}).",
                "Its last words are above. Everything else was stopped; start again with make up.",
                log,
            )
        time.sleep(0.5)
