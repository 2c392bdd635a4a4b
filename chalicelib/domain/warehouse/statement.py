"""A load that was submitted to the warehouse, and how it stands."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

_DIRECT = "direct-"


class StatementState(Enum):
    """The state of a statement in the warehouse."""

    RUNNING = "RUNNING"
    FINISHED = "FINISHED"
    FAILED = "FAILED"
    GONE = "GONE"  # the warehouse has no such statement (any more)


@dataclass(frozen=True, kw_only=True)
class Statement:
    """A submitted load and its state. `retryable` marks a passing failure (1023, aborted), not a lasting one."""

    statement_id: str
    state: StatementState
    error: str = ""
    retryable: bool = False
    copy_id: int = 0
    """The warehouse's number of the COPY that failed; 0 if another part of it failed."""

    @property
    def running(self) -> bool:
        """Whether it has not ended yet, as far as is known."""
        return self.state is StatementState.RUNNING

    @property
    def failed_for_good(self) -> bool:
        """Whether it failed, and would fail again."""
        return self.state is StatementState.FAILED and not self.retryable


def direct_id(group_id: str) -> str:
    """Return the id of a direct load's statement. The warehouse does not know it: only the ledger proves the load."""
    return _DIRECT + group_id


def is_direct(statement_id: str) -> bool:
    """Return whether the id is a direct load's. It has ended: the worker that sent it waited for its end."""
    return statement_id.startswith(_DIRECT)
