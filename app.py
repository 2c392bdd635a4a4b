"""What AWS calls. Each handler reads its event and says one thing to the pipeline; the rest is in chalicelib."""

from __future__ import annotations

import os
from typing import Any

from chalice import Chalice, Rate
from chalice.app import CloudWatchEvent, S3Event, SQSEvent

from chalicelib import handlers
from chalicelib.bootstrap import wired
from chalicelib.domain.events import landed, run_of_statement
from chalicelib.sweep import sweep

BUCKET = os.environ.get("LANDFALL_BUCKET", "landfall-dev")
RUN_QUEUE = os.environ.get("LANDFALL_RUN_QUEUE", "landfall-dev-runs")
CHUNK_QUEUE = os.environ.get("LANDFALL_CHUNK_QUEUE", "landfall-dev-chunks")
STATEMENT_ENDED = {"source": ["aws.redshift-data"], "detail-type": ["Redshift Data Statement Status Change"]}
WORKERS = 10

app = Chalice(app_name="landfall", configure_logs=False)


# ---- files ---------------------------------------------------------------------------------------------------------


@app.on_s3_event(bucket=BUCKET, events=["s3:ObjectCreated:*"], prefix="incoming/")
def on_incoming(event: S3Event) -> None:
    """A file landed below incoming/."""
    for source in landed(event.to_dict()):
        wired().pipeline.arrive(source)


@app.on_s3_event(bucket=BUCKET, events=["s3:ObjectCreated:*"], prefix="monthly_data/")
def on_monthly(event: S3Event) -> None:
    """A file landed below monthly_data/."""
    for source in landed(event.to_dict()):
        wired().pipeline.arrive(source)


# ---- work ----------------------------------------------------------------------------------------------------------


@app.on_sqs_message(queue=RUN_QUEUE, batch_size=1)
def advance_run(event: SQSEvent) -> None:
    """Move a run on as far as it can go."""
    for record in event.to_dict()["Records"]:
        handlers.on_run_message(wired().pipeline, wired().queue.delay_run, record)


@app.on_sqs_message(queue=CHUNK_QUEUE, batch_size=1, maximum_concurrency=WORKERS)
def stage_chunk(event: SQSEvent) -> None:
    """Check and stage one chunk of a file."""
    for record in event.to_dict()["Records"]:
        handlers.on_chunk_message(wired().pipeline, wired().queue.delay_chunk, record)


@app.on_sqs_message(queue=f"{RUN_QUEUE}-dead", batch_size=1)
def bury_run(event: SQSEvent) -> None:
    """A message of the run queue was never answered."""
    for record in event.to_dict()["Records"]:
        handlers.on_dead_letter(wired().pipeline, record)


@app.on_sqs_message(queue=f"{CHUNK_QUEUE}-dead", batch_size=1)
def bury_chunk(event: SQSEvent) -> None:
    """A message of the chunk queue was never answered."""
    for record in event.to_dict()["Records"]:
        handlers.on_dead_letter(wired().pipeline, record)


# ---- clocks --------------------------------------------------------------------------------------------------------


@app.on_cw_event(STATEMENT_ENDED)
def on_statement(event: CloudWatchEvent) -> None:
    """A statement in the warehouse ended: perhaps one of ours."""
    if run_id := run_of_statement(event.to_dict()):
        wired().queue.send_run(run_id)


@app.schedule(Rate(5, unit=Rate.MINUTES))
def on_schedule(event: CloudWatchEvent) -> dict[str, Any]:
    """Find what no event moved on."""
    return sweep(wired().pipeline)
