"""The outcomes of a run: it is enqueued, restarted, or ended by an error or a cancellation."""

from __future__ import annotations

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.file.books import UNBALANCED, as_accepted
from chalicelib.domain.file.corrections import as_corrected
from chalicelib.domain.file.undelivered import as_undelivered, is_undelivered
from chalicelib.domain.run.changes import RunChanges
from chalicelib.domain.run.lifecycle import ending, may_pass, new_generation, pause, problem_of
from chalicelib.domain.run.model import LedgerRow, Problem, Run, RunState
from chalicelib.domain.run.notices import one_more
from chalicelib.errors import ContractChanged, LandfallError, SourceChanged, SourceGone
from chalicelib.pipeline.context import Context
from chalicelib.ports import Conflict

UNROUTED_NOTICES = "unrouted notices"
"""The bookmark that counts the notices of today."""
OVERWRITTEN = "the file was overwritten before it was read; its newer version has its own run"

STOPPED = Problem(
    code="CANCELLED",
    message="the operator cancelled it; no row of this load is in the target, and you can run it again",
)


def contract_of(ctx: Context, run: Run) -> Contract:
    """Return the contract of a run: the same one from its plan to its load. Raises ContractChanged.

    worker of yesterday: stages chunk 1 by the old rules | worker of today: would stage chunk 2 by the new ones
    """
    contract = ctx.contracts.get(run.object)
    if contract is None:
        raise ContractChanged(f"the contract {run.object} no longer exists; deploy it again, then run the file again")
    if run.state is not RunState.ARRIVED and run.fingerprint != contract.fingerprint:
        raise ContractChanged("the contract was changed while the file was being loaded; run it again")
    if run.corrects:
        return as_corrected(contract)
    if is_undelivered(contract, run.source.key):
        contract = as_undelivered(contract)
    return as_accepted(contract) if run.accepted_by else contract


def enqueue(ctx: Context, run: Run | None) -> Run | None:
    """Send a run's message, unless nothing is left to do. Return the run."""
    if run and not run.finished:
        ctx.queue.send_run(run.run_id)
    return run


def end(ctx: Context, run: Run, error: LandfallError) -> Run | None:
    """End a run as the error's type decides. An error that may pass is raised, so that the message comes back.

    Only the load ends a run that waits for it or is in it (loading.py): after it has read the ledger, when no
    statement can commit any more. The error here may be the fault of a load that the run is not in.
    """
    passing = may_pass(run, error, ctx.clock.now(), ctx.settings.give_up_hours)
    others = run.state in (RunState.STAGED, RunState.LOADING) and not isinstance(error, ContractChanged)
    if run.state.terminal or passing or others:
        raise error
    return fail(ctx, run, error)


def fail(ctx: Context, run: Run, error: LandfallError) -> Run | None:
    """End a run with an error, or restart it. Return the run, or None if another worker moved it on meanwhile."""
    if isinstance(error, SourceGone) and _replaced(ctx, run):
        error = SourceChanged(OVERWRITTEN)
    restarts = isinstance(error, ContractChanged) and run.object in ctx.contracts and run.state is not RunState.LOADING
    changes = new_generation(run, ctx.clock.now()) if restarts else _ended(run, error)
    try:
        changed = ctx.runs.change(run, **changes)
    except Conflict:
        return None
    what = "restarted" if restarts else "ended"
    counted = {"failed": int(changed.state is RunState.FAILED), "unbalanced": int(error.code == UNBALANCED)}
    named = {"run": run.run_id, "object": run.object, "state": changed.state.value, "code": error.code}
    ctx.note(what, {**named, **counted})
    return changed


def cancelled(ctx: Context, run: Run) -> Run:
    """End a run that the operator cancelled, and notify of it as of any other end. Raises Conflict."""
    ended = ctx.runs.change(run, state=RunState.CANCELLED, problem=STOPPED)
    ctx.note("cancelled", {"run": run.run_id, "object": run.object, "state": run.state.value})
    enqueue(ctx, ended)
    return ended


def stop(ctx: Context, run: Run) -> None:
    """Cancel the statement of a cancelled run. Once it has ended, the ledger decides.

    If there is no statement yet, or it does not end at once, check again soon. Raises Retryable.
    """
    group = ctx.load_queue.group(run.target)
    if group and any(member.holds(run) for member in group.members):
        if group.statement_id:
            ctx.warehouse.cancel(group.statement_id)
        ctx.queue.send_run(run.run_id, delay=pause(ctx.settings.backoff_seconds, 1))


def notice_allowed(ctx: Context) -> bool:
    """Return whether today's limit of notices without a contract allows one more. Two workers may exceed it."""
    if mark := one_more(ctx.bookmarks.get(UNROUTED_NOTICES), ctx.clock.now()):
        ctx.bookmarks.set(UNROUTED_NOTICES, mark)
    return bool(mark)


def _replaced(ctx: Context, run: Run) -> bool:
    newest = ctx.runs.newest(run.source.bucket, run.source.key)
    return newest is not None and newest.etag != run.source.etag


def _ended(run: Run, error: LandfallError) -> RunChanges:
    return {"state": ending(run.state, error), "problem": problem_of(error)}


def loaded_fields(run: Run, state: RunState, row: LedgerRow) -> dict[str, str | int]:
    """Return the fields for logs and metrics of a run with a ledger row."""
    loaded = state is RunState.LOADED
    counted = {"loaded": int(loaded), "with_rejects": int(loaded and run.counts.rejected > 0), "rows": row.staged}
    return {"run": run.run_id, "object": run.object, "state": state.value, **counted}
