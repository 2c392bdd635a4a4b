"""The load windows, which let small files share the minute that Redshift Serverless bills at least when it wakes.

A run waits for the end of the window in which it was staged. The windows of all targets end together, so that the
warehouse wakes once for all of them. Guarantees that the wait is shorter than `load_every`. A retry, a rerun and
corrected rows do not wait: the warehouse is awake, or the operator is waiting. A restart by a changed contract waits.
"""

from __future__ import annotations

import math

from chalicelib.domain.contract.load_window import window_end
from chalicelib.domain.run.model import Run, RunState
from chalicelib.pipeline.context import Context
from chalicelib.pipeline.outcomes import contract_of

LONGEST_DELAY = 900
"""Seconds: the most that SQS delays a message. A run with a longer wait receives several."""


def loads_at(ctx: Context, run: Run) -> float:
    """Return the time from which a run may be loaded; 0 if it waits for no window."""
    contract = ctx.contracts.get(run.object)
    if run.state is not RunState.STAGED or not contract or run.load_attempt or run.skips_window or run.corrects:
        return 0.0
    every = ctx.settings.load_every_seconds if contract.load_every is None else contract.load_every
    staged_at = run.moments.get(RunState.STAGED.value, 0.0)
    return window_end(staged_at, every) if every else 0.0


def enqueue_in_window(ctx: Context, run: Run) -> bool:
    """Enqueue a STAGED run for its load. Return whether its window is still open; then its message comes back.

    Raises ContractChanged.
    """
    contract_of(ctx, run)
    ends = loads_at(ctx, run)
    ctx.load_queue.enqueue(run.target, run, ends)
    wait = ends - ctx.clock.now()
    if wait > 0:
        ctx.queue.send_run(run.run_id, delay=min(math.ceil(wait) + 1, LONGEST_DELAY))
    return wait > 0
