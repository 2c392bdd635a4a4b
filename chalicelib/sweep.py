"""The second clock: what no event moves on, this does.

Guarantees that a file whose event was lost, and a run whose worker died, go on within one sweep after `stuck_seconds`.
It does nothing itself that the story could do: it only names files and runs to it.
"""

from __future__ import annotations

from chalicelib.domain.model import Source, run_id
from chalicelib.domain.routing import landing_prefixes
from chalicelib.pipeline import Pipeline


def sweep(pipeline: Pipeline) -> dict[str, int]:
    """Look at unfinished runs, then at the landing prefixes. Returns how many of each were moved on."""
    return {"driven": drive_unfinished(pipeline), "found": find_landed(pipeline)}


def drive_unfinished(pipeline: Pipeline) -> int:
    """Send every run that has not changed for a while on its way again; report the age of the oldest."""
    now = pipeline.clock.now()
    driven, oldest = 0, 0.0
    for run in pipeline.runs.unfinished(now - pipeline.settings.stuck_seconds):
        pipeline.queue.send_run(run.run_id)
        driven, oldest = driven + 1, max(oldest, now - run.arrived_at)
    pipeline.note("swept", {"driven": driven, "oldest_seconds": oldest})
    return driven


def find_landed(pipeline: Pipeline) -> int:
    """Let every landed object arrive whose newest record is of another content: its event was lost or came too early.

    Objects younger than `stuck_seconds` are left to their events.
    """
    settled = pipeline.clock.now() - pipeline.settings.stuck_seconds
    found = 0
    for prefix in landing_prefixes(pipeline.contracts):
        for source in pipeline.objects.list(pipeline.settings.bucket, prefix):
            if source.last_modified <= settled and _unheard(pipeline, source):
                found += pipeline.arrive(source) is not None
    return found


def _unheard(pipeline: Pipeline, source: Source) -> bool:
    """Whether nobody took notice of what lies there now.

    In a bucket with versions an old content shows again once the newer one is archived: it had its run.
    """
    newest = pipeline.runs.newest(source.bucket, source.key)
    if newest is not None and newest.etag == source.etag:
        return False
    known = pipeline.runs.get(run_id(source))
    return known is None or source.last_modified > (known.source.last_modified or known.arrived_at)
