"""The emulated cloud: one process on loopback that runs the functions' real binaries as processes of its own."""

from __future__ import annotations

import os
import time
from pathlib import Path

import ports
from aws import CREDENTIALS, REGION, Aws
from processes import Processes
from say import Problem, step
from settings import Settings

HERE = Path(__file__).resolve().parent
START_SECONDS = 60


def start(settings: Settings, processes: Processes) -> Aws:
    """Starts the emulator and waits until it answers."""
    port = ports.free()
    endpoint = f"http://127.0.0.1:{port}"
    scratch = settings.run / "tmp"
    scratch.mkdir(exist_ok=True)
    # A short environment, because the emulator hands all of its own to every function.
    env = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "LANG": "C.UTF-8",
        **CREDENTIALS,
        "AWS_ENDPOINT_URL": endpoint,
        "GATEWAY_PORT": str(port),
        "LUCIUS_LOGS": str(settings.run / "logs"),
        "MINISTACK_REGION": REGION,
        "BIND_HOST": "127.0.0.1",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        # The emulator looks for containers that it left behind; it started none, and those on this machine are not its own.
        "DOCKER_HOST": f"unix://{scratch}/none.sock",
        # A request that waits for a function holds a thread: hundreds of calls may ring at once.
        "MINISTACK_WORKER_THREADS": "1024",
        # Who waits here for a process would run on AWS; the emulator counts them as running, and would refuse everybody from some hundreds on.
        "LAMBDA_ACCOUNT_CONCURRENCY": "0",
        # Lambda's own pause before it repeats a failed asynchronous invocation is a minute; a shorter one would hide what a retry costs.
        "LAMBDA_ASYNC_RETRY_BASE_SECONDS": "60",
        "LAMBDA_ASYNC_RETRY_MAX_SECONDS": "300",
    }
    child = processes.start("cloud", [settings.venv / "bin" / "python", HERE / "emulator.py"], env)
    aws = Aws(endpoint)
    deadline = time.monotonic() + START_SECONDS
    while not aws.ready():
        if child.poll() is not None or time.monotonic() > deadline:
            raise Problem(
                "the emulated cloud did not start.", "Its last words are above; remove the virtual environment if it looks broken.", processes.log("cloud")
            )
        time.sleep(0.1)
    step(f"the emulated cloud answers on {endpoint}")
    return aws
