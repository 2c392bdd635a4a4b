"""I: files of 1,000 rows on the local stack, loaded by INSERTs over a connection, beside the same by COPY.

The files alternate, one at a time, so that none waits for another. A file's time runs from the answer to its PUT to the
moment that its run was recorded as LOADED; "load" is the part after its rows were staged.
"""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.frame import ROOT, WORK, table
from bench.small_files import COLUMNS, HEADER, search_of
from bench.staging import s3

ROWS = 1_000
WAYS = {"copied": "copy", "inserted": "direct"}
"""The objects, and how they are loaded."""
WAIT = 60.0


def direct_loads(rounds: int, note: Callable[[str], None]) -> str:
    """Run I. The first round warms up."""
    from local.options import Options
    from local.stack import Stack

    options = Options(api=False, sweep_seconds=0, contracts=str(_contracts(WORK / "contracts-i")))
    stack = Stack(ROOT, WORK / "stack-i", options=options)
    record = stack.up()
    try:
        runs: dict[str, list[dict[str, float]]] = {name: [] for name in WAYS}
        for number in range(rounds + 1):
            note(f"round {number} of {rounds}")
            for name in WAYS:
                runs[name].append(_loaded(record, name, number))
        sent = (stack.paths.logs / "worker.log").read_text().count('"statement":"direct-')
        books = _books(record.warehouse["dsn"], rounds + 1)
    finally:
        stack.down()
    rows = [[_title(name), *_shown(measured[1:])] for name, measured in runs.items()]
    return (
        f"### I. Files of {ROWS:,} rows, one at a time, {rounds} of each way\n\n"
        f"{table(['', 'landing to LOADED, ms', 'load, ms', 'spread of load'], rows)}\n\n"
        f"{sent} of {rounds + 1} direct loads were INSERTs. {books}"
    )


def _contracts(folder: Path) -> Path:
    """The contract of transactions, once for each way."""
    folder.mkdir(parents=True, exist_ok=True)
    text = (ROOT / "chalicelib/contracts/transactions.toml").read_text()
    for name, way in WAYS.items():
        own = re.sub(r"^name = .*$", f'name = "{name}"\nload = "{way}"', text, flags=re.M)
        (folder / f"{name}.toml").write_text(own.replace("transactions", name))
    return folder


def _loaded(record: Any, name: str, number: int) -> dict[str, float]:
    """Land a file, and return the seconds of its way."""
    from chalicelib.domain.run.model import RunState

    body = HEADER + "".join(
        f"T{number:03d}{i:07d},{i},2025-{i % 12 + 1:02d}-05,{i}.{i % 100:02d},EUR,Shop {i},travel\n"
        for i in range(ROWS)
    )
    key = f"incoming/{name}/{number:03d}.csv"
    s3(record).put_object(Bucket=record.names.bucket, Key=key, Body=body.encode())
    landed, deadline, search = time.time(), time.monotonic() + WAIT, search_of(record)
    while time.monotonic() < deadline:
        for run in search.page(state=RunState.LOADED, cursor="", limit=200).runs:
            if run.source.key == key:
                done = run.moments["LOADED"]
                return {"way": done - landed, "load": done - run.moments["STAGED"]}
        time.sleep(0.05)
    raise RuntimeError(f"{key} was not loaded in time")


def _title(name: str) -> str:
    return "landfall: INSERTs" if WAYS[name] == "direct" else "landfall: COPY"


def _shown(measured: list[dict[str, float]]) -> list[str]:
    ways, loads = [one["way"] for one in measured], sorted(one["load"] for one in measured)
    middle = statistics.median(loads)
    spread = (loads[-1] - loads[0]) / middle
    return [f"{1e3 * statistics.median(ways):.0f}", f"{1e3 * middle:.0f}", f"{spread:.0%}"]


def _books(dsn: str, files: int) -> str:
    """Compare the tables of both ways, and their books."""
    import psycopg

    first, second = (f"landing.{name}" for name in WAYS)
    with psycopg.connect(dsn) as connection:
        differing = 0
        for one, other in ((first, second), (second, first)):
            query = f"select {COLUMNS} from {one} except all select {COLUMNS} from {other}"
            differing += _count(connection, f"({query}) differing")
        rows = _count(connection, first)
        balanced = _count(connection, f"etl.books where balanced = 1 and loaded = {ROWS}")
    equal = "equal" if not differing and rows == files * ROWS else f"NOT EQUAL: {differing:,} rows differ"
    return f"The tables are {equal}. Books of {balanced} of {2 * files} files balance with {ROWS:,} rows loaded."


def _count(connection: Any, of: str) -> int:
    return int(connection.execute(f"select count(*) from {of}").fetchone()[0])
