"""H: ten good files behind ten hostile ones: their time from landing to LOADED, beside that of the good files alone.

A hostile file is a storm of broken records in a dialect that is read record by record. Each must end REJECTED. The
local stack runs all workers in one process of about one core, so the hostile files' own work shows in the ratio. In AWS
each worker has a core of its own.
"""

from __future__ import annotations

import shutil
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.frame import ROOT, WORK, table
from bench.small_files import HEADER, search_of
from bench.staging import s3

FILES = 10
GOOD_ROWS = 30_000
WAIT = 1_200.0
STORMS = {
    "backslash": ('escape = "backslash"', b"\\\n"),
    "lenient": ('quotes = "lenient"', b'a",",\n'),
}
"""The dialect's setting and the line that a storm repeats, by the contract's name."""
CONTRACT = """
name = "{name}"
target = "landing.{name}"
lands_at = ["incoming/{name}/*"]
mode = "scd1"
key = ["id"]

[dialect]
{setting}

[columns]
id = {{ type = "bigint", required = true }}
text = {{ type = "varchar(256)" }}
"""


@dataclass(frozen=True, kw_only=True)
class Waits:
    """Seconds from landing to the end of a run, ascending."""

    good: Sequence[float]
    hostile: Sequence[float]


def hostile_files(mb: float, note: Callable[[str], None]) -> str:
    """Run H: ten good files alone, and behind ten hostile ones of `mb` MB each."""
    app = _app()
    note(f"{FILES} good files")
    alone = _run(app, 0.0)
    note(f"{FILES} good files behind {FILES} hostile ones of {mb:g} MB")
    behind = _run(app, mb)
    rows = [["alone", *_shown(alone.good), "-"], [f"behind {FILES} hostile", *_shown(behind.good), "-"]]
    rows.append([f"the hostile, {mb:g} MB each", *_shown(behind.hostile), "all REJECTED"])
    ratio = statistics.median(behind.good) / statistics.median(alone.good)
    heads = ["files", "p50 s", "max s", "state"]
    return (
        f"### H. {FILES} good files of {GOOD_ROWS:,} rows behind {FILES} hostile ones\n\n{table(heads, rows)}\n\n"
        f"Behind hostile files a good one takes {ratio:.1f} times as long."
    )


def _shown(waits: Sequence[float]) -> list[str]:
    return [f"{statistics.median(waits):.1f}", f"{max(waits):.1f}"]


def _app() -> Path:
    """Make a copy of the app with a contract for each storm."""
    app = WORK / "app-h"
    shutil.rmtree(app, ignore_errors=True)
    app.mkdir(parents=True)
    shutil.copy(ROOT / "app.py", app)
    shutil.copytree(ROOT / ".chalice", app / ".chalice", ignore=shutil.ignore_patterns("deployments"))
    shutil.copytree(ROOT / "chalicelib", app / "chalicelib", ignore=shutil.ignore_patterns("__pycache__"))
    for name, (setting, _) in STORMS.items():
        text = CONTRACT.format(name=name, setting=setting)
        (app / "chalicelib" / "contracts" / f"{name}.toml").write_text(text)
    return app


def _run(app: Path, hostile_mb: float) -> Waits:
    """Measure on a fresh stack; hostile files land first."""
    from local.options import Options
    from local.stack import Stack

    options = Options(app_dir=str(app), api=False, visibility_seconds=900, sweep_seconds=0)
    stack = Stack(ROOT, WORK / "stack-h", options=options)
    record = stack.up()
    try:
        landed = _land(record, hostile_mb)
        return _ended(record, landed)
    finally:
        stack.down()


def _land(record: Any, hostile_mb: float) -> dict[str, float]:
    """Land the files. Return the time of each landing by key."""
    store, landed = s3(record), dict[str, float]()
    bodies: dict[str, bytes] = {}
    if hostile_mb:
        names = list(STORMS)
        for n in range(FILES):
            name = names[n % len(names)]
            line = STORMS[name][1]
            storm = line * int(hostile_mb * 1e6 / len(line))
            bodies[f"incoming/{name}/{n}.csv"] = b"id,text\n" + str(n).encode() + b",x\n" + storm
    for n in range(FILES):
        bodies[f"incoming/transactions/good-{n}.csv"] = _good(n)
    for key, body in bodies.items():
        store.put_object(Bucket=record.names.bucket, Key=key, Body=body)
        landed[key] = time.time()
    return landed


def _good(n: int) -> bytes:
    rows = (f"H{n:03d}{i:07d},{i},2025-01-02,{n}.{i % 100:02d},EUR,Shop {i},travel\n" for i in range(GOOD_ROWS))
    return (HEADER + "".join(rows)).encode()


def _ended(record: Any, landed: dict[str, float]) -> Waits:
    """Return how long each file took, once all runs have ended. Raises RuntimeError if one ended in a wrong state."""
    from chalicelib.domain.run.model import RunState

    deadline = time.monotonic() + WAIT
    while True:
        ended = {run.source.key: run for run in _runs(record) if run.state.terminal}
        if len(ended) == len(landed):
            break
        if time.monotonic() > deadline:
            raise RuntimeError(f"{len(ended)} of {len(landed)} files have ended")
        time.sleep(0.5)
    seconds: dict[bool, list[float]] = {True: [], False: []}
    for key, run in ended.items():
        good = "/good-" in key
        wanted = RunState.LOADED if good else RunState.REJECTED
        if run.state is not wanted:
            raise RuntimeError(f"{key} is {run.state.value}, not {wanted.value}")
        seconds[good].append(run.moments[wanted.value] - landed[key])
    return Waits(good=sorted(seconds[True]), hostile=sorted(seconds[False]) or [0.0])


def _runs(record: Any) -> list[Any]:
    return list(search_of(record).page(limit=200).runs)
