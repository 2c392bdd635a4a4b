"""The second clock: what no event moves on, this does.

Guarantees that a file whose event was lost, and a run whose worker died, go on within one sweep after `stuck_seconds`,
or within a few if there is more to look at than one sweep has time for. One sick run or file does not hold up the
others. It does nothing itself that the story could do: it only names files and runs to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from chalicelib.domain.contract.routing import landing_prefixes
from chalicelib.errors import LandfallError
from chalicelib.pipeline.landing_scan import LandingScan
from chalicelib.pipeline.overdue import overdue
from chalicelib.pipeline.pipeline import Pipeline

T = TypeVar("T")
BATCH = 100
STOPPED_AT = "sweep"
"""The name under which the key is kept where a sweep ran out of time."""


def sweep(pipeline: Pipeline) -> dict[str, int]:
    """LandingScan at unfinished runs, then at the landing folders. Returns how many of each were moved on."""
    begun, budget = pipeline.ctx.clock.now(), pipeline.ctx.settings.sweep_budget_seconds
    requeued = requeue_unfinished(pipeline, until=begun + budget / 2)
    late = report_overdue(pipeline)
    return {"requeued": requeued, "late": late, "found": find_landed(pipeline, until=begun + budget)}


def requeue_unfinished(pipeline: Pipeline, *, until: float) -> int:
    """Send every run that has not changed for a while on its way again; report the age of the oldest unfinished one.

    Not while as many messages wait as there are unfinished runs: then workers are behind, not messages lost. More
    messages at each sweep would put them further behind, until they only answer messages of runs that have moved on.
    """
    now = pipeline.ctx.clock.now()
    known, oldest, requeued = 0, now, 0
    stuck: list[str] = []
    age: dict[str, float] = {}
    try:
        for run in _until(pipeline, pipeline.ctx.search.unfinished(now), (now + until) / 2):
            known, oldest = known + 1, min(oldest, run.arrived_at)
            if run.updated_at < now - pipeline.ctx.settings.stuck_seconds:
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
    """As many as there is time for."""
    for thing in things:
        if pipeline.ctx.clock.now() >= until:
            return
        yield thing


def _passed_over(pipeline: Pipeline, error: Exception) -> None:
    pipeline.ctx.note("passed_over", {"error": type(error).__name__})


def report_overdue(pipeline: Pipeline) -> int:
    """Note of each object that has a deadline whether its file is overdue. Returns how many are."""
    try:
        found = overdue(pipeline.ctx)
    except LandfallError as error:  # files are still looked for
        _passed_over(pipeline, error)
        return 0
    for name, late in found.items():
        pipeline.ctx.note("expected", {"object": name, "late": int(late)})
    return sum(found.values())


def find_landed(pipeline: Pipeline, *, until: float) -> int:
    """Let every landed object arrive whose newest record is of another content: its event was lost or came too early.

    Objects younger than `stuck_seconds` are left to their events. Begins where the last sweep ran out of time.
    """
    scan = LandingScan(
        pipeline=pipeline,
        prefixes=landing_prefixes(pipeline.ctx.contracts),
        after=(stopped_at := pipeline.ctx.bookmarks.get(STOPPED_AT)),
        until=until,
        landed_before=pipeline.ctx.clock.now() - pipeline.ctx.settings.stuck_seconds,
    )
    goes_on_at = look.through()
    if goes_on_at != stopped_at:
        pipeline.ctx.bookmarks.set(STOPPED_AT, goes_on_at)
    pipeline.ctx.note("listed", {"started": len(look.started), "archived": look.archived, "failed": look.failed})
    return len(look.started)
