"""Breaks shared/core on purpose, one small thing at a time, and looks whether its tests notice.

    python3 tests/mutants full [FILE]    every mutant (of FILE); goes on where it was left; writes survivors.toml once all are known,
                                         or with PARTIAL=1 what is known so far
    python3 tests/mutants indiff         only what has changed since the commit that survivors.toml names, in a few minutes

Exit code 1 if a mutant lives without a written reason.
"""

from __future__ import annotations

import datetime
import hashlib
import os
import random
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import result
import tool

# What a change may cost, the first build of the tests included. A mutant takes some four seconds.
INDIFF_SECONDS = float(os.environ.get("INDIFF_SECONDS") or 300)
INDIFF_MOST = 60


def git(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", *command], cwd=tool.ROOT, capture_output=True, text=True, check=False)


def tests() -> str:
    """Names what notices a mutant: core's tests, and the versions of what they use."""
    digest = hashlib.sha256((tool.ROOT / "Cargo.lock").read_bytes())
    for folder in ("shared/core/tests", "tests/invariants"):
        for file in sorted((tool.ROOT / folder).rglob("*")):
            if file.is_file():
                digest.update(f"{file.relative_to(tool.ROOT)}\0".encode() + file.read_bytes())
    return digest.hexdigest()


class Store:
    """Verdicts of this and earlier runs (verdicts.txt). One is taken over while the text of its function is the same, and one of
    `missed` only while the tests are, too. FRESH=1 takes over nothing: what a function calls may have changed, or a test may have
    become weaker."""

    def __init__(self, listed: list[tool.Mutant]) -> None:
        self.output = tool.HOME / "full"
        self.listed = listed
        kept = result.Verdicts() if os.environ.get("FRESH") else result.read_verdicts()
        same = kept.tests == tests()
        self.verdicts = {id: verdict for id, verdict in kept.by_id.items() if same or verdict != "missed"}

    def take(self) -> None:
        """Keeps what the tool has found out, of the mutants that there are now."""
        found = tool.verdicts(self.output)
        self.verdicts |= {each.id: found[each.name] for each in self.listed if each.name in found}
        result.write_verdicts(tests(), [(each, self.verdicts[each.id]) for each in self.listed if each.id in self.verdicts])


def leave_out(output: Path, names: list[str]) -> None:
    """Makes a new output folder in which the tool finds these as caught before: it does not try them again, whatever they are."""
    shutil.rmtree(output, ignore_errors=True)
    (output / "mutants.out").mkdir(parents=True)
    (output / "mutants.out" / "caught.txt").write_text("".join(f"{name}\n" for name in names))


def full(file: str | None) -> int:
    listed = tool.mutants()
    store = Store(listed)
    wanted = [each for each in listed if file in {None, each.file} and each.id not in store.verdicts]
    print(f"{len(listed)} mutants, {len(wanted)} of {file or 'them'} to try; `make mutants` again goes on where it was left", flush=True)
    if wanted:
        leave_out(store.output, [each.name for each in listed if each.id in store.verdicts])
        try:
            # Whatever ends this, what it has found out is kept.
            tool.test(store.output, "--iterate", *(["--file", file] if file else []), meanwhile=store.take)
        finally:
            store.take()
    return conclude([(each, store.verdicts.get(each.id)) for each in listed])


def conclude(known: list[tuple[tool.Mutant, str | None]]) -> int:
    """Says what is known, and writes it down if that is everything."""
    counts = {"all": len(known)}
    counts |= {verdict: sum(1 for _, each in known if each == verdict) for verdict in ("caught", "unviable", "missed")}
    counts |= {"untried": len(known) - sum(counts[verdict] for verdict in ("caught", "unviable", "missed"))}
    survivors = Counter(each.key for each, verdict in known if verdict == "missed")
    committed = result.read()
    untried = counts["untried"]
    print(", ".join(f"{name} {count}" for name, count in counts.items()))
    unexplained = committed.unexplained(survivors.elements())
    if untried and not os.environ.get("PARTIAL"):
        return fail_on(unexplained)
    if git("status", "--porcelain", "--", tool.SOURCES).stdout.strip():
        print(f"{tool.SOURCES} holds what is not committed: commit it, and run this again to write {result.FILE.name}")
        return fail_on(unexplained)
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    commit = git("rev-parse", "HEAD").stdout.strip()
    reasons = {key: reason for key, reason in committed.reasons.items() if survivors[key] <= committed.survivors[key]}
    result.write(result.Result(commit, today, f"cargo-mutants {tool.VERSION}", counts, survivors, reasons))
    print(f"written: {result.FILE.relative_to(tool.ROOT)}")
    return fail_on(unexplained)


def fail_on(unexplained: list[str]) -> int:
    for key in sorted(unexplained):
        print(f"  lives without a reason: {key}")
    if unexplained:
        print(f"lucius: {len(unexplained)} mutants live. Add a test that fails with the change, or write in {result.FILE.name} why none can.")
    return 1 if unexplained else 0


def base() -> str | None:
    """What to compare with: the commit of the last full run, or else the one before this."""
    named = result.read().commit
    for commit, what in ((named, "the last full run"), ("HEAD~1", "the commit before this one")):
        if commit and git("cat-file", "-e", f"{commit}^{{commit}}").returncode == 0:
            print(f"what has changed since {what} ({git('rev-parse', '--short', commit).stdout.strip()}):", flush=True)
            return commit
        print(f"{what} is not in this clone", flush=True)
    return None


def indiff() -> int:
    since = base()
    if since is None:
        print("nothing to compare with: no mutant is tried")
        return 0
    diff = git("diff", since, "--", tool.SOURCES).stdout
    if not diff:
        print(f"  nothing in {tool.SOURCES}")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "diff"
        file.write_text(diff)
        changed = tool.mutants("--in-diff", str(file))
    seed = os.environ.get("SEED") or str(secrets.randbelow(1 << 32))
    chosen = sorted(random.Random(seed).sample(changed, min(INDIFF_MOST, len(changed))), key=lambda each: each.name)
    print(f"  {len(changed)} mutants" + (f", {len(chosen)} of them by SEED={seed}" if len(chosen) < len(changed) else ""), flush=True)
    if not chosen:
        return 0
    output = tool.HOME / "indiff"
    names = {each.name for each in chosen}
    leave_out(output, [each.name for each in tool.mutants() if each.name not in names])
    tool.test(output, "--iterate", seconds=INDIFF_SECONDS)
    known = tool.verdicts(output)
    tried = [each for each in chosen if each.name in known]
    if len(tried) < len(changed):
        print(f"left out: {len(changed) - len(tried)} of {len(changed)} (at most {INDIFF_MOST}, and {INDIFF_SECONDS:.0f} s). `make mutants` tries all.")
    print(", ".join(f"{verdict} {count}" for verdict, count in sorted(Counter(known.values()).items())))
    return fail_on(result.read().unexplained(each.key for each in tried if known[each.name] == "missed"))


def main() -> int:
    match sys.argv[1:]:
        case ["full"]:
            return full(None)
        case ["full", file]:
            return full(str(Path(file)))
        case ["indiff"]:
            return indiff()
        case _:
            print(__doc__, file=sys.stderr)
            return 2


if __name__ == "__main__":
    sys.exit(main())
