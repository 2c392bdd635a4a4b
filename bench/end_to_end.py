"""D: a file from its landing to LOADED on the local stack, beside COPY and the same merge by hand, and beside dlt."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from bench.files import transactions
from bench.frame import ROOT, WORK, Contender, measured, table
from bench.staging import BYTES_A_ROW, SINGLE, s3

TERMINAL = {"LOADED", "REJECTED", "FAILED", "SUPERSEDED", "UNROUTED"}
WAIT = 1_800.0
SETTINGS = {"LANDFALL_CHUNK_MB": "50", "LANDFALL_STUCK_SECONDS": "900"}


def loaded(mb: int, note: Callable[[str], None], *, with_dlt: bool) -> str:
    """Run D. It measures wall-clock time, because several processes take part."""
    from local.options import Options
    from local.stack import Stack

    sample = transactions(int(mb * 1e6 / BYTES_A_ROW), clean=True)
    stack = Stack(ROOT, WORK / "stack-d", options=Options(settings=SETTINGS, visibility_seconds=600))
    record = stack.up()
    try:
        note("by hand")
        dsn, rows = record.warehouse["dsn"], sample.rows - sample.duplicate
        hand = _timed("by_hand", sample.path, dsn)
        note("landfall")
        ours = _land(record, sample.path)
        note("by hand again, dlt")
        again = _timed("by_hand", sample.path, dsn)
        dlt = _timed("dlt_merge", sample.path, dsn) if with_dlt else None
    finally:
        stack.down()
    by_hand = (hand["seconds"] + again["seconds"]) / 2
    found = [
        ["landfall: landing to LOADED", ours["seconds"], ours["rows"]],
        ["COPY of the raw file and the same merge, by hand", by_hand, hand["rows"]],
        *([["dlt read_csv, merge", dlt["seconds"], dlt["rows"]]] if dlt else []),
    ]
    shown = [
        [
            what,
            f"{seconds:.1f}",
            f"{seconds / ours['seconds']:.2f}",
            "all" if count == rows else f"{count:,} of {rows:,}",
        ]
        for what, seconds, count in found
    ]
    head = f"### D. End to end: {sample.mb:.0f} MB, {sample.rows:,} rows, {sample.duplicate:,} keys repeated"
    memory = f"All staging workers in one process: at rest {ours['rest']:.0f} MB, at most {ours['peak']:.0f} MB."
    moments = " → ".join(f"{name} {at:.1f} s" for name, at in ours["moments"])
    by_ratio = f"landfall / by hand: {ours['seconds'] / by_hand:.2f}"
    return f"{head}\n\n{table(['', 'seconds', 'ratio', 'rows'], shown)}\n\n{by_ratio}. {moments}. {memory}"


def _timed(call: str, path: Path, dsn: str) -> dict[str, Any]:
    run = measured(
        Contender(name=call, call=f"bench.engines.to_postgres:{call}", arguments=(str(path), dsn), env=SINGLE)
    )
    return {**run.output, "seconds": run.seconds}


def _land(record: Any, path: Path) -> dict[str, Any]:
    """Drop the file, and wait. The clock starts when the file is in S3, like S3's event."""
    import requests

    worker = psutil.Process(record.process("worker").pid)
    token = json.loads(Path(record.files["tokens"]).read_text())["operator"]
    rest = peak = _mb(worker)
    s3(record).upload_file(str(path), record.names.bucket, "incoming/transactions.csv", Config=_at_once())
    began, moments = time.monotonic(), list[tuple[str, float]]()
    while True:
        answer = requests.get(
            record.ports.url("api") + "/status/transactions.csv",
            headers={"Authorization": f"Bearer {token}"},
            timeout=30,
        )
        status = answer.json() if answer.ok else {}
        state, seconds = status.get("state", ""), time.monotonic() - began
        if state and (not moments or moments[-1][0] != state):
            moments.append((state, seconds))
        peak = max(peak, _mb(worker))
        if state in TERMINAL or seconds > WAIT:
            break
        time.sleep(0.1)
    if state != "LOADED":
        raise RuntimeError(f"the run ended {state}: {status}")
    return {"seconds": seconds, "rows": status["rows"]["inserted"], "rest": rest, "peak": peak, "moments": moments}


def _at_once() -> Any:
    from boto3.s3.transfer import TransferConfig

    return TransferConfig(multipart_threshold=64 << 20, multipart_chunksize=64 << 20)


def _mb(process: psutil.Process) -> float:
    """Return the resident memory of a process and its children."""
    return sum(p.memory_info().rss for p in (process, *process.children(recursive=True))) / 1e6
