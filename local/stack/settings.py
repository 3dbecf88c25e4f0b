"""Where things are and what the caller asked for, read once from the environment that `make` sets."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from say import Problem

ROOT = Path(__file__).resolve().parents[2]
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
DEFAULT_RUN = ROOT / "local" / "run"


@dataclass(frozen=True)
class Settings:
    """What one stack is made with."""

    run: Path
    """Everything of this stack that is written: logs, the rendered template, stack.json."""
    venv: Path
    """The virtual environment with the emulator, SAM and cargo-lambda."""
    target: Path
    """Cargo's target folder."""
    minute_seconds: str
    """Real seconds in a minute of the product's time."""
    carrier_url: str | None
    """A carrier of the caller's; None: the switchboard."""
    heartbeat_url: str
    """Who is told that the sweep is alive; empty: nobody."""
    port: int | None
    """The API's port; None: 8080 if it is free, any other if not."""
    build: bool
    """False: take the binaries that are there."""

    @property
    def is_default(self) -> bool:
        """Whether this is the stack of a plain `make up`, which likes ports that are easy to remember."""
        return self.run == DEFAULT_RUN

    @property
    def stack_json(self) -> Path:
        """The file that tells tests and people where everything is."""
        return self.run / "stack.json"

    def as_environment(self) -> dict[str, str]:
        """The variables that `read` makes these settings of, for a launcher that is started with them."""
        return {
            "RUN_DIR": str(self.run),
            "MINUTE_SECONDS": self.minute_seconds,
            "CARRIER_URL": self.carrier_url or "",
            "HEARTBEAT_URL": self.heartbeat_url,
            "PORT": str(self.port or ""),
            "BUILD": "1" if self.build else "0",
        }


def read(run_dir: str = "local/run", minute: str = "2") -> Settings:
    """Reads the settings, or raises a problem that names the variable that is wrong. What the caller leaves out is as given here."""
    env = os.environ
    minute_seconds = env.get("MINUTE_SECONDS") or minute
    if not re.fullmatch(r"[0-9]{1,2}(\.[0-9]{1,3})?", minute_seconds) or float(minute_seconds) == 0:
        raise Problem(f"MINUTE_SECONDS={minute_seconds} is no length of a minute.", "Give seconds such as 2, 0.5 or 60.")
    carrier_url = (env.get("CARRIER_URL") or "").rstrip("/") or None
    if carrier_url is not None:
        host = urlsplit(carrier_url).hostname
        if host not in LOOPBACK:
            raise Problem(f"CARRIER_URL={carrier_url} is not on this machine.", "A local stack calls no real phones: give http://127.0.0.1:PORT.")
    heartbeat_url = env.get("HEARTBEAT_URL") or ""
    if heartbeat_url and urlsplit(heartbeat_url).hostname not in LOOPBACK:
        raise Problem("HEARTBEAT_URL is not on this machine.", "Nothing of a local stack leaves it: give http://127.0.0.1:PORT/….")
    port = env.get("PORT") or None
    if port is not None and not (port.isdigit() and 0 < int(port) < 65536):
        raise Problem(f"PORT={port} is no port.", "Give a number from 1 to 65535.")
    cache = env.get("LUCIUS_CACHE")
    return Settings(
        run=(ROOT / (env.get("RUN_DIR") or run_dir)).resolve(),
        venv=Path(cache).expanduser().resolve() / "venv" if cache else ROOT / "local" / ".venv",
        target=Path(env.get("CARGO_TARGET_DIR") or ROOT / "target").resolve(),
        minute_seconds=minute_seconds,
        carrier_url=carrier_url,
        heartbeat_url=heartbeat_url,
        port=int(port) if port else None,
        build=env.get("BUILD", "1") != "0",
    )
