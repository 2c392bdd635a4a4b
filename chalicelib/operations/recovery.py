"""What people ask for after something went wrong on a large scale: events that were lost, workers that were stopped.

Guarantees that an answer comes within some 20 seconds, with a cursor if there is more to do; that asking again does
nothing twice; and that a dry run changes nothing.
"""

from __future__ import annotations

from typing import Any

from chalicelib.adapters.cursors import bad_cursor
from chalicelib.api import views
from chalicelib.api.requests import BackfillRequest, BadRequest, RedriveRequest
from chalicelib.api.responses import NotFound
from chalicelib.domain.contract.routing import landing_prefixes, route
from chalicelib.domain.run import keys
from chalicelib.domain.run.lifecycle import DEAD_LETTER
from chalicelib.domain.run.model import Run, RunState
from chalicelib.errors import SourceGone
from chalicelib.operations.dry_run import dry_run_of
from chalicelib.operations.reruns import Busy, StillUnrouted, rerun
from chalicelib.pipeline.landing_scan import Look
from chalicelib.pipeline.pipeline import Pipeline

ANSWER_SECONDS = 15.0
"""For looking; Gateway waits 29 seconds."""
MOST_STARTED = 100
MOST_MESSAGES = 100
PAGE = 100
PAGES = 10


def backfill(pipeline: Pipeline, order: BackfillRequest) -> dict[str, Any]:
    """Start what lies in the landing folders and has no run. Raises NotFound, BadRequest."""
    if keys.too_long(order.cursor):
        raise bad_cursor()
    if order.object and order.object not in pipeline.ctx.contracts:
        raise NotFound(
            f'there is no object "{order.object[:200]}"; there are {", ".join(sorted(pipeline.ctx.contracts))}'
        )
    now = pipeline.ctx.clock.now()
    look = Look(
        pipeline=dry_run_of(pipeline) if order.dry_run else pipeline,
        prefixes=_prefixes(pipeline, order.prefix),
        after=order.cursor,
        until=now + ANSWER_SECONDS,
        landed_before=now,
        wanted=lambda key: not order.object or _object_of(pipeline, key) == order.object,
        most=MOST_STARTED,
    )
    cursor = look.through()
    runs = [views.started(run) for run in look.started]
    for run in runs if order.dry_run else []:
        del run["load_id"]
        run["state"] = None
    counts = {"seen": look.seen, "archived": look.archived, "failed": look.failed}
    return {"runs": runs, **counts, "cursor": cursor, "dry_run": order.dry_run}


def _prefixes(pipeline: Pipeline, asked: str) -> tuple[str, ...]:
    """The landing folders, as far as they begin with what was asked for. Raises BadRequest."""
    folders = landing_prefixes(pipeline.ctx.contracts)
    if keys.too_long(asked):
        raise BadRequest(f'"prefix" has more than {keys.LONGEST} bytes, and no key is so long')
    found = {asked if asked.startswith(f) else f for f in folders if asked.startswith(f) or f.startswith(asked)}
    if not found:
        raise BadRequest(f'"prefix" must begin with a folder that files land in: {", ".join(folders)}')
    return tuple(sorted(found))


def _object_of(pipeline: Pipeline, key: str) -> str:
    found = route(pipeline.ctx.contracts, key)
    return found.contract.name if found else ""


def redrive(pipeline: Pipeline, order: RedriveRequest) -> dict[str, Any]:
    """Move what lies in the dead-letter queues back, and run again what dead letters had ended."""
    acting = dry_run_of(pipeline) if order.dry_run else pipeline
    moved = acting.ctx.queue.redrive(MOST_MESSAGES)
    answer: dict[str, Any] = {"messages": moved, "runs": [], "skipped": [], "cursor": order.cursor}
    for _ in range(PAGES):
        page = acting.ctx.runs.search(state=RunState.FAILED, cursor=answer["cursor"], limit=PAGE)
        for run in page.runs:
            if run.problem and run.problem.code == DEAD_LETTER and _is_newest(pipeline, run):
                _bring_back(acting, run, answer)
        answer["cursor"] = page.cursor
        if not page.cursor or len(answer["runs"]) >= MOST_STARTED:
            break
    return {**answer, "more_messages": moved == MOST_MESSAGES, "dry_run": order.dry_run}


def _is_newest(pipeline: Pipeline, run: Run) -> bool:
    """An older version of a file has nothing to give that the newer has not."""
    newest = pipeline.ctx.runs.newest(run.source.bucket, run.source.key)
    return newest is None or newest.run_id == run.run_id


def _bring_back(acting: Pipeline, run: Run, answer: dict[str, Any]) -> None:
    try:
        answer["runs"].append(views.started(rerun(acting, run)))
    except (Busy, StillUnrouted, SourceGone) as error:
        answer["skipped"].append({**views.started(run), "code": error.code, "message": error.message})
