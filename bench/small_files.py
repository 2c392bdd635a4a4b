"""E: many small files on the local stack: warehouse transactions, time from landing to LOADED, and the rows.

Its peer is the same app with one transaction per file (LANDFALL_GROUP_FILES=1). A file's time runs from the answer to
its PUT to the moment that its run was recorded as LOADED, by one machine's clock.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from bench.frame import ROOT, WORK, table
from bench.staging import s3

ROWS_A_FILE = 150
"""Rows of some 69 bytes: 10 kB."""
PUTS_AT_ONCE = 8
WAIT = 1_800.0
MOST_TRANSACTIONS = 20
SETTINGS = {"LANDFALL_STUCK_SECONDS": "900", "LANDFALL_BACKOFF_SECONDS": "10"}
HEADER = "transaction_id,account_id,transaction_date,amount,currency,merchant,category\n"
COLUMNS = HEADER.strip()


@dataclass(frozen=True, kw_only=True)
class Poured:
    """The result for all files."""

    waits: list[float]
    """Seconds from landing to LOADED, ascending."""
    seconds: float
    """From the first landing to the last LOADED."""
    poured: float
    """From the first landing to the last."""
    transactions: int
    rows: str

    def quantile(self, share: float) -> float:
        return self.waits[min(len(self.waits) - 1, int(len(self.waits) * share))]


def small_files(count: int, alone: int, seconds: int, rate: float, note: Callable[[str], None]) -> str:
    """Run E: `count` files at once, `alone` files with one transaction each, and `rate` a second for some time."""
    note(f"{count:,} files at once")
    together = _run(count, {})
    note(f"{alone:,} files, one transaction each")
    single = _run(alone, {"LANDFALL_GROUP_FILES": "1"})
    note(f"{rate:g} files a second for {seconds} s")
    trickle = _run(round(rate * seconds), {}, pause=1 / rate)
    found = {
        f"landfall: {count:,} files at once": together,
        f"one transaction per file: {alone:,} files at once": single,
        f"landfall: {rate:g} files a second for {seconds} s": trickle,
    }
    heads = ["", "transactions", "p50 s", "p99 s", "max s", "total s", "ms a file", "rows"]
    size = len(_body(0)) / 1e3
    ratio = (single.seconds / alone) / (together.seconds / count)
    met = "at most" if together.transactions <= MOST_TRANSACTIONS else "NOT within"
    return (
        f"### E. Files of {size:.1f} kB, {ROWS_A_FILE} rows each, of one object\n\n"
        f"{table(heads, [[name, *_shown(poured)] for name, poured in found.items()])}\n\n"
        f"Transactions are {met} {MOST_TRANSACTIONS}. One transaction per file takes {ratio:.1f} times as long a file."
        f" The PUTs took {together.poured:.1f} s of the {together.seconds:.1f} s."
    )


def _shown(poured: Poured) -> list[str]:
    times = (statistics.median(poured.waits), poured.quantile(0.99), poured.waits[-1], poured.seconds)
    each = f"{1e3 * poured.seconds / len(poured.waits):.0f}"
    return [str(poured.transactions), *(f"{seconds:.1f}" for seconds in times), each, poured.rows]


def _run(count: int, settings: Mapping[str, str], *, pause: float = 0.0) -> Poured:
    """A stack of its own, so that nothing of another run is in the tables."""
    from local.options import Options
    from local.stack import Stack

    options = Options(api=False, visibility_seconds=600, sweep_seconds=0, settings={**SETTINGS, **settings})
    stack = Stack(ROOT, WORK / "stack-e", options=options)
    record = stack.up()
    try:
        landed = _pour(record, count, pause)
        loaded = _loaded(record, count)
        transactions, rows = _books(record.warehouse["dsn"], count)
    finally:
        stack.down()
    first, last = min(landed.values()), max(loaded.values())
    return Poured(
        waits=sorted(loaded[key] - landed[key] for key in landed),
        seconds=last - first,
        poured=max(landed.values()) - first,
        transactions=transactions,
        rows=rows,
    )


def _pour(record: Any, count: int, pause: float) -> dict[str, float]:
    """Put the files, as fast as it goes or one each `pause` seconds; when each was there, by key."""
    store, bodies = s3(record), [_body(n).encode() for n in range(count)]
    began = time.time()

    def put(n: int) -> tuple[str, float]:
        key = f"incoming/transactions/{n:06d}.csv"
        time.sleep(max(0.0, began + n * pause - time.time()))
        store.put_object(Bucket=record.names.bucket, Key=key, Body=bodies[n])
        return key, time.time()

    with ThreadPoolExecutor(PUTS_AT_ONCE) as pool:
        return dict(pool.map(put, range(count)))


def _body(n: int) -> str:
    """A file of rows whose keys are in no other."""
    rows = (
        f"T{n:06d}{i:07d},{1_000_000_000 + n * 1_000 + i},2025-{i % 12 + 1:02d}-{n % 28 + 1:02d},"
        f"{n}.{i % 100:02d},EUR,Shop {i} at {n},travel\n"
        for i in range(ROWS_A_FILE)
    )
    return HEADER + "".join(rows)


def _loaded(record: Any, count: int) -> dict[str, float]:
    """When each file was LOADED, by key, once all are. The ledger is queried first, as that is cheap."""
    import psycopg

    deadline = time.monotonic() + WAIT
    with psycopg.connect(record.warehouse["dsn"], autocommit=True) as connection:
        while connection.execute("select count(*) from etl.ledger").fetchone()[0] < count:
            if time.monotonic() > deadline:
                raise RuntimeError("not all files were loaded in time")
            time.sleep(0.25)
    while len(found := _moments(record)) < count:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{len(found)} of {count} files are LOADED")
        time.sleep(0.5)
    return found


def _moments(record: Any) -> dict[str, float]:
    """Return the times of LOADED from the table of runs."""
    from chalicelib.domain.run.model import RunState

    search, found, cursor = search_of(record), dict[str, float](), ""
    while True:
        page = search.page(state=RunState.LOADED, cursor=cursor, limit=200)
        found |= {run.source.key: run.moments["LOADED"] for run in page.runs}
        if not (cursor := page.cursor):
            return found


def search_of(record: Any) -> Any:
    """Return the searches over the runs of a local stack."""
    import boto3

    from chalicelib.adapters.dynamodb.searches import DynamoSearch
    from chalicelib.adapters.dynamodb.table_client import TableClient

    env = record.env
    client = boto3.client(
        "dynamodb",
        endpoint_url=record.ports.url("aws"),
        region_name=env["AWS_REGION"],
        aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
    )
    return DynamoSearch(TableClient(client, record.names.table))


def _books(dsn: str, count: int) -> tuple[int, str]:
    """Count the ledger's transactions, and check that the target holds each row of each file once and no other."""
    import psycopg

    with psycopg.connect(dsn) as connection:
        connection.execute(f"create temp table oracle as select {COLUMNS} from landing.transactions limit 0")
        with connection.cursor().copy(f"copy oracle ({COLUMNS}) from stdin (format csv)") as copy:
            for n in range(count):
                copy.write(_body(n).removeprefix(HEADER))
        differing = 0
        for one, other in (("oracle", "landing.transactions"), ("landing.transactions", "oracle")):
            query = f"select {COLUMNS} from {one} except all select {COLUMNS} from {other}"
            differing += connection.execute(f"select count(*) from ({query}) differing").fetchone()[0]
        transactions = connection.execute("select count(distinct group_id) from etl.ledger").fetchone()[0]
    return transactions, "exact" if not differing else f"{differing:,} DIFFER"
