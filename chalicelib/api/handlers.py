"""The handlers of the REST API, by name in routes.py. Each reads its request, makes one call and shapes the result."""

from __future__ import annotations

from typing import Any

from chalicelib.api import requests, responses, source_views, views
from chalicelib.api.requests import Call, path_text
from chalicelib.domain.run.cost import BY_EXECUTIONS, BY_MESSAGES
from chalicelib.operations.cancels import cancel_run
from chalicelib.operations.health import health
from chalicelib.operations.lookup import details, found, list_runs
from chalicelib.operations.recovery import backfill, redrive
from chalicelib.operations.reject_list import list_rejects
from chalicelib.operations.rerun_files import rerun_files
from chalicelib.operations.resubmits import resubmit
from chalicelib.operations.sources import list_sources, start_source
from chalicelib.pipeline.pipeline import Pipeline


def post_runs(pipeline: Pipeline, call: Call, name: str) -> dict[str, Any]:
    """Run a file, or the files of an object, again."""
    wanted = requests.rerun_request(call.request.raw_body, call.principal.name)
    done = rerun_files(pipeline, path_text(name), wanted)
    return views.reruns(done, (lambda run: pipeline.ctx.runs.get(run.run_id)) if wanted.dry_run else None)


def delete_run(pipeline: Pipeline, _call: Call, name: str) -> dict[str, Any]:
    """Stop a run."""
    return views.started(cancel_run(pipeline, path_text(name)))


def post_backfill(pipeline: Pipeline, call: Call) -> dict[str, Any]:
    """Start landed files that have no run."""
    wanted = requests.backfill_request(call.request.raw_body)
    return views.backfill(backfill(pipeline, wanted), dry_run=wanted.dry_run)


def post_redrive(pipeline: Pipeline, call: Call) -> dict[str, Any]:
    """Run again the runs that dead letters ended."""
    wanted = requests.redrive_request(call.request.raw_body)
    return views.redrive(redrive(pipeline, wanted), dry_run=wanted.dry_run)


def get_runs(pipeline: Pipeline, call: Call) -> dict[str, Any]:
    """List runs."""
    return views.runs(list_runs(pipeline.ctx, requests.run_query(call.request.query_params)))


def get_status(pipeline: Pipeline, _call: Call, file: str) -> dict[str, Any]:
    """Show the state of a file."""
    by = BY_EXECUTIONS if pipeline.ctx.settings.state_machine else BY_MESSAGES
    return views.status(details(pipeline.ctx, path_text(file)), by)


def get_rejects(pipeline: Pipeline, call: Call, file: str) -> dict[str, Any]:
    """List the bad rows of a file."""
    query = requests.page_query(call.request.query_params)
    return views.rejects(list_rejects(pipeline.ctx, path_text(file), query))


def post_rejects(pipeline: Pipeline, call: Call, file: str) -> dict[str, Any]:
    """Merge corrected rows of a file."""
    wanted = requests.resubmit_request(call.request.raw_body)
    run = resubmit(pipeline, found(pipeline.ctx, path_text(file)), wanted)
    return views.resubmitted(run, len(wanted.rows))


def get_sources(pipeline: Pipeline, _call: Call) -> dict[str, Any]:
    """List the sources."""
    return {"sources": [source_views.source(found) for found in list_sources(pipeline.ctx)]}


def post_source(pipeline: Pipeline, call: Call, name: str) -> dict[str, Any]:
    """Have a source read now, or a window of it again."""
    wanted = requests.window_request(call.request.raw_body)
    return source_views.source(start_source(pipeline.ctx, path_text(name), wanted))


def get_health(pipeline: Pipeline, _call: Call) -> dict[str, Any]:
    """Show the health of the deployment."""
    ctx = pipeline.ctx
    return views.health(health(ctx), ctx.settings, len(ctx.contracts))


def unencoded(_pipeline: Pipeline, _call: Call, **_path: str) -> dict[str, Any]:
    """Refuse a key with plain slashes: Gateway's own response to an unknown path would quote the token."""
    raise responses.unencoded()
