"""The handlers that AWS calls. Each imports its own part of chalicelib, reads its event and makes one call."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chalice import AuthResponse, Chalice, Rate, Response
from chalice.app import AuthRequest, CloudWatchEvent, Request, S3Event, SQSEvent

from chalicelib.api.authorization import authorized
from chalicelib.api.routes import declare
from chalicelib.bootstrap import preload, wired

if "AWS_CHALICE_CLI_MODE" in os.environ and Path("deploy").is_dir():  # a command of Chalice, typed in the checkout
    from deploy.typed import typed

    typed()

BUCKET = os.environ.get("LANDFALL_BUCKET", "landfall-dev")
RUN_QUEUE = os.environ.get("LANDFALL_RUN_QUEUE", "landfall-dev-runs")
CHUNK_QUEUE = os.environ.get("LANDFALL_CHUNK_QUEUE", "landfall-dev-chunks")
STATEMENT_ENDED = {"source": ["aws.redshift-data"], "detail-type": ["Redshift Data Statement Status Change"]}
S3_WIRING = os.environ.get("LANDFALL_S3_WIRING", "chalice")
MOVERS = int(os.environ.get("LANDFALL_MOVERS", "20"))
WORKERS = int(os.environ.get("LANDFALL_WORKERS", "10"))
DEAD_LETTER_WORKERS = 2

app = Chalice(app_name="landfall", configure_logs=False)


# ---- files ---------------------------------------------------------------------------------------------------------


def on_landing(prefix: str) -> Callable[[Callable[[S3Event], None]], Any]:
    """Let S3 call a handler: by Chalice, or by the template's bucket, for which the handler is a plain function.

    CloudFormation adds no notification to an existing bucket, so `chalice package` refuses the former.
    """
    if S3_WIRING == "chalice":
        return app.on_s3_event(bucket=BUCKET, events=["s3:ObjectCreated:*"], prefix=prefix)
    return plain


def plain(handler: Callable[[S3Event], None]) -> Any:
    """Return the handler as a function that takes S3's event unchanged."""

    @functools.wraps(handler)
    def on_event(event: dict[str, Any], context: Any) -> None:
        handler(S3Event(event, context))

    return app.lambda_function()(on_event)


def arrive(landing: S3Event) -> None:
    """Start a run of each file that has landed."""
    from chalicelib.domain.run.events import landed

    for source in landed(landing.to_dict()):
        wired().pipeline.arrive(source)


@on_landing("incoming/")
def on_incoming(event: S3Event) -> None:
    """Start a run of a file that landed below incoming/."""
    arrive(event)


@on_landing("monthly_data/")
def on_monthly(event: S3Event) -> None:
    """Start a run of a file that landed below monthly_data/."""
    arrive(event)


# ---- work ----------------------------------------------------------------------------------------------------------


@app.on_sqs_message(queue=RUN_QUEUE, batch_size=1, maximum_concurrency=MOVERS)
def advance_run(event: SQSEvent) -> None:
    """Move a run on as far as it can go."""
    from chalicelib.orchestration import sqs

    for record in event.to_dict()["Records"]:
        sqs.on_run_message(wired().pipeline, wired().queue.delay_run, record)


@app.on_sqs_message(queue=CHUNK_QUEUE, batch_size=1, maximum_concurrency=WORKERS)
def stage_chunk(event: SQSEvent) -> None:
    """Check and stage one chunk of a file."""
    from chalicelib.orchestration import sqs

    for record in event.to_dict()["Records"]:
        sqs.on_chunk_message(wired().pipeline, wired().queue.delay_chunk, record)


@app.on_sqs_message(queue=f"{RUN_QUEUE}-dead", batch_size=1, maximum_concurrency=DEAD_LETTER_WORKERS)
def on_dead_run(event: SQSEvent) -> None:
    """Fail the run of a message of the run queue that no worker finished."""
    from chalicelib.orchestration import sqs

    for record in event.to_dict()["Records"]:
        sqs.on_dead_letter(wired().pipeline, record)


@app.on_sqs_message(queue=f"{CHUNK_QUEUE}-dead", batch_size=1, maximum_concurrency=DEAD_LETTER_WORKERS)
def on_dead_chunk(event: SQSEvent) -> None:
    """Fail the run of a message of the chunk queue that no worker finished."""
    from chalicelib.orchestration import sqs

    for record in event.to_dict()["Records"]:
        sqs.on_dead_letter(wired().pipeline, record)


# ---- clocks --------------------------------------------------------------------------------------------------------


@app.on_cw_event(STATEMENT_ENDED)
def on_statement(event: CloudWatchEvent) -> None:
    """Move on the run of a warehouse statement that ended, if the statement is ours."""
    from chalicelib.domain.run.events import run_of_statement

    if run_id := run_of_statement(event.to_dict()):
        wired().queue.send_run(run_id)


@app.schedule(Rate(5, unit=Rate.MINUTES))
def on_schedule(_event: CloudWatchEvent) -> dict[str, Any]:
    """Move on the runs and files that no event moved on."""
    from chalicelib.pipeline.sweep import sweep

    return sweep(wired().pipeline)


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
