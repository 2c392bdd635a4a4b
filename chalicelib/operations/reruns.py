"""Run a file again at the operator's request."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

from chalicelib.domain.contract.routing import route
from chalicelib.domain.file.books import TOO_MANY_REJECTS
from chalicelib.domain.run.changes import RunChanges
from chalicelib.domain.run.lifecycle import new_generation
from chalicelib.domain.run.model import NOT_KEPT, Run, RunState, SourceObject
from chalicelib.errors import LandfallError, SourceGone
from chalicelib.pipeline.load_windows import window_left
from chalicelib.pipeline.pipeline import Pipeline
from chalicelib.ports import Conflict

RERUNNABLE = frozenset({RunState.FAILED, RunState.REJECTED})
"""The states that a rerun of a whole object runs again: those that a fix may change."""

RESTORE_TAKES = {"GLACIER": "3 to 5 hours", "DEEP_ARCHIVE": "up to 12 hours"}
"""The time of a standard restore, by S3's storage class."""
RESTORED_DAYS = 7
"""The days for which a restored copy can be read."""


class Busy(LandfallError):
    """The run has not finished; wait until it ends."""

    code = "RUN_IN_PROGRESS"


class NeedsRestore(LandfallError):
    """The archived file is in a storage class that it must be restored from."""

    code = "NEEDS_RESTORE"


class Restoring(NeedsRestore):
    """A restore of the archived file is under way."""

    code = "RESTORING"


class NothingToAccept(LandfallError):
    """The file was not refused for too many bad rows."""

    code = "NOTHING_TO_ACCEPT"


class StillUnrouted(LandfallError):
    """No contract matches the key."""

    code = "UNROUTED"


def rerun(pipeline: Pipeline, run: Run, *, restore: bool = False, accepted_by: str = "") -> Run:
    """Restart an ended run as a new generation with a new load id. With `restore`, request what must be restored first.

    With `accepted_by`, its good rows will be loaded, however many rows are bad.
    Raises Busy, StillUnrouted, SourceGone, NeedsRestore, Restoring.

    worker 1: LOADED: copies the source  | a rerun now would read the source where it landed
    worker 1: deletes the source, and cannot record where the copy is, because the run has moved on
    So a run restarts only once nothing is left to do: it is archived if loaded, and its outcome is notified.
    """
    if not run.finished:
        raise Busy(_why_busy(pipeline, run))
    name = object_of(pipeline, run)
    source = where_it_is(pipeline, run)
    reads = None if source == run.source else source
    if reads:
        _must_be_readable(pipeline, reads, restore=restore)
    try:
        now = pipeline.ctx.clock.now()
        requested: RunChanges = {"object": name, "reads": reads, "accepted_by": accepted_by, "skips_window": True}
        changes: RunChanges = {**new_generation(run, now), **requested}
        fresh = pipeline.ctx.runs.change(run, **changes)
    except Conflict as conflict:
        raise Busy("another request has just started this run again; check its status") from conflict
    if accepted_by:
        pipeline.ctx.note("accepted", {"run": fresh.run_id, "object": fresh.object, "by": accepted_by})
    pipeline.ctx.queue.send_run(fresh.run_id)
    return fresh


def _why_busy(pipeline: Pipeline, run: Run) -> str:
    """Return why a run cannot be run again yet, and the commands that end a wait for its load window."""
    if not (ends := window_left(pipeline.ctx, run)):
        return "this run has not finished; wait until it ends, then try again"
    at = f"{datetime.fromtimestamp(ends, UTC):%Y-%m-%dT%H:%M:%SZ}"
    now = f"`landfall cancel {run.run_id}`, then `landfall rerun {run.run_id}`, loads it now"
    return f"this run waits for its load window and is loaded at {at}; {now}"


def must_be_acceptable(run: Run) -> None:
    """Raise NothingToAccept unless the file was refused for its bad rows, and for nothing else."""
    code = run.problem.code if run.problem else ""
    if run.state is RunState.REJECTED and code == TOO_MANY_REJECTS:
        return
    state = f"{run.state.value} ({code})" if code and run.state is not RunState.LOADED else run.state.value
    raise NothingToAccept(f"it is {state}: only a file that is REJECTED with {TOO_MANY_REJECTS} has bad rows to accept")


def _must_be_readable(pipeline: Pipeline, archived: SourceObject, *, restore: bool) -> None:
    """Raise NeedsRestore if the archived copy cannot be read; with `restore`, request it first and raise Restoring."""
    cold = pipeline.ctx.objects.cold_storage(archived.bucket, archived.key)
    if cold is None:
        return
    takes = f"{cold.storage_class}, which takes {RESTORE_TAKES.get(cold.storage_class, 'hours')}"
    if not (cold.restoring or restore):
        raise NeedsRestore(
            f'its archived copy must be restored from {takes}: send "restore": true (`landfall rerun KEY --restore`), '
            "and run it again after that"
        )
    if not cold.restoring:
        pipeline.ctx.objects.restore(archived.bucket, archived.key, RESTORED_DAYS)
    raise Restoring(f"its archived copy is being restored from {takes}; then run it again within {RESTORED_DAYS} days")


def object_of(pipeline: Pipeline, run: Run) -> str:
    """Return the contract's name for the run's key now; corrected rows stay with their object. Raises StillUnrouted."""
    return run.object if run.corrects else routed(pipeline, run.source.key)


def routed(pipeline: Pipeline, key: str) -> str:
    """Return the name of the contract that matches the key. Raises StillUnrouted."""
    found = route(pipeline.ctx.contracts, key)
    if found is None:
        raise StillUnrouted("no contract's lands_at matches this key; move the file or fix a contract")
    return found.contract.name


def where_it_is(pipeline: Pipeline, run: Run) -> SourceObject:
    """Return the archived copy of a loaded file, else the landed version if it still exists. Raises SourceGone.

    The archive is checked first. An object at the landing key is then a second drop, which the sweep archives.
    """
    landed = run.source
    if run.archive_key and run.archive_key != NOT_KEPT:
        with suppress(SourceGone):
            return pipeline.ctx.objects.head(landed.bucket, run.archive_key)
    try:
        found = pipeline.ctx.objects.head(landed.bucket, landed.key, landed.version_id)
    except SourceGone:
        found = None
    if found and found.etag == landed.etag:
        return landed
    raise SourceGone("the file is neither where it landed nor in the archive; upload it again")
