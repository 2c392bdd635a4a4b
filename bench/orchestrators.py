"""O: one file at a time on the local stack, its run moved on by messages of the queues, beside executions of a machine.

Each orchestrator has a stack of its own. A file's time runs from the answer to its PUT to the moment that its run was
recorded as LOADED, and to the last change of its record, by which it is archived and announced.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

from bench.frame import ROOT, WORK, table
from bench.small_files import HEADER, search_of
from bench.staging import s3

WAYS = {"messages": False, "executions": True}
"""The orchestrators, and whether the stack has a state machine."""
ROWS = {"1 chunk": 1_000, "10 chunks": 135_000}
"""Rows of some 72 bytes, cut at LANDFALL_CHUNK_MB."""
SETTINGS = {"LANDFALL_CHUNK_MB": "1"}
WAIT = 120.0
TRANSITIONS = frozenset({"ExecutionStarted", "ExecutionSucceeded", "ExecutionFailed"})


def orchestrators(rounds: int, note: Callable[[str], None]) -> str:
    """Run O. The first round of each stack warms up."""
    rows = [row for way, machine in WAYS.items() for row in _measured(way, machine, rounds, note)]
    heads = ["", "file", "landing to LOADED, ms", "landing to the end, ms", "spread", "state transitions"]
    return (
        f"### O. One file at a time, {rounds} of each\n\n{table(heads, rows)}\n\n"
        "The history of the local Step Functions leaves out the states within a Map: one more for each chunk."
    )


def _measured(way: str, machine: bool, rounds: int, note: Callable[[str], None]) -> list[list[str]]:
    from local.options import Options
    from local.stack import Stack

    options = Options(api=False, sweep_seconds=0, step_functions=machine, settings=SETTINGS)
    stack = Stack(ROOT, WORK / "stack-o", options=options)
    record = stack.up()
    try:
        files: dict[str, list[dict[str, float]]] = {size: [] for size in ROWS}
        for number in range(rounds + 1):
            note(f"{way}, round {number} of {rounds}")
            for size, rows in ROWS.items():
                files[size].append(_loaded(record, f"{size.replace(' ', '-')}-{number:03d}", rows, machine=machine))
    finally:
        stack.down()
    return [[way, size, *_shown(measured[1:])] for size, measured in files.items()]


def _loaded(record: Any, name: str, rows: int, *, machine: bool) -> dict[str, float]:
    """Land a file, and return the seconds of its way."""
    key = f"incoming/transactions/{name}.csv"
    body = "".join(
        f"{name}-{i:07d},{i},2025-{i % 12 + 1:02d}-05,{i}.{i % 100:02d},EUR,Shop,travel\n" for i in range(rows)
    )
    s3(record).put_object(Bucket=record.names.bucket, Key=key, Body=(HEADER + body).encode())
    landed, deadline, search = time.time(), time.monotonic() + WAIT, search_of(record)
    while time.monotonic() < deadline:
        for run in search.page(cursor="", limit=20).runs:
            if run.source.key == key and run.finished:
                ends = {"loaded": run.moments["LOADED"] - landed, "end": run.updated_at - landed}
                return {**ends, "transitions": _transitions(record, run.load_id) if machine else 0}
        time.sleep(0.05)
    raise RuntimeError(f"{key} was not loaded in time")


def _transitions(record: Any, load_id: int) -> int:
    """Count the state transitions of a run's first execution: its start, each state that it entered, and its end."""
    import boto3

    from local.options import MACHINE

    env = record.env
    client = boto3.client(
        "stepfunctions",
        endpoint_url=record.ports.url("aws"),
        region_name=env["AWS_REGION"],
        aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
    )
    arn = f"{MACHINE.replace(':stateMachine:', ':execution:')}:transactions-{load_id}-1"
    while client.describe_execution(executionArn=arn)["status"] == "RUNNING":
        time.sleep(0.05)
    pages = client.get_paginator("get_execution_history").paginate(executionArn=arn)
    events = [event["type"] for page in pages for event in page["events"]]
    return sum(event in TRANSITIONS or event.endswith("StateEntered") for event in events)


def _shown(measured: list[dict[str, float]]) -> list[str]:
    loaded, ends = ([one[name] for one in measured] for name in ("loaded", "end"))
    middle = statistics.median(loaded)
    spread = (max(loaded) - min(loaded)) / middle
    transitions = f"{statistics.median(one['transitions'] for one in measured):.0f}"
    return [f"{1e3 * middle:.0f}", f"{1e3 * statistics.median(ends):.0f}", f"{spread:.0%}", transitions]
