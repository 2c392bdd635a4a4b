"""Stopping a run because somebody asked for it.

Guarantees that nothing of a run that ends CANCELLED is in the target. Before its load was asked for, a run ends at
once; workers that still have a chunk of it in hand, and the line before its target, find that it has ended and let it
go. From then on the warehouse decides: the wish is recorded, the statement is cancelled, and if the ledger has the run
all the same, it is LOADED.
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
"""A run that moves on meanwhile is looked at again; it has that many states at most."""


class Ended(LandfallError):
    """There is nothing left to stop."""

    code = "RUN_ENDED"


def cancel(pipeline: Pipeline, run: Run) -> Run:
    """Stop a run, or ask its load to be stopped: then it is still LOADING. Raises Ended, Conflict.

    worker: STAGED -> LOADING  | a cancel that was decided on STAGED conflicts, looks again, and asks
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
    """Record the wish first: whoever settles the load must see it."""
    requested = pipeline.ctx.runs.change(run, cancel_requested=True)
    pipeline.ctx.queue.send_run(run.run_id)
    return requested


def cancel_run(pipeline: Pipeline, run_id: str) -> Run:
    """Stop the run of that id. Raises NotFound, Ended, Conflict."""
    run = pipeline.ctx.runs.get(run_id) if RUN_ID.fullmatch(run_id) else None
    if run is None:
        raise NotFound("no run has that id; GET /status/{file} shows the id of a file's run")
    return cancel(pipeline, run)
