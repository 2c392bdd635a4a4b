"""Runs that are loaded together.

A STAGED run waits in its target's *load queue*. Runs that are taken out together are a *group*, each of them a
*member*. The group has the target's *slot* until its transaction is settled. A member's part of the transaction is its
*share* (warehouse/load.py), and its *mark* separates its rows from the others' there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TypedDict, Unpack

from chalicelib.domain.run.ids import digest
from chalicelib.domain.run.model import Run, RunState

SHARE_BYTES = 150
"""At least the bytes of a run's share in a load's SQL, apart from its key, age and bucket."""


class GroupState(Enum):
    """The state of a group. `MOVES` has the allowed moves."""

    AWAITING = "AWAITING"  # it holds its target's slot while more files are awaited; it has no members yet
    GATHERED = "GATHERED"  # its members are known; nothing was submitted
    SUBMITTING = "SUBMITTING"  # its statement is being submitted, or was submitted and the answer was lost
    SUBMITTED = "SUBMITTED"  # its statement is known, and it is the only one
    DOUBTFUL = "DOUBTFUL"  # its statement is known, but an earlier one may still commit
    REFUSED = "REFUSED"  # the warehouse refused it; its members are being ended, so no worker may submit again


_S = GroupState
MOVES: Mapping[GroupState, frozenset[GroupState]] = {
    _S.AWAITING: frozenset({_S.GATHERED}),
    _S.GATHERED: frozenset({_S.SUBMITTING}),
    _S.SUBMITTING: frozenset({_S.SUBMITTED, _S.DOUBTFUL, _S.REFUSED}),
    _S.SUBMITTED: frozenset(),
    _S.DOUBTFUL: frozenset(),
    _S.REFUSED: frozenset(),
}
"""The moves of a group; staying is always allowed. A group ends when its slot is released."""


@dataclass(frozen=True, kw_only=True)
class Member:
    """A run in a group, in the generation and load attempt in which it was taken."""

    run_id: str
    generation: int
    attempt: int

    @classmethod
    def of(cls, run: Run) -> Member:
        """Return a waiting run as a member of the group that takes it next."""
        return cls(run_id=run.run_id, generation=run.generation, attempt=run.load_attempt + 1)

    def holds(self, run: Run) -> bool:
        """Return whether the run is being loaded as this member."""
        return run.state is RunState.LOADING and (run.generation, run.load_attempt) == (self.generation, self.attempt)


@dataclass(frozen=True, kw_only=True)
class Group:
    """Runs of one object that are loaded together, in one transaction. A target has one group at a time."""

    target: str
    """schema.table"""
    members: tuple[Member, ...]
    """In order of arrival. Empty while more files are awaited; unchanged once the load was submitted."""
    lease_until: float = 0.0
    """Until then a worker holds it, or more files are awaited."""
    submitted_at: float = 0.0
    """When its load was first submitted; recorded before the submission."""
    statement_id: str = ""
    state: GroupState = GroupState.GATHERED

    @property
    def group_id(self) -> str:
        """The id of the group: the same members in the same attempts give the same id. 32 hex digits."""
        return digest("group", *(f"{m.run_id}-{m.generation}-{m.attempt}" for m in self.members))


class GroupChanges(TypedDict, total=False):
    """The fields of a group that may change."""

    members: tuple[Member, ...]
    lease_until: float
    submitted_at: float
    statement_id: str
    state: GroupState


def changed(group: Group, **changes: Unpack[GroupChanges]) -> Group:
    """Return the group with some fields set. Raises ValueError for a move that `MOVES` does not allow."""
    new = replace(group, **changes)
    if new.state is not group.state and new.state not in MOVES[group.state]:
        raise ValueError(f"a group cannot go from {group.state.value} to {new.state.value}")
    return new


@dataclass(kw_only=True)
class Gathering:
    """A growing group: runs that one COPY can load, within the limits of its size and of its SQL."""

    most_bytes: int
    """The most bytes of source; a larger file loads alone."""
    most_share_bytes: int
    """The most bytes of SQL of their shares."""
    runs: list[Run] = field(default_factory=list)
    _marks: set[str] = field(default_factory=set)
    _bytes: int = 0
    _share_bytes: int = 0

    def take(self, run: Run) -> bool:
        """Add the run if it fits the others; the first one always fits. Return whether it was added."""
        size, shares = self._bytes + run.bytes_staged, self._share_bytes + share_bytes(run)
        if self.runs and not (
            _kind(run) == _kind(self.runs[0])
            and run.mark not in self._marks
            and size <= self.most_bytes
            and shares <= self.most_share_bytes
        ):
            return False
        self.runs.append(run)
        self._marks.add(run.mark)
        self._bytes, self._share_bytes = size, shares
        return True


def share_bytes(run: Run) -> int:
    """An upper bound of the bytes that the run takes in the SQL of a load: its key is there in hexadecimal."""
    key = run.source.key.encode("utf-8", "surrogatepass")
    return SHARE_BYTES + len(run.source_order) + len(run.source.bucket) + 2 * len(key)


def _kind(run: Run) -> tuple[str, int, str, str]:
    """Return the value that all runs of a group share; a run of corrected rows shares it with no other run."""
    return run.shape, run.max_group_size, run.source.bucket, run.run_id if run.corrects else ""
