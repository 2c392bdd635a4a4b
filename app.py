"""The handlers that AWS calls. Each imports its own part of chalicelib, reads its event and makes one call."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chalice import AuthResponse, Chalice, Rate, Response
from chalice.app import AuthRequest, CloudWatchEvent, Request, SQSEvent

from chalicelib.api.authorization import authorized
from chalicelib.api.routes import declare
from chalicelib.bootstrap import preload, wired
from chalicelib.orchestration.own_events import any_event, ours

if "AWS_CHALICE_CLI_MODE" in os.environ and Path("deploy").is_dir():  # a command of Chalice, typed in the checkout
    from deploy.typed import typed

    typed()

RUN_QUEUE = os.environ.get("LANDFALL_RUN_QUEUE", "landfall-dev-runs")
CHUNK_QUEUE = os.environ.get("LANDFALL_CHUNK_QUEUE", "landfall-dev-chunks")
SOURCE_QUEUE = os.environ.get("LANDFALL_SOURCE_QUEUE", "landfall-dev-sources")
STATEMENT_ENDED = {"source": ["aws.redshift-data"], "detail-type": ["Redshift Data Statement Status Change"]}
MOVERS = int(os.environ.get("LANDFALL_MOVERS", "20"))
WORKERS = int(os.environ.get("LANDFALL_WORKERS", "10"))
READERS = int(os.environ.get("LANDFALL_READERS", "5"))
DEAD_LETTER_WORKERS = 2

app = Chalice(app_name="landfall", configure_logs=False)


# ---- files ---------------------------------------------------------------------------------------------------------


@app.lambda_function()
def on_incoming(event: Any, _context: Any) -> None:
    """Start a run of each file that has landed: S3 calls it for each folder of the contracts (deploy/landing.py)."""
    from chalicelib.domain.run.events import landed
    from chalicelib.pipeline.landing_scan import on_landed

    for source in ours(event, landed):
        on_landed(wired().pipeline, source)


# ---- work ----------------------------------------------------------------------------------------------------------


@app.on_sqs_message(queue=RUN_QUEUE, batch_size=1, maximum_concurrency=MOVERS)
def advance_run(event: SQSEvent) -> Any:
    """Move a run on as far as it can go; for the state machine, through one state."""
    from chalicelib.domain.run.events import run_messages, step_of
    from chalicelib.orchestration import sqs, step_functions

    if step := step_of(event.to_dict()):
        return step_functions.on_step(wired().pipeline, step)
    for record in ours(event.to_dict(), run_messages):
        sqs.on_run_message(wired().pipeline, wired().queue.delay_run, record)
    return None


@app.on_sqs_message(queue=CHUNK_QUEUE, batch_size=1, maximum_concurrency=WORKERS)
def stage_chunk(event: SQSEvent) -> Any:
    """Check and stage one chunk of a file."""
    from chalicelib.domain.run.events import chunk_messages, chunk_of
    from chalicelib.orchestration import sqs, step_functions

    if task := chunk_of(event.to_dict()):
        return step_functions.on_chunk(wired().pipeline, task)
    for record in ours(event.to_dict(), chunk_messages):
        sqs.on_chunk_message(wired().pipeline, wired().queue.delay_chunk, record)
    return None


@app.on_sqs_message(queue=f"{RUN_QUEUE}-dead", batch_size=1, maximum_concurrency=DEAD_LETTER_WORKERS)
def on_dead_run(event: SQSEvent) -> None:
    """Fail the run of a message of the run queue that no worker finished."""
    from chalicelib.domain.run.events import dead_letters
    from chalicelib.orchestration import sqs

    for record in ours(event.to_dict(), dead_letters):
        sqs.on_dead_letter(wired().pipeline, record)


@app.on_sqs_message(queue=f"{CHUNK_QUEUE}-dead", batch_size=1, maximum_concurrency=DEAD_LETTER_WORKERS)
def on_dead_chunk(event: SQSEvent) -> None:
    """Fail the run of a message of the chunk queue that no worker finished."""
    from chalicelib.domain.run.events import dead_letters
    from chalicelib.orchestration import sqs

    for record in ours(event.to_dict(), dead_letters):
        sqs.on_dead_letter(wired().pipeline, record)


@app.on_sqs_message(queue=SOURCE_QUEUE, batch_size=1, maximum_concurrency=READERS)
def read_source(event: SQSEvent) -> Any:
    """Land what is new in a source; for its state machine, take the step of one state."""
    from chalicelib.domain.run.events import source_messages, source_step_of
    from chalicelib.orchestration.extraction import extract

    if step := source_step_of(event.to_dict()):
        from chalicelib.orchestration.source_steps import on_source_step

        return on_source_step(wired().pipeline.ctx, wired().connect, step)
    for name, delivery in ours(event.to_dict(), source_messages):
        extract(wired().pipeline.ctx, wired().connect, name, delivery)
    return None


# ---- clocks --------------------------------------------------------------------------------------------------------


@any_event
@app.on_cw_event(STATEMENT_ENDED)
def on_statement(event: CloudWatchEvent) -> None:
    """Move on the run of a warehouse statement that ended, if the statement is ours."""
    from chalicelib.domain.run.events import runs_of_statement

    for run_id in ours(event.to_dict(), runs_of_statement):
        wired().work.send_run(run_id)


@any_event
@app.schedule(Rate(5, unit=Rate.MINUTES))
def on_schedule(event: CloudWatchEvent) -> dict[str, Any]:
    """Move on the runs and files that no event moved on."""
    from chalicelib.domain.run.events import ticks
    from chalicelib.pipeline.sweep import sweep

    return sweep(wired().pipeline) if ours(event.to_dict(), ticks) else {}


@any_event
@app.schedule(Rate(1, unit=Rate.MINUTES))
def start_sources(event: CloudWatchEvent) -> None:
    """Start the reading of each source that is due."""
    from chalicelib.domain.run.events import ticks
    from chalicelib.orchestration.extraction import start_due

    if ours(event.to_dict(), ticks):
        start_due(wired().pipeline.ctx)


# ---- REST ----------------------------------------------------------------------------------------------------------


@app.authorizer()
def authorize(request: AuthRequest) -> AuthResponse:
    """Return the routes that a bearer token may use."""
    return authorized(wired().tokens, request)


@app.middleware("http")
def shape(request: Request, get_response: Callable[[Request], Response]) -> Response:
    """Give Chalice's own responses the form of ours."""
    from chalicelib.api import responses

    return responses.shaped(get_response(request))


declare(app, authorize, wired)
preload(os.environ.get("_HANDLER", ""))
