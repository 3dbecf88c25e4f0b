"""`make canary`: a synthetic user misses a question on purpose, and its contact must be paged. Exit code 0: paged; 1: not, or it could not be tried.

It uses nothing but the API that everybody uses, so it runs from anywhere, against the local stack and against a real deployment.
"""

from __future__ import annotations

import signal
import sys
from datetime import datetime
from types import FrameType

if sys.version_info < (3, 11):
    sys.exit("lucius: Python 3.11 or newer is needed, this is " + sys.version.split()[0] + ".")

import settings
from canary import Canary, find_or_make
from say import Failure, step
from watch import watch


def _on_signal(number: int, _frame: FrameType | None) -> None:
    # The first one only: the canary is to be put to rest in peace.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Failure(f"stopped ({signal.Signals(number).name}).")


def _miss(canary: Canary, asked: settings.Settings) -> str:
    """Arms, misses and watches; what to say of a page that came. Puts the canary to rest, however it ends."""
    canary.rest()
    canary.has_contact(asked.contact_number)
    known = {probe["id"] for probe in canary.probes()}
    try:
        armed = canary.arm()
        first = str(armed["next_probe_times"][0])
        step(f"armed: it will be asked at {first}")
        times = watch(canary, asked, known, datetime.fromisoformat(first).timestamp())
        return times.words()
    finally:
        canary.rest()
        step("ended with the PIN, and disarmed")


def main() -> int:
    """Runs it; the exit code of the process."""
    signal.signal(signal.SIGINT, _on_signal)
    signal.signal(signal.SIGTERM, _on_signal)
    try:
        asked = settings.read()
        words = _miss(find_or_make(asked), asked)
    except Failure as failure:
        if isinstance(failure.__context__, Failure):
            print(f"NOT PAGED: {failure.__context__}", file=sys.stderr)
        print(f"NOT PAGED: {failure}", file=sys.stderr, flush=True)
        return 1
    print(f"PAGED: {words}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
