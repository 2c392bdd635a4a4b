"""A load that was submitted to the warehouse, and how it stands."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


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
    def failed_for_good(self) -> bool:
        """Whether it failed, and would fail again."""
        return self.state is StatementState.FAILED and not self.retryable
