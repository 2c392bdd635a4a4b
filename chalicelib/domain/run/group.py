"""Runs that are loaded together.

A STAGED run waits in its target's *line*. The runs that are taken out of it together are a *group*, each of them a
*member*; the group has the target's *place* until its transaction is settled. What a member brings to the transaction
is its *share* (sql.py), and its *mark* tells its rows from the others' there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TypedDict, Unpack

from chalicelib.domain.run.model import Run, RunState, digest

MOST_KEY_BYTES = 100_000
"""Of the names of a group's files: they are part of the transaction's statements, of which there may be few."""


class GroupState(Enum):
    """Where a group is. `MOVES` holds the moves that are allowed."""

    AWAITING = "AWAITING"  # it holds its target's slot while more files are awaited; it has no members yet
    GATHERED = "GATHERED"  # its members are known; the warehouse was not asked to load them
    SUBMITTING = "SUBMITTING"  # the warehouse is being asked, or was asked and its answer was lost
    SUBMITTED = "SUBMITTED"  # its statement is known, and it is the only one
    DOUBTFUL = "DOUBTFUL"  # its statement is known, but an earlier one may still be on its way
    REFUSED = "REFUSED"  # the warehouse took nothing; its members are being ended, so no worker may ask again


_S = GroupState
MOVES: Mapping[GroupState, frozenset[GroupState]] = {
    _S.AWAITING: frozenset({_S.GATHERED}),
    _S.GATHERED: frozenset({_S.SUBMITTING}),
    _S.SUBMITTING: frozenset({_S.SUBMITTED, _S.DOUBTFUL, _S.REFUSED}),
    _S.SUBMITTED: frozenset(),
    _S.DOUBTFUL: frozenset(),
    _S.REFUSED: frozenset(),
}
"""The moves of a group, staying left out. A group ends when its slot is released."""


@dataclass(frozen=True, kw_only=True)
class Member:
    """A run in a group, in the generation and load attempt in which it was taken."""

    run_id: str
    generation: int
    attempt: int

    @classmethod
    def of(cls, run: Run) -> Member:
        """A waiting run as a member of the group that takes it next."""
        return cls(run_id=run.run_id, generation=run.generation, attempt=run.load_attempt + 1)

    def holds(self, run: Run) -> bool:
        """Whether the run is being loaded as this member."""
        return run.state is RunState.LOADING and (run.generation, run.load_attempt) == (self.generation, self.attempt)


@dataclass(frozen=True, kw_only=True)
class Group:
    """Runs of one object that are loaded together, in one transaction. A target has one group at a time."""

    target: str
    """schema.table"""
    members: tuple[Member, ...]
    """In order of arrival. None while more files are awaited; once the load was asked for, they stay as they are."""
    lease_until: float = 0.0
    """A worker has it in hand until then, or more files are awaited."""
    submitted_at: float = 0.0
    """When the warehouse was first asked; recorded before it is."""
    statement_id: str = ""
    state: GroupState = GroupState.GATHERED

    @property
    def group_id(self) -> str:
        """The same members in the same attempts are the same group, and one statement. 32 hex digits."""
        return digest("group", *(f"{m.run_id}-{m.generation}-{m.attempt}" for m in self.members))


class GroupChanges(TypedDict, total=False):
    """What may be changed of a group."""

    members: tuple[Member, ...]
    lease_until: float
    submitted_at: float
    statement_id: str
    state: GroupState


def changed(group: Group, **changes: Unpack[GroupChanges]) -> Group:
    """The group with some fields set. Raises ValueError for a move that `MOVES` does not allow."""
    new = replace(group, **changes)
    if new.state is not group.state and new.state not in MOVES[group.state]:
        raise ValueError(f"a group cannot go from {group.state.value} to {new.state.value}")
    return new


@dataclass(kw_only=True)
class Gathering:
    """A group in the making: runs that one COPY can load. Grows run by run, within its limits."""

    most_bytes: int
    """Of source; a larger file goes alone."""
    runs: list[Run] = field(default_factory=list)
    _marks: set[str] = field(default_factory=set)
    _bytes: int = 0
    _key_bytes: int = 0

    def take(self, run: Run) -> bool:
        """Add the run if it goes with those that are there; the first one always does."""
        size, key_bytes = self._bytes + run.bytes_staged, self._key_bytes + len(run.source.key.encode())
        if self.runs and not (
            _kind(run) == _kind(self.runs[0])
            and run.mark not in self._marks
            and size <= self.most_bytes
            and key_bytes <= MOST_KEY_BYTES
        ):
            return False
        self.runs.append(run)
        self._marks.add(run.mark)
        self._bytes, self._key_bytes = size, key_bytes
        return True


def _kind(run: Run) -> tuple[str, int, str, str]:
    """Corrected rows are of no kind with any other's."""
    return run.shape, run.max_group_size, run.source.bucket, run.run_id if run.corrects else ""
