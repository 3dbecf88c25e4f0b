"""The local stack: `python3 local/stack up | down`, as `make up` and `make down` call it."""

from __future__ import annotations

import os
import sys

if sys.version_info < (3, 11):
    sys.exit("lucius: Python 3.11 or newer is needed, this is " + sys.version.split()[0] + ".\n        Install one and give make PYTHON=python3.11.")

import detach
import down
import settings
import up
from say import Problem, explain


def main() -> int:
    """Runs the command; the exit code of the process."""
    try:
        asked = settings.read()
        match sys.argv[1:]:
            case ["up"]:
                return detach.run(asked) if os.environ.get("DETACH") else up.run(asked)
            case ["down"]:
                return down.run(asked)
            case _:
                print("usage: python3 local/stack up|down", file=sys.stderr)
                return 2
    except Problem as problem:
        explain(problem)
        return 1


if __name__ == "__main__":
    sys.exit(main())
