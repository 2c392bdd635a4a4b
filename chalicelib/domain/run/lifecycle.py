"""The allowed moves of a run, and the pause before the next try of one.

Run stores refuse all other moves, so a late or repeated message moves no run back.
"""

from __future__ import annotations

from chalicelib.domain.run.changes import RunChanges
from chalicelib.domain.run.load_errors import FILE_FAULTS, Cause, meaning
from chalicelib.domain.run.model import Counts, Problem, Run
from chalicelib.domain.run.model import RunState as S
from chalicelib.errors import (
    ContractChanged,
    LandfallError,
    LoadStopped,
    Rejected,
    Retryable,
    SourceChanged,
    WorkGone,
)

DEAD_LETTER = "DEAD_LETTER"
MOST_DOUBLINGS = 30
MOVES: dict[S, frozenset[S]] = {
    S.ARRIVED: frozenset({S.STAGING, S.REJECTED, S.FAILED, S.SUPERSEDED, S.CANCELLED}),
    # Only a new generation goes back to ARRIVED: a changed contract before the load, a forced rerun after the end.
    S.STAGING: frozenset({S.STAGED, S.REJECTED, S.FAILED, S.SUPERSEDED, S.CANCELLED, S.ARRIVED}),
    S.STAGED: frozenset({S.LOADING, S.FAILED, S.CANCELLED, S.ARRIVED}),
    # A run goes back to STAGED when its load had no effect: it waits for another load.
    S.LOADING: frozenset({S.LOADED, S.SUPERSEDED, S.FAILED, S.REJECTED, S.CANCELLED, S.STAGED}),
    S.LOADED: frozenset({S.ARRIVED}),
    S.REJECTED: frozenset({S.ARRIVED}),
    S.FAILED: frozenset({S.ARRIVED}),
    S.SUPERSEDED: frozenset({S.ARRIVED}),
    S.UNROUTED: frozenset({S.ARRIVED}),
    S.CANCELLED: frozenset({S.ARRIVED}),
}


def allowed(old: S, new: S) -> bool:
    """Return whether a run may go from `old` to `new`; staying is always allowed."""
    return old is new or new in MOVES[old]


def new_generation(run: Run, now: float) -> RunChanges:
    """Return the fields of a new generation of a run: no results of the one before, and a new load id."""
    return {
        "state": S.ARRIVED,
        "generation": run.generation + 1,
        "chunks": 0,
        "staged": 0,
        "bytes_staged": 0,
        "reopened": 0,
        "text_bytes": 0,
        "counts": Counts(),
        "left_out": {},
        "altered": {},
        "problem": None,
        "load_attempt": 0,
        "copy_rounds": 0,
        "failed_loads": 0,
        "max_group_size": 0,
        "parent_updated": False,
        "notified": False,
        "cancel_requested": False,
        "accepted_by": "",
        "window_ends": 0.0,
        "moments": {S.ARRIVED.value: now},
    }


def ending(state: S, error: LandfallError) -> S:
    """Return the final state of a run in `state` that ends with that error."""
    if state in (S.ARRIVED, S.STAGING):
        return {Rejected: S.REJECTED, SourceChanged: S.SUPERSEDED}.get(type(error), S.FAILED)
    return S.REJECTED if isinstance(error, Rejected) or error.code in FILE_FAULTS else S.FAILED


def after_failed_load(run: Run, failure: LandfallError, size: int, most: int) -> RunChanges | None:
    """Return the changes of a run that waits again after a load of `size` runs had no effect; None if it must end.

    A failure that may pass counts against `most`. A failure that may be a single file's fault halves the group, so that
    after a few loads that file fails alone.
    """
    if isinstance(failure, ContractChanged | LoadStopped):
        return {}
    if isinstance(failure, Retryable):
        return {"failed_loads": run.failed_loads + 1} if run.failed_loads + 1 < most else None
    files_own = failure.code in (*FILE_FAULTS, WorkGone.code)
    lasting = not files_own and meaning(failure.message).cause is Cause.SETUP  # a file's fault may quote any words
    return {"max_group_size": (size + 1) // 2} if size > 1 and not lasting else None


def may_pass(run: Run, error: Exception, now: float, give_up_hours: float) -> bool:
    """Return whether trying again may help: passing faults are tried until the run is `give_up_hours` old."""
    age = now - run.moments.get(S.ARRIVED.value, run.arrived_at)
    return isinstance(error, Retryable) and age <= give_up_hours * 3600


def problem_of(error: LandfallError) -> Problem:
    """Return an error in the form that is kept with its run."""
    return Problem(
        code=error.code, message=error.message, line=error.line, byte_offset=error.byte_offset, column=error.column
    )


def pause(base: float, attempt: int, jitter: float = 0.0) -> int:
    """Return whole seconds before the try after `attempt` (1-based): doubling, plus up to half as much; at least 1.

    `jitter` in [0, 1) spreads tries that failed together.
    Source: M. Brooker, Exponential Backoff and Jitter, AWS Architecture Blog, 2015 ("equal jitter").
    """
    return max(1, round(base * 2.0 ** min(attempt - 1, MOST_DOUBLINGS) * (1 + jitter / 2)))
