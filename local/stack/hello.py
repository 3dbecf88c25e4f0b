"""What `make up` says when all is up: where things are, and what to try."""

from __future__ import annotations

from typing import Any

from say import plain, step
from settings import ROOT, Settings


def run_dir_hint(settings: Settings) -> str:
    """How to name this stack to make, if it is not the default one."""
    return "" if settings.is_default else f" RUN_DIR={settings.run}"


def say(settings: Settings, facts: dict[str, Any]) -> None:
    """Prints it."""
    step("ready")
    plain()
    plain(f"  API            {facts['api_url']}   (health: {facts['api_url']}/health)")
    if facts["switchboard_url"]:
        plain(f"  switchboard    {facts['switchboard_url']}   phones that ring, in your browser")
    else:
        plain(f"  carrier        {facts['carrier_url']}")
    plain(f"  lucius' number {facts['service_number']}   a minute lasts {facts['minute_seconds']:g} s here")
    plain(f"  emulated AWS   {facts['aws_endpoint_url']}   (any credentials, {facts['region']})")
    plain(f"  all of it      {settings.stack_json}")
    plain(f"  logs           {facts['logs']}/<function>.log")
    plain()
    plain(f"End it with Ctrl-C, or make down{run_dir_hint(settings)} from elsewhere ({ROOT}).")
