"""Planted bugs: small changes of the real code, each of which the simulation must catch (bugs.py lists them).

Usage: python -m tests.simulation.planted [--write] [name ...]      (make planted)

A copy of the code is made, changed, and its simulation run in a process of its own until the first broken promise.
With --write the table goes to docs/design/planted.md, too.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.simulation.bugs import BUGS
from tests.simulation.cuts import Bug, Cut

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "docs/design/planted.md"
SECONDS = 1_800
FOUND = re.compile(r"(?P<promise>.*) \[(?P<case>\S+), schedule (?P<number>\d+)\]")
HEAD = """# Planted bugs

Each was planted in a copy of the code, alone, and the simulation run until it noticed. `make planted` plants them
again and prints this table (`make planted PLANTED=--write` writes it). Where two safety nets back each other up, both
are cut.

| bug | caught by | in | after so many schedules |
|---|---|---|---|
"""


def catches(planted: Bug) -> str | None:
    """The first broken promise that the simulation reports of a copy with the bug in it; None if none."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in ("chalicelib", "deploy", "infra", "tests"):
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
        for cut in planted.cuts:
            apply(copy / cut.file, cut)
        done = subprocess.run(
            [sys.executable, "-m", "tests.simulation", "--until-broken", *(["--machine"] if planted.machine else [])],
            cwd=copy,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    lines = done.stdout.strip().splitlines()
    if done.returncode and not lines:
        print(f"{planted.name}: the simulation itself failed\n{done.stderr}", file=sys.stderr)
        return None
    return lines[-1] if done.returncode else None


def apply(path: Path, cut: Cut) -> None:
    """Replace a cut's text in a file, where it must stand once."""
    text = path.read_text()
    assert text.count(cut.old) == 1, f"{path.name} does not hold this exactly once any more: {cut.old!r}"
    path.write_text(text.replace(cut.old, cut.new))


def row(planted: Bug, line: str | None) -> str:
    """The bug as a row of the table."""
    found = FOUND.fullmatch(line or "")
    if found is None:
        return f"| {planted.name} | MISSED | | |"
    promise = re.sub(r" \(after call \d+, [\w.]+\)", "", found["promise"])
    return f"| {planted.name} | {promise} | `{found['case']}` | {found['number']} |"


def main(given: Sequence[str]) -> int:
    """Prints a table: bug, caught by, where, after how many schedules; 1 if one was missed."""
    names = [name for name in given if name != "--write"]
    chosen = [b for b in BUGS if not names or b.name in names]
    rows = []
    print(HEAD, end="", flush=True)
    with ThreadPoolExecutor(2) as pool:
        for planted, line in zip(chosen, pool.map(catches, chosen), strict=True):
            rows.append(row(planted, line))
            print(rows[-1], flush=True)
    missed = sum("| MISSED |" in text for text in rows)
    counted = f"\n{len(chosen) - missed} of {len(chosen)} planted bugs caught\n"
    print(counted, end="")
    if "--write" in given:
        TABLE.write_text(HEAD + "\n".join(rows) + "\n" + counted)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
