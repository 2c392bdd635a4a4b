"""The statements of the warehouse in memory: what was submitted, its fate and how it is described."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from chalicelib.domain.warehouse.copy_faults import CopyFault
from chalicelib.domain.warehouse.load import LoadOrder
from chalicelib.domain.warehouse.statement import Statement, StatementState, is_direct
from chalicelib.domain.warehouse.unload import UnloadOrder


class Fate(Enum):
    """The fate of a statement. All except FINE and HIDDEN leave the tables unchanged."""

    FINE = "FINE"
    REFUSED = "REFUSED"  # FAILED for good
    CONFLICT = "CONFLICT"  # FAILED with error 1023: the same transaction may succeed later
    ABORTED = "ABORTED"  # cancelled by the operator
    STUCK = "STUCK"  # STARTED until it is cancelled
    LOST = "LOST"  # accepted and then forgotten: it never runs
    HIDDEN = "HIDDEN"  # it runs, but the warehouse reports that there is no such statement


UNKNOWN = (Fate.LOST, Fate.HIDDEN)
"""The warehouse reports that there is no such statement."""
NEVER_RUN = (Fate.LOST, Fate.STUCK)
ERRORS = {
    Fate.REFUSED: ("ERROR: permission denied for relation", False),
    Fate.CONFLICT: ("ERROR: 1023 DETAIL: Serializable isolation violation on table", True),
    Fate.ABORTED: ("the statement was aborted", True),
}


@dataclass(kw_only=True)
class Submitted:
    """A submitted statement; it changes as it runs."""

    statement_id: str
    order: LoadOrder | UnloadOrder
    name: str
    at: float
    due: float
    fate: Fate
    state: StatementState = StatementState.RUNNING
    error: str = ""
    retryable: bool = False
    faults: tuple[CopyFault, ...] = ()
    """Rows that its COPY refused."""

    @property
    def will_run(self) -> bool:
        """Whether the statement will still run, even if no worker has its id."""
        return self.state is StatementState.RUNNING and self.fate not in NEVER_RUN


def described(statement: Submitted) -> Statement:
    """Return the statement as the warehouse describes it."""
    return Statement(
        statement_id=statement.statement_id,
        state=statement.state,
        error=statement.error,
        retryable=statement.retryable,
        copy_id=int(statement.statement_id[-6:]) if statement.faults and not is_direct(statement.statement_id) else 0,
    )


def fail(statement: Submitted, error: str, retryable: bool) -> None:
    """End the statement as FAILED."""
    statement.state = StatementState.FAILED
    statement.error = error
    statement.retryable = retryable
