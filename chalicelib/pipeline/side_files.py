"""The side file that announces the rows of a landed file: it may come before the file or after it.

Guarantees that a file is not loaded without its side file, if the contract has `control_totals`. A file waits for it in
ARRIVED, then ends REJECTED. A side file that comes later starts the file again:

worker: finds no side file, ends the run | event of the side file: its message finds the run REJECTED, and starts it
The event's handler only sends the run's message: the run itself looks for its side file, also after its end.
"""

from __future__ import annotations

from contextlib import suppress
from math import ceil

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract.routing import route
from chalicelib.domain.file.control_totals import ENDING, MALFORMED, MISSING, MOST_BYTES, missing, read_totals
from chalicelib.domain.file.file_plan import FilePlan
from chalicelib.domain.formats.format import Totals
from chalicelib.domain.run import keys
from chalicelib.domain.run.lifecycle import new_generation, problem_of
from chalicelib.domain.run.model import Run, RunState, SourceObject
from chalicelib.errors import Rejected, SourceChanged, SourceGone, WorkGone
from chalicelib.pipeline.context import Context
from chalicelib.ports import ObjectStore

WAIT_SECONDS = 900
"""How long a file waits for its side file."""
SIDE_FAULTS = frozenset({MISSING, MALFORMED, "TOTALS_DIFFER"})
"""The problems of a file that another side file may solve."""


def is_side_file(ctx: Context, key: str) -> bool:
    """Return whether a key is that of the side file of a file."""
    found = route(ctx.contracts, key.removesuffix(ENDING)) if key.endswith(ENDING) else None
    return found is not None and found.contract.control_totals is not None


def on_side_file(ctx: Context, source: SourceObject) -> None:
    """Send the message of the run that a side file may move. The file may also come later, and then finds it."""
    newest = ctx.runs.newest(source.bucket, source.key.removesuffix(ENDING))
    run = ctx.runs.get(newest.run_id) if newest else None
    if run and (run.state is RunState.ARRIVED or may_start_again(run)):
        ctx.queue.send_run(run.run_id)


def side_file(objects: ObjectStore, run: Run) -> SourceObject | None:
    """Return the side file as it is now; None if there is none."""
    data = run.reads or run.source
    try:
        return objects.head(data.bucket, data.key + ENDING)
    except SourceGone:
        return None


def waits(ctx: Context, run: Run, contract: Contract) -> bool:
    """Return whether the run waits for its side file. Raises Rejected once it has waited WAIT_SECONDS."""
    if not contract.control_totals or side_file(ctx.objects, run):
        return False
    refusal = missing((run.reads or run.source).name + ENDING)
    left = run.moments.get(RunState.ARRIVED.value, run.arrived_at) + WAIT_SECONDS - ctx.clock.now()
    if run.reads or left <= 0:
        raise refusal
    if run.problem is None:
        ctx.runs.change(run, problem=problem_of(refusal))
        ctx.queue.send_run(run.run_id, delay=ceil(left))
    return True


def side_totals(objects: ObjectStore, run: Run, contract: Contract) -> tuple[SourceObject | None, Totals | None]:
    """Return the side file and what it announces; nothing if the contract has none. Raises Rejected."""
    if not contract.control_totals:
        return None, None
    found = side_file(objects, run)
    if found is None:
        raise missing((run.reads or run.source).name + ENDING)
    data = objects.read(found, 0, MOST_BYTES + 1)
    return found, read_totals(data, contract, contract.control_totals)


def may_start_again(run: Run) -> bool:
    """Return whether a run has ended for a fault that another side file may solve."""
    return run.state is RunState.REJECTED and run.problem is not None and run.problem.code in SIDE_FAULTS


def start_again(ctx: Context, run: Run) -> Run | None:
    """Begin a new generation of a run that ended, if it has another side file now; else None. Raises Conflict."""
    contract = ctx.contracts.get(run.object)
    newest = ctx.runs.newest(run.source.bucket, run.source.key)
    if not contract or not contract.control_totals or not newest or newest.run_id != run.run_id:
        return None
    found = side_file(ctx.objects, run)
    if found is None or not _is_another(ctx, run, contract, found):
        return None
    return ctx.runs.change(run, **new_generation(run, ctx.clock.now()))


def _is_another(ctx: Context, run: Run, contract: Contract, found: SourceObject) -> bool:
    """Return whether a side file is not the one that the run was refused for.

    Its content decides, because S3 has times in whole seconds:

    worker at 10.6: has read a wrong side file | sender at 10.8: puts a good one, whose time is 10
    The plan has the side file that was read. Without a plan, it could not be read.
    """
    code = run.problem.code if run.problem else ""
    if code == MISSING:
        return True
    with suppress(WorkGone):
        read = _read_side_file(ctx, run)
        return read is None or read.etag != found.etag
    newer = found.last_modified > run.moments.get(RunState.REJECTED.value, run.updated_at)
    return newer or (code == MALFORMED and _is_readable(ctx, run, contract))


def _is_readable(ctx: Context, run: Run, contract: Contract) -> bool:
    try:
        side_totals(ctx.objects, run, contract)
    except Rejected:
        return False
    return True


def _read_side_file(ctx: Context, run: Run) -> SourceObject | None:
    """Return the side file that the run's plan has. Raises WorkGone if there is no plan."""
    return FilePlan.from_json(ctx.objects.get(run.source.bucket, keys.plan(run))).side_file


def archive_side_file(ctx: Context, run: Run, key: str) -> None:
    """Copy the side file that was read to the archive, beside its file, and delete it where it landed.

    A later side file is left to a later file, and so is this one if a later file has replaced its own.
    """
    contract = ctx.contracts.get(run.object)
    if not contract or not contract.control_totals or run.reads:
        return
    with suppress(SourceGone, SourceChanged, WorkGone):
        read = _read_side_file(ctx, run)
        if read and (found := ctx.objects.head(read.bucket, read.key)) == read:
            ctx.objects.copy(found, key + ENDING)
            if not _is_replaced(ctx, run):
                ctx.objects.delete(found)


def _is_replaced(ctx: Context, run: Run) -> bool:
    """Return whether another file is where the run's file landed."""
    try:
        return ctx.objects.head(run.source.bucket, run.source.key).etag != run.source.etag
    except SourceGone:
        return False
