"""Where the canary lives and whose phone is to ring, from the environment that `make` passes on; secrets are asked for where they are not set."""

from __future__ import annotations

import getpass
import json
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from say import Failure

ROOT = Path(__file__).resolve().parents[2]
LOOPBACK = {"127.0.0.1", "localhost", "::1"}

# On this machine everybody may know everything. The operator is the one whom the switchboard's story makes too.
LOCAL = {
    "USER_NUMBER": "+12025550190",
    "CONTACT_NUMBER": "+12025550191",
    "CANARY_PASSWORD": "Canary-of-this-machine-1",
    "CANARY_PIN": "314159",
    "ADMIN_EMAIL": "operator@lucius.example",
    "ADMIN_PASSWORD": "Operator-of-the-story-1",
}


@dataclass(frozen=True)
class Settings:
    """What the canary is made with."""

    api_url: str
    email: str
    user_number: str
    """The canary's own phone, which is texted the question, and which nobody answers."""
    contact_number: str
    """The phone that has to ring."""
    paged_within: int
    """Seconds after the deadline within which a call must have been placed."""
    accepted_within: int
    """Seconds after that call within which somebody must have accepted; 0: nobody has to."""
    setup_token: str
    """Of a local stack, for its first user; otherwise empty."""
    is_local: bool

    def secret(self, name: str, what: str) -> str:
        """A password or PIN: from the environment, or asked for at the terminal, where it is not shown."""
        given = _given(name) or (LOCAL.get(name, "") if self.is_local else "")
        if given:
            return given
        if not sys.stdin.isatty():
            raise Failure(f"{name} is not set: {what}.")
        return getpass.getpass(f"{what} ({name}): ")

    def optional(self, name: str) -> str:
        """What may be left out."""
        return _given(name) or (LOCAL.get(name, "") if self.is_local else "")


def read() -> Settings:
    """Reads the environment, or says which variable is wrong."""
    stack = _stack() if not _given("API_URL") else {}
    api_url = (_given("API_URL") or str(stack["api_url"])).rstrip("/")
    parts = urlsplit(api_url)
    is_local = parts.hostname in LOOPBACK
    if parts.scheme != "https" and not is_local:
        raise Failure(f"API_URL={api_url} is not https: the canary's password would be sent in clear.")
    return Settings(
        api_url=api_url,
        email=_given("CANARY_EMAIL") or "canary@lucius.example",
        user_number=_number("USER_NUMBER", is_local),
        contact_number=_number("CONTACT_NUMBER", is_local),
        paged_within=_seconds("PAGED_WITHIN", 120),
        accepted_within=_seconds("ACCEPTED_WITHIN", 0),
        setup_token=str(stack.get("setup_token", "")),
        is_local=is_local,
    )


def _given(name: str) -> str:
    return os.environ.get(name, "").strip()


def _stack() -> dict[str, Any]:
    file = ROOT / (_given("RUN_DIR") or "local/run") / "stack.json"
    try:
        return dict(json.loads(file.read_text()))
    except OSError:
        raise Failure("give the deployment's address, API_URL=https://…, or start a local stack with make up.") from None


def _number(name: str, is_local: bool) -> str:
    number = _given(name) or (LOCAL[name] if is_local else "")
    if not re.fullmatch(r"\+[1-9][0-9]{6,14}", number):
        raise Failure(f"{name} is to be a phone number such as +12025550123" + (f", not {number}." if number else "."))
    return number


def _seconds(name: str, usual: int) -> int:
    text = _given(name) or str(usual)
    if not text.isdigit() or int(text) > 86400:
        raise Failure(f"{name}={text} is no number of seconds.")
    return int(text)
