"""The load windows, which let small files share the minute that Redshift Serverless bills at least when it wakes.

A run waits for the end of the window in which it was staged; its record has this moment. The windows of all targets
end together, so that the warehouse wakes once for all of them. Guarantees that the wait is shorter than `load_every`
when the run was staged. A retry, a rerun and corrected rows do not wait: the warehouse is awake, or the operator is
waiting. A restart by a changed contract waits.
"""

from __future__ import annotations

import math

from chalicelib.domain.contract.load_window import window_end
from chalicelib.domain.run.model import Run, RunState
from chalicelib.pipeline.context import Context
from chalicelib.pipeline.outcomes import contract_of

LONGEST_DELAY = 900
"""Seconds: the most that SQS delays a message. A run with a longer wait receives several."""


def window_of(ctx: Context, run: Run) -> float:
    """Return the end of the window of a run that is staged now; 0 if it waits for none. Raises ContractChanged."""
    contract = contract_of(ctx, run)
    if run.skips_window or run.corrects:
        return 0.0
    every = ctx.settings.load_every_seconds if contract.load_every is None else contract.load_every
    return window_end(ctx.clock.now(), every) if every else 0.0


def loads_at(run: Run) -> float:
    """Return the time from which a run may be loaded, whatever windows were deployed since; 0 if it never waited."""
    return run.window_ends if run.state is RunState.STAGED else 0.0


def window_left(ctx: Context, run: Run) -> float:
    """Return the end of the window that a run waits for, if it is certain; else 0.

    A run whose contract has changed is staged again meanwhile, and may then wait for another window.
    """
    contract, ends = ctx.contracts.get(run.object), loads_at(run)
    return ends if contract and contract.fingerprint == run.fingerprint and ends > ctx.clock.now() else 0.0


def waits_since(run: Run) -> float:
    """Return the time since which an unfinished run waits for a worker or the warehouse, not for its window."""
    return max(run.arrived_at, loads_at(run))


def enqueue_in_window(ctx: Context, run: Run) -> bool:
    """Enqueue a STAGED run for its load. Return whether its window is still open; then its message comes back.

    Raises ContractChanged.
    """
    contract_of(ctx, run)
    ends = loads_at(run)
    ctx.load_queue.enqueue(run.target, run, ends)
    wait = ends - ctx.clock.now()
    if wait > 0:
        ctx.queue.send_run(run.run_id, delay=min(math.ceil(wait) + 1, LONGEST_DELAY))
    return wait > 0
