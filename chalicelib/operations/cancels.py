"""Cancel a run at the operator's request.

Guarantees that the target has no row of a run that ends CANCELLED. Before its load was submitted, a run ends at once.
Workers that still hold a chunk of it, and its target's load queue, find that it has ended and drop it. After that the
warehouse decides: the request is recorded and the statement is cancelled. If the ledger has the run nevertheless, it is
LOADED.
"""

from __future__ import annotations

from chalicelib.domain.run.model import Run, RunState
from chalicelib.errors import LandfallError
from chalicelib.operations.commands import NotFound
from chalicelib.operations.lookup import RUN_ID
from chalicelib.pipeline import outcomes
from chalicelib.pipeline.pipeline import Pipeline
from chalicelib.ports import Conflict

TRIES = 5
"""A run that moves on meanwhile is read again; it has at most this many states."""


class Ended(LandfallError):
    """The run has already ended; there is nothing to cancel."""

    code = "RUN_ENDED"


def cancel(pipeline: Pipeline, run: Run) -> Run:
    """Cancel a run, or request it while it loads: then it is still LOADING. Return the run. Raises Ended, Conflict.

    worker: STAGED -> LOADING  | a cancel that was decided on STAGED conflicts, reads again, and requests it
    """
    for _ in range(TRIES):
        if run.state.terminal:
            raise Ended(f"this run has already ended: it is {run.state.value}")
        try:
            return (
                _request_cancel(pipeline, run)
                if run.state is RunState.LOADING
                else outcomes.cancelled(pipeline.ctx, run)
            )
        except Conflict:
            run = pipeline.ctx.runs.get(run.run_id) or run
    raise Conflict(f"other workers changed run {run.run_id} during each of {TRIES} tries")


def _request_cancel(pipeline: Pipeline, run: Run) -> Run:
    """Record the request before the message: the worker that settles the load must see it."""
    requested = pipeline.ctx.runs.change(run, cancel_requested=True)
    pipeline.ctx.queue.send_run(run.run_id)
    return requested


def cancel_run(pipeline: Pipeline, run_id: str) -> Run:
    """Cancel the run with that id. Raises NotFound, Ended, Conflict."""
    run = pipeline.ctx.runs.get(run_id) if RUN_ID.fullmatch(run_id) else None
    if run is None:
        raise NotFound("no run has that id; GET /status/{file} shows the id of a file's run")
    return cancel(pipeline, run)
