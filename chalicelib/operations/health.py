"""The health of a deployment: the warehouse's API, unfinished runs and overdue files."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from chalicelib.errors import LandfallError
from chalicelib.pipeline.context import Context
from chalicelib.pipeline.load_windows import waits_since
from chalicelib.pipeline.overdue import overdue

OLDEST_OF = 200
NO_STATEMENT = "00000000-0000-0000-0000-000000000000"
"""Describing this unknown statement shows that the warehouse's API answers, without resuming the warehouse."""


@dataclass(frozen=True, kw_only=True)
class Health:
    """The health of the deployment."""

    warehouse_error: str
    """The code of the error that the warehouse's API returned; empty if it answers."""
    unfinished: int
    """Unfinished runs that were counted: at most OLDEST_OF."""
    oldest_seconds: float
    """Age of the oldest of them, in seconds; that of a run in its load window counts from the window's end."""
    late: tuple[str, ...]
    """Objects whose file is overdue."""


def health(ctx: Context) -> Health:
    """Check the warehouse's API, unfinished runs and deadlines. Raises Retryable."""
    now = ctx.clock.now()
    unfinished = list(islice(ctx.search.unfinished(now), OLDEST_OF))
    return Health(
        warehouse_error=_warehouse_error(ctx),
        unfinished=len(unfinished),
        oldest_seconds=max((max(0.0, now - waits_since(run)) for run in unfinished), default=0.0),
        late=tuple(name for name, late in overdue(ctx).items() if late),
    )


def _warehouse_error(ctx: Context) -> str:
    try:
        ctx.warehouse.describe(NO_STATEMENT)
    except LandfallError as error:
        return error.code
    return ""
