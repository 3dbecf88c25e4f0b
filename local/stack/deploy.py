"""The real `sam deploy` of the real template into the emulated cloud, with the binaries that were just built."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import build
import tools
from aws import CREDENTIALS, Aws
from processes import Processes
from say import Problem, plain, step
from settings import ROOT, Settings

BUCKET = "lucius-artifacts"
STACK = "lucius"


@dataclass(frozen=True)
class Carrier:
    """The carrier that the stack talks to, and what it knows lucius by."""

    url: str
    account_sid: str
    auth_token: str
    service_number: str


def render(settings: Settings) -> Path:
    """Writes the template with every CodeUri pointing at the built binary; nothing else differs from what an operator deploys."""
    missing: list[str] = []

    def built(match: re.Match[str]) -> str:
        folder = build.artifact(settings, match[1])
        if not (folder / "bootstrap").exists():
            missing.append(match[1])
        return f"CodeUri: {_stripped(settings, folder)}"

    text = build.CODE_URI.sub(built, (ROOT / "template.yaml").read_text())
    if missing:
        raise Problem(
            f"not built: {', '.join(missing)}.", "Run without BUILD=0; if that does not help, template.yaml names a function that is not in functions/."
        )
    path = settings.run / "template.yaml"
    path.write_text(text)
    return path


def _stripped(settings: Settings, folder: Path) -> Path:
    """A copy of a function without debug information, which halves what is packed and unpacked; or the folder itself where there is no `strip`."""
    strip = shutil.which("strip")
    if strip is None or not (folder / "bootstrap").exists():
        return folder
    copy = settings.run / "tmp" / "code" / folder.name
    copy.mkdir(parents=True, exist_ok=True)
    done = subprocess.run([strip, "--strip-debug", "-o", copy / "bootstrap", folder / "bootstrap"], capture_output=True, check=False)
    return copy if done.returncode == 0 else folder


def run(settings: Settings, processes: Processes, aws: Aws, carrier: Carrier, api_url: str) -> dict[str, str]:
    """Deploys and gives the stack's outputs."""
    template = render(settings)
    aws.make_bucket(BUCKET)
    parameters = {
        "Architecture": "arm64" if os.uname().machine in ("aarch64", "arm64") else "x86_64",
        "ServiceNumber": carrier.service_number,
        "TwilioAccountSid": carrier.account_sid,
        "TwilioAuthToken": carrier.auth_token,
        "TwilioBaseUrl": carrier.url,
        "PublicBaseUrl": api_url,
        "MinuteSeconds": settings.minute_seconds,
        "AllowedPrefixes": "+",
        "CallsPerSecond": "100",
    }
    if settings.heartbeat_url:
        parameters["HeartbeatUrl"] = settings.heartbeat_url
    nowhere = str(settings.run / "tmp" / "none")
    env = {
        **tools.environment(settings),
        **CREDENTIALS,
        "AWS_ENDPOINT_URL": aws.endpoint,
        "AWS_CONFIG_FILE": nowhere,
        "AWS_SHARED_CREDENTIALS_FILE": nowhere,
        "SAM_CLI_VERSION_CHECK_INTERVAL": "9999",
    }
    for profile in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN"):
        env.pop(profile, None)
    step("deploying template.yaml with sam deploy")
    command: list[str | Path] = [settings.venv / "bin" / "sam", "deploy", "--template-file", template, "--stack-name", STACK, "--s3-bucket", BUCKET]
    command += ["--capabilities", "CAPABILITY_IAM", "--no-confirm-changeset", "--no-progressbar", "--parameter-overrides"]
    command += [f"{name}={value}" for name, value in parameters.items()]
    if not processes.finish("deploy", command, env):
        try:
            reasons = aws.failures(STACK)
        except OSError:
            reasons = []
        for reason in reasons:
            plain(f"  {reason}")
        raise Problem("sam deploy failed.", "Check the template with make lint.", processes.log("deploy") if not reasons else None)
    return aws.outputs(STACK)
