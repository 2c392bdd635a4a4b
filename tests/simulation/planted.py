"""Planted bugs: one-place changes of the real code, each of which the simulation must catch.

Usage: python -m tests.simulation.planted [name ...]      (make planted)

Every bug is a text to be replaced in one file. A copy of the code is made, changed, and its simulation run in a process
of its own until the first broken promise. Where two safety nets back each other up, both are cut.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PIPELINE = "chalicelib/pipeline.py"
WORLD = "chalicelib/world.py"
WAREHOUSE = "chalicelib/adapters/memory/warehouse.py"
RUNS = "chalicelib/adapters/memory/runs.py"
OBJECTS = "chalicelib/adapters/memory/objects.py"
HANDLERS = "chalicelib/handlers.py"
SWEEP = "chalicelib/sweep.py"
MODEL = "chalicelib/domain/model.py"
STAGING = "chalicelib/staging.py"
BOOKS = "chalicelib/domain/books.py"
ARRIVALS = "chalicelib/domain/arrivals.py"
SECONDS = 300


@dataclass(frozen=True, kw_only=True)
class Cut:
    """One text in one file, and what stands there instead."""

    file: str
    old: str
    new: str


@dataclass(frozen=True, kw_only=True)
class Bug:
    """What went wrong, in words, and where."""

    name: str
    cuts: tuple[Cut, ...]


def bug(name: str, *cuts: tuple[str, str, str]) -> Bug:
    return Bug(name=name, cuts=tuple(Cut(file=f, old=o, new=n) for f, o, n in cuts))


NO_LEDGER = (WAREHOUSE, "        if order.load_id in self.book:\n            return\n", "")
NO_SWEEP = (SWEEP, "        pipeline.queue.send_run(run.run_id)\n", "")
FRESH_TOKEN = (PIPELINE, 'token=f"{run.load_id}-{run.load_attempt}"', 'token=f"{run.load_id}-{self.clock.now()}"')

BUGS = (
    bug("no ledger, and a fresh token each time", NO_LEDGER, FRESH_TOKEN),
    bug(
        "LOADED as soon as the statement ended",
        (
            PIPELINE,
            "if row := self.warehouse.ledger(run.load_id):\n            return self._loaded(run, row)\n        if st",
            "if True:\n            return self.runs.change(run, state=RunState.LOADED)\n        if st",
        ),
    ),
    bug(
        "status before the transaction",
        (PIPELINE, "state=RunState.LOADING, load_attempt=1", "state=RunState.LOADED, load_attempt=1"),
        (
            "chalicelib/domain/lifecycle.py",
            "S.STAGED: frozenset({S.LOADING,",
            "S.STAGED: frozenset({S.LOADED, S.LOADING,",
        ),
    ),
    bug(
        "archived before it is loaded",
        (PIPELINE, '"""Decide on the first attempt."""', "self.objects.delete(run.source)"),
    ),
    bug("deleted without a copy", (PIPELINE, "            self.objects.copy(run.source, key)\n", "            pass\n")),
    bug(
        "deletes whatever is there now",
        (OBJECTS, "and versions[-1].etag == source.etag", ""),
    ),
    bug(
        "an unknown answer fails the run",
        ("chalicelib/domain/lifecycle.py", "return isinstance(error, Retryable) and", "return False and"),
    ),
    bug(
        "a refusal in LOADING ends the run",
        (WORLD, "unclear = run.state is RunState.LOADING and not isinstance(error, LoadFailed)", "unclear = False"),
    ),
    bug(
        "no sweep, and no second look",
        NO_SWEEP,
        (PIPELINE, "        self.queue.send_run(run.run_id, delay=SECOND_LOOK_SECONDS)\n", ""),
    ),
    bug("the sweep looks at runs only", (SWEEP, "found += pipeline.arrive(source) is not None", "pass")),
    bug(
        "silent dead letters and no sweep",
        NO_SWEEP,
        (HANDLERS, '    body = record["body"]\n', '    return\n    body = record["body"]\n'),
    ),
    bug(
        "a message is answered before its work",
        (HANDLERS, "        if isinstance(error, LandfallError):\n            raise\n", "        return\n"),
        NO_SWEEP,
    ),
    bug("a reject is dropped", (STAGING, "rejected=summary.rows_rejected,", "rejected=min(summary.rows_rejected, 1),")),
    bug(
        "unbalanced books are taken",
        (STAGING, "rejected=summary.rows_rejected,", "rejected=min(summary.rows_rejected, 1),"),
        (BOOKS, "if not counts.balanced:", "if False:"),
    ),
    bug(
        "the count in the transaction is not checked, and a part is lost",
        (WAREHOUSE, "if len(rows) != order.rows_good:", "if False:"),
        (STAGING, "for c in chunks if c.part]", "for c in chunks[1:] if c.part]"),
    ),
    bug(
        "parts of one load share a key",
        ("chalicelib/domain/keys.py", "part-{_number(chunk, planned_start)}.csv.zst", "part.csv.zst"),
    ),
    bug(
        "an older file overwrites a newer",
        ("chalicelib/adapters/memory/merge.py", '        return "superseded"\n', '        return "updated"\n'),
    ),
    bug(
        "a key twice is merged although the contract forbids it",
        (WAREHOUSE, "            raise LoadFailedError(refused)\n", "            pass\n"),
    ),
    bug("success is told of failure", (PIPELINE, "if run.state is RunState.LOADED else self.bell.failure", "")),
    bug(
        "told before it is true",
        (
            PIPELINE,
            '        self.note("submitted"',
            '        self.bell.success(notice(run))\n        self.note("submitted"',
        ),
    ),
    bug(
        "told is recorded before it is sent",
        (
            PIPELINE,
            "        ring(notice(run))\n        return self.runs.change(run, told=True)",
            "        run = self.runs.change(run, told=True)\n        ring(notice(run))\n        return run",
        ),
    ),
    bug(
        "a key is decoded twice",
        ("chalicelib/domain/events.py", 'unquote_plus(thing["key"])', 'unquote_plus(unquote_plus(thing["key"]))'),
    ),
    bug(
        "only the first record of a notification is read, and the sweep looks at runs only",
        ("chalicelib/domain/events.py", 'event.get("Records", ())', 'event.get("Records", ())[:1]'),
        (SWEEP, "found += pipeline.arrive(source) is not None", "pass"),
    ),
    bug(
        "a chunk counts each time it is staged",
        (
            RUNS,
            "if not _open(run, chunk.generation) or (known and not _waits(known, chunk.start)):\n",
            "if not _open(run, chunk.generation):\n",
        ),
        (
            RUNS,
            "if not _open(run, task.generation) or (known and not _waits(known, task.start)):",
            "if not _open(run, task.generation):",
        ),
    ),
    bug(
        "reads without If-Match",
        (OBJECTS, "if found.etag != source.etag:", "if False:"),
        (PIPELINE, "if found.etag != wanted.etag:", "if False:"),
    ),
    bug(
        "new content of a known key is not new",
        (PIPELINE, "if newest and newest.etag == source.etag:", "if newest:"),
    ),
    bug(
        "every notification is a run",
        (PIPELINE, "if newest and newest.etag == source.etag:", "if False:"),
        (
            MODEL,
            'return digest("run", source.bucket, source.key, source.etag, again)',
            'return digest("run", source.bucket, source.key, source.etag, source.sequencer, again)',
        ),
    ),
    bug("files have no age", (MODEL, 'return f"{self.source.last_modified:017.3f}#{sequencer}"', 'return "0"')),
    bug("content that comes back has no run", (ARRIVALS, "if came_back else", "if False else")),
    bug(
        "a rerun keeps the load id",
        (MODEL, "return digest(self.run_id, str(self.generation))", 'return digest(self.run_id, "1")'),
    ),
    bug("the reject limit is not looked at", (BOOKS, "    ratio = ", "    return\n    ratio = ")),
)


def catches(planted: Bug) -> str | None:
    """The first broken promise that the simulation reports of a copy with the bug in it; None if none."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in ("chalicelib", "tests"):
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
        for cut in planted.cuts:
            _apply(copy / cut.file, cut)
        done = subprocess.run(
            [sys.executable, "-m", "tests.simulation", "--until-broken"],
            cwd=copy,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    lines = (done.stdout or done.stderr).strip().splitlines()
    if done.returncode and not lines[0].startswith("I"):
        raise RuntimeError(f"{planted.name}: the simulation itself failed:\n{done.stderr}")
    return lines[0] if done.returncode else None


def _apply(path: Path, cut: Cut) -> None:
    text = path.read_text()
    assert text.count(cut.old) == 1, f"{path.name} does not hold this exactly once any more: {cut.old!r}"
    path.write_text(text.replace(cut.old, cut.new))


def main(names: Iterable[str]) -> int:
    """Prints a table: bug, caught by; 1 if one was missed."""
    chosen = [b for b in BUGS if not names or b.name in names]
    missed = 0
    with ThreadPoolExecutor(2) as pool:
        for planted, by in zip(chosen, pool.map(catches, chosen), strict=False):
            missed += by is None
            print(f"{'caught' if by else 'MISSED'}  {planted.name}: {by or ''}"[:240], flush=True)
    print(f"{len(chosen) - missed} of {len(chosen)} planted bugs caught")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
