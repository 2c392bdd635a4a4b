"""B: from S3 to S3, on the same clean file, beside tools that check nothing. S3 is the local stack's, for all alike."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from bench.files import transactions
from bench.frame import ROOT, WORK, Contender, Results, comparison, rotated

KEY = "bench/transactions.csv"
CONTENDERS = {
    "landfall": "landfall",
    "awswrangler read_csv, to_parquet": "awswrangler",
    "dlt read_csv_duckdb, Parquet": "dlt_duckdb",
    "dlt read_csv, Parquet": "dlt_csv",
}
SINGLE = {"EXTRACT__WORKERS": "1", "NORMALIZE__WORKERS": "1", "LOAD__WORKERS": "1"}


def s3(record: Any) -> Any:
    """A client of the stack's S3."""
    import boto3

    return boto3.client(
        "s3",
        endpoint_url=record.ports.url("aws"),
        region_name=record.env["AWS_REGION"],
        aws_access_key_id=record.env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=record.env["AWS_SECRET_ACCESS_KEY"],
    )


def staged(rows: int, rounds: int, note: Callable[[str], None]) -> str:
    """B."""
    from local.options import Options
    from local.stack import Stack

    sample = transactions(rows, clean=True)
    options = Options(warehouse=False, api=False, sweep_seconds=0)
    stack = Stack(ROOT, WORK / "stack-b", options=options)
    record = stack.up()
    try:
        s3(record).upload_file(str(sample.path), record.names.bucket, KEY)
        env = {**record.env, "LANDFALL_CHUNK_MB": "50", "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1", **SINGLE}
        env |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
        contenders = [
            Contender(name=name, call=f"bench.engines.to_s3:{call}", arguments=(record.names.bucket, KEY), env=env)
            for name, call in CONTENDERS.items()
        ]
        results = rotated(contenders, rounds, note)
    finally:
        stack.down()
    shown = comparison(results, beside="landfall", exact=lambda name: _rows(results, name, sample.rows), column="rows")
    return f"### B. From S3 to S3: transactions, {sample.mb:.0f} MB, {sample.rows:,} rows, none bad\n\n{shown}"


def _rows(results: Results, name: str, rows: int) -> str:
    found = int(results.said(name)["rows"])
    return "all" if found == rows else f"{found:,} of {rows:,}"
