"""B: from S3 to S3, on the same clean file, beside tools that check nothing. M: the memory of one worker, file by file.

All use the local stack's S3.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from bench.files import transactions
from bench.frame import ROOT, WORK, Contender, Results, comparison, measured, rotated, table

KEY = "bench/transactions.csv"
BYTES_A_ROW = 76.5
CONTENDERS = {
    "landfall": "landfall",
    "awswrangler read_csv, to_parquet": "awswrangler",
    "dlt read_csv_duckdb, Parquet": "dlt_duckdb",
    "dlt read_csv, Parquet": "dlt_csv",
}
SINGLE = {"EXTRACT__WORKERS": "1", "NORMALIZE__WORKERS": "1", "LOAD__WORKERS": "1"}


def s3(record: Any) -> Any:
    """Return a client of the stack's S3."""
    import boto3

    return boto3.client(
        "s3",
        endpoint_url=record.ports.url("aws"),
        region_name=record.env["AWS_REGION"],
        aws_access_key_id=record.env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=record.env["AWS_SECRET_ACCESS_KEY"],
    )


@contextmanager
def storage(name: str) -> Iterator[Any]:
    """Start a stack of which only S3 is used."""
    from local.options import Options
    from local.stack import Stack

    stack = Stack(ROOT, WORK / name, options=Options(warehouse=False, api=False, sweep_seconds=0))
    record = stack.up()
    try:
        yield record
    finally:
        stack.down()


def _contender(record: Any, name: str, call: str, key: str) -> Contender:
    env = {**record.env, "LANDFALL_CHUNK_MB": "50", "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1", **SINGLE}
    env |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    return Contender(name=name, call=f"bench.engines.to_s3:{call}", arguments=(record.names.bucket, key), env=env)


def memory(sizes: Sequence[int], note: Callable[[str], None]) -> str:
    """Run M: one process stages the chunks of a file in turn, for files of several sizes (MB)."""
    found = []
    for mb in sizes:
        sample = transactions(int(mb * 1e6 / BYTES_A_ROW), clean=True)
        with storage("stack-m") as record:
            note(f"{mb} MB")
            key = f"bench/{mb}.csv"
            s3(record).upload_file(str(sample.path), record.names.bucket, key)
            run = measured(_contender(record, str(mb), "landfall", key))
        rows = "all" if run.output["rows"] == sample.rows else f"{run.output['rows']:,} of {sample.rows:,}"
        mbs = f"{sample.mb:.0f}"
        found.append([mbs, run.output["chunks"], f"{run.mb:.0f}", f"{run.cpu:.2f}", f"{run.seconds:.2f}", rows])
    heads = ["file, MB", "chunks", "peak MB", "CPU s", "seconds", "rows"]
    return f"### M. One worker, chunks of 50 MB one after the other\n\n{table(heads, found)}"


def staged(rows: int, rounds: int, note: Callable[[str], None]) -> str:
    """Run B."""
    sample = transactions(rows, clean=True)
    with storage("stack-b") as record:
        s3(record).upload_file(str(sample.path), record.names.bucket, KEY)
        contenders = [_contender(record, name, call, KEY) for name, call in CONTENDERS.items()]
        results = rotated(contenders, rounds, note)
    shown = comparison(results, beside="landfall", exact=lambda name: _rows(results, name, sample.rows), column="rows")
    return f"### B. From S3 to S3: transactions, {sample.mb:.0f} MB, {sample.rows:,} rows, none bad\n\n{shown}"


def _rows(results: Results, name: str, rows: int) -> str:
    found = int(results.output(name)["rows"])
    return "all" if found == rows else f"{found:,} of {rows:,}"
