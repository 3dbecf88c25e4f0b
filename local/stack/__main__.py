"""The local stack and the suites that need it: `python3 local/stack up`, as `make up` calls it, and so on."""

from __future__ import annotations

import os
import sys

if sys.version_info < (3, 11):
    sys.exit("lucius: Python 3.11 or newer is needed, this is " + sys.version.split()[0] + ".\n        Install one and give make PYTHON=python3.11.")

import detach
import down
import settings
import stories
import suites
import tools
import up
from say import Problem, explain

SUITES = {"contract": suites.contract, "oracle": suites.oracle, "tools": tools.only}


def main() -> int:
    """Runs the command; the exit code of the process."""
    try:
        match sys.argv[1:]:
            case ["up"]:
                asked = settings.read()
                return detach.run(asked) if os.environ.get("DETACH") else up.run(asked)
            case ["down"]:
                return down.run(settings.read())
            case ["test"]:
                return stories.run(settings.read("local/run-test", "1"))
            case ["chaos"]:
                return stories.chaos(settings.read("local/run-chaos", "1"))
            case [("contract" | "oracle" | "tools") as suite]:
                asked = settings.read(f"local/run-{suite}")
                with suites.scratch(asked) as processes:
                    return SUITES[suite](asked, processes)
            case _:
                print("usage: python3 local/stack up|down|test|chaos|contract|oracle|tools", file=sys.stderr)
                return 2
    except Problem as problem:
        explain(problem)
        return 1


if __name__ == "__main__":
    sys.exit(main())
