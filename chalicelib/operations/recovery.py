"""Recovery after a large fault: lost events, stopped workers.

Guarantees a response within about 20 seconds, with a cursor if there is more to do. A repeated request does nothing
twice, and a dry run changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from chalicelib.domain.contract.routing import landing_prefixes, route
from chalicelib.domain.run import keys
from chalicelib.domain.run.cursors import bad_cursor
from chalicelib.domain.run.lifecycle import DEAD_LETTER
from chalicelib.domain.run.model import Run, RunState
from chalicelib.operations.commands import BackfillRequest, BadRequest, RedriveRequest
from chalicelib.operations.dry_run import dry_run_of
from chalicelib.operations.lookup import no_object
from chalicelib.operations.rerun_files import Reruns, try_again
from chalicelib.operations.reruns import rerun
from chalicelib.pipeline.landing_scan import LandingScan
from chalicelib.pipeline.pipeline import Pipeline

ANSWER_SECONDS = 15.0
"""The time limit of a scan; API Gateway waits 29 seconds."""
MOST_STARTED = 100
MOST_MESSAGES = 100
PAGE = 100
PAGES = 10


@dataclass(frozen=True, kw_only=True)
class Backfill:
    """The runs that a scan of the landing folders started."""

    started: tuple[Run, ...]
    seen: int
    archived: int
    ignored: int
    """Files beside the data."""
    failed: int
    """Files and folders that could not be read."""
    cursor: str
    """Empty if that was all."""


@dataclass(frozen=True, kw_only=True)
class Redrive:
    """The messages and runs that were restored from dead letters."""

    messages: int
    """Messages moved from the dead-letter queues to the queues they came from."""
    reruns: Reruns

    @property
    def more_messages(self) -> bool:
        """Whether more messages may be left."""
        return self.messages == MOST_MESSAGES


def backfill(pipeline: Pipeline, request: BackfillRequest) -> Backfill:
    """Start the landed files that have no run. Raises NotFound, BadRequest, Refused (BAD_CURSOR)."""
    if keys.too_long(request.cursor):
        raise bad_cursor()
    if request.object and request.object not in pipeline.ctx.contracts:
        raise no_object(pipeline.ctx, request.object)
    now = pipeline.ctx.clock.now()
    scan = LandingScan(
        pipeline=dry_run_of(pipeline) if request.dry_run else pipeline,
        prefixes=_prefixes(pipeline, request.prefix),
        after=request.cursor,
        until=now + ANSWER_SECONDS,
        landed_before=now,
        wanted=lambda key: not request.object or _object_of(pipeline, key) == request.object,
        most=MOST_STARTED,
    )
    cursor = scan.run()
    counts = {"seen": scan.seen, "archived": scan.archived, "ignored": scan.ignored, "failed": scan.failed}
    return Backfill(started=tuple(scan.started), cursor=cursor, **counts)


def _prefixes(pipeline: Pipeline, prefix: str) -> tuple[str, ...]:
    """Return the landing folders that match the requested prefix. Raises BadRequest."""
    folders = landing_prefixes(pipeline.ctx.contracts)
    if keys.too_long(prefix):
        raise BadRequest(f'"prefix" has more than {keys.LONGEST} bytes, more than any key; shorten it')
    found = {prefix if prefix.startswith(f) else f for f in folders if prefix.startswith(f) or f.startswith(prefix)}
    if not found:
        raise BadRequest(f'"prefix" must begin with a folder that files land in: {", ".join(folders)}')
    return tuple(sorted(found))


def _object_of(pipeline: Pipeline, key: str) -> str:
    found = route(pipeline.ctx.contracts, key)
    return found.contract.name if found else ""


def redrive(pipeline: Pipeline, request: RedriveRequest) -> Redrive:
    """Move messages of the dead-letter queues back, and run again the runs that dead letters ended."""
    acting = dry_run_of(pipeline) if request.dry_run else pipeline
    moved = acting.ctx.queue.redrive(MOST_MESSAGES)
    done = Reruns(object="", cursor=request.cursor)
    for _ in range(PAGES):
        page = acting.ctx.search.page(state=RunState.FAILED, cursor=done.cursor, limit=PAGE)
        for run in page.runs:
            if run.problem and run.problem.code == DEAD_LETTER and _is_newest(pipeline, run):
                try_again(done, run, partial(rerun, acting, run))
        done.cursor = page.cursor
        if not page.cursor or len(done.started) >= MOST_STARTED:
            break
    return Redrive(messages=moved, reruns=done)


def _is_newest(pipeline: Pipeline, run: Run) -> bool:
    """Return whether the run is of the file's newest version; an older version has no rows to add."""
    newest = pipeline.ctx.runs.newest(run.source.bucket, run.source.key)
    return newest is None or newest.run_id == run.run_id
