"""How the emulator gives functions what queues and streams have for them.

On AWS each source is read by itself. The emulator reads all of them in one thread, and that thread runs the function of a stream itself: as long as it waits
for that one, no queue is read, and nothing that was sent to be done at once is done.
"""

from __future__ import annotations

import logging
import threading

from ministack.core.concurrency import esm_wake
from ministack.services import lambda_svc

LOOKS_EVERY_SECONDS = 1.0
"""How often a stream is looked at when nobody says that it has something new."""

_log = logging.getLogger("lucius")


def read_streams_by_themselves() -> None:
    """Reads streams in a thread of their own."""
    queues_as_they_were = lambda_svc._poll_loop
    poll_streams = lambda_svc._poll_dynamodb_streams
    changed = _also_wakes()

    def streams() -> None:
        while True:
            changed.clear()
            more = False
            try:
                more = poll_streams()
            except Exception:
                _log.exception("streams could not be read")
            if not more:
                changed.wait(LOOKS_EVERY_SECONDS)

    def both() -> None:
        threading.Thread(target=streams, name="lucius-streams", daemon=True).start()
        queues_as_they_were()

    lambda_svc._poll_dynamodb_streams = lambda: False
    lambda_svc._poll_loop = both


def _also_wakes() -> threading.Event:
    """Is set whenever the emulator's one event is, and cleared by us alone. (Two threads that clear the same one hide news from each other.)"""
    ours = threading.Event()
    set_as_it_was = esm_wake.set

    def both() -> None:
        set_as_it_was()
        ours.set()

    esm_wake.set = both
    return ours
