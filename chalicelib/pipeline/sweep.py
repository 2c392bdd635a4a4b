"""The schedule that moves on what no event moves on.

Guarantees that a file whose event was lost, and a run whose worker died, go on within one sweep after `stuck_seconds`.
If one sweep has too little time, they go on within a few. One faulty run or file does not delay the others. The sweep
does no step itself: it passes files and runs to the pipeline.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from chalicelib.domain.contract.routing import landing_prefixes
from chalicelib.errors import LandfallError
from chalicelib.pipeline.exporting import read_export
from chalicelib.pipeline.landing_scan import LandingScan
from chalicelib.pipeline.load_windows import loads_at, waits_since
from chalicelib.pipeline.overdue import overdue
from chalicelib.pipeline.pipeline import Pipeline

T = TypeVar("T")
BATCH = 100
STOPPED_AT = "sweep"
"""The bookmark of the key where a sweep ran out of time."""


def sweep(pipeline: Pipeline) -> dict[str, int]:
    """Move on unfinished runs and exports, report overdue files, start landed files without a run. Return how many."""
    begun, budget = pipeline.ctx.clock.now(), pipeline.ctx.settings.sweep_budget_seconds
    requeued = requeue_unfinished(pipeline, until=begun + budget / 2)
    exports, late = requeue_exports(pipeline), report_overdue(pipeline)
    found = find_landed(pipeline, until=begun + budget)
    return {"requeued": requeued, "exports": exports, "late": late, "found": found}


def requeue_unfinished(pipeline: Pipeline, *, until: float) -> int:
    """Enqueue every run that has not changed for `stuck_seconds`; report the age of the oldest. Return how many.

    A run that waits for the end of its load window is not stuck, and its age counts from that end.

    Enqueue none while as many messages wait as there are unfinished runs. Then workers are behind, and no message is
    lost. More messages at each sweep would delay them further, until they only answer messages of runs that moved on.
    """
    now = pipeline.ctx.clock.now()
    known, oldest, requeued = 0, now, 0
    stuck: list[str] = []
    age: dict[str, float] = {}
    try:
        for run in _until(pipeline, pipeline.ctx.search.unfinished(now), (now + until) / 2):
            known, oldest = known + 1, min(oldest, waits_since(run))
            if run.updated_at < now - pipeline.ctx.settings.stuck_seconds and loads_at(run) <= now:
                stuck.append(run.run_id)
        age = {"oldest_seconds": now - oldest}
    except Exception as error:  # noqa: BLE001 - those that were read are driven, and files are still looked for
        _passed_over(pipeline, error)
    try:
        if stuck and pipeline.ctx.queue.waiting() < known:
            for first in _until(pipeline, range(0, len(stuck), BATCH), until):
                batch = stuck[first : first + BATCH]
                pipeline.ctx.queue.send_runs(batch)
                requeued += len(batch)
    except Exception as error:  # noqa: BLE001 - files are still looked for
        _passed_over(pipeline, error)
    pipeline.ctx.note("swept", {"requeued": requeued, **age})  # no age is an alarm, a wrong one is none
    return requeued


def _until(pipeline: Pipeline, things: Iterable[T], until: float) -> Iterator[T]:
    """Yield the items until a time."""
    for thing in things:
        if pipeline.ctx.clock.now() >= until:
            return
        yield thing


def _passed_over(pipeline: Pipeline, error: Exception) -> None:
    pipeline.ctx.note("passed_over", {"error": type(error).__name__})


def requeue_exports(pipeline: Pipeline) -> int:
    """Send a message for each export that is due. Return how many."""
    sent = 0
    for name, contract in pipeline.ctx.contracts.items():
        try:
            export = read_export(pipeline.ctx, name) if contract.export else None
            if export and export.due:
                pipeline.ctx.queue.send_run(export.leading_run)
                sent += 1
        except Exception as error:  # noqa: BLE001 - the others are looked at
            _passed_over(pipeline, error)
    return sent


def report_overdue(pipeline: Pipeline) -> int:
    """Log for each object with a deadline whether its file is overdue. Return how many are."""
    try:
        found = overdue(pipeline.ctx)
    except LandfallError as error:  # files are still looked for
        _passed_over(pipeline, error)
        return 0
    for name, late in found.items():
        pipeline.ctx.note("expected", {"object": name, "late": int(late)})
    return sum(found.values())


def find_landed(pipeline: Pipeline, *, until: float) -> int:
    """Start a run of every landed object whose newest record has another content. Return how many.

    Its event was lost or came too early. Objects younger than `stuck_seconds` are left to their events. Begin where
    the last sweep ran out of time.
    """
    scan = LandingScan(
        pipeline=pipeline,
        prefixes=landing_prefixes(pipeline.ctx.contracts),
        after=(stopped_at := pipeline.ctx.bookmarks.get(STOPPED_AT)),
        until=until,
        landed_before=pipeline.ctx.clock.now() - pipeline.ctx.settings.stuck_seconds,
    )
    next_key = scan.run()
    if next_key != stopped_at:
        pipeline.ctx.bookmarks.set(STOPPED_AT, next_key)
    found = {"started": len(scan.started), "archived": scan.archived, "failed": scan.failed, "ignored": scan.ignored}
    pipeline.ctx.note("listed", found)
    return len(scan.started)
