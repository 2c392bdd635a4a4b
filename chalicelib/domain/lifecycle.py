"""Which moves a run may make. Both run stores refuse any other, so a late or doubled message cannot move a run back."""

from __future__ import annotations

from chalicelib.domain.model import Problem, Run
from chalicelib.domain.model import RunState as S
from chalicelib.errors import LandfallError, Rejected, Retryable, SourceChanged

MOVES: dict[S, frozenset[S]] = {
    S.ARRIVED: frozenset({S.STAGING, S.REJECTED, S.FAILED, S.SUPERSEDED}),
    S.STAGING: frozenset({S.STAGED, S.REJECTED, S.FAILED, S.SUPERSEDED}),
    S.STAGED: frozenset({S.LOADING, S.FAILED}),
    S.LOADING: frozenset({S.LOADED, S.SUPERSEDED, S.FAILED}),
    # From a terminal state only a forced rerun leads on, and it starts a new generation.
    S.LOADED: frozenset({S.ARRIVED}),
    S.REJECTED: frozenset({S.ARRIVED}),
    S.FAILED: frozenset({S.ARRIVED}),
    S.SUPERSEDED: frozenset({S.ARRIVED}),
    S.UNROUTED: frozenset({S.ARRIVED}),
}


def allowed(old: S, new: S) -> bool:
    """Whether a run may go from `old` to `new`; staying is always allowed."""
    return old is new or new in MOVES[old]


def ending(state: S, error: LandfallError) -> S:
    """How a run in `state` ends with that error: whose fault is it?"""
    if state in (S.ARRIVED, S.STAGING):
        return {Rejected: S.REJECTED, SourceChanged: S.SUPERSEDED}.get(type(error), S.FAILED)
    return S.FAILED


def may_pass(run: Run, error: Exception, now: float, give_up_hours: float) -> bool:
    """Whether trying again may help: what is the world's fault is tried until the run is `give_up_hours` old."""
    age = now - run.moments.get(S.ARRIVED.value, run.arrived_at)
    return isinstance(error, Retryable) and age <= give_up_hours * 3600


def problem_of(error: LandfallError) -> Problem:
    """An error as it is kept with its run."""
    return Problem(
        code=error.code, message=error.message, line=error.line, byte_offset=error.byte_offset, column=error.column
    )
