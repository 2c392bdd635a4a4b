"""Runs that are loaded together."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.domain.model import Run, RunState, digest


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
    """The oldest file first. None while more files are awaited; once the load was asked for, they stay as they are."""
    held_until: float = 0.0
    """A worker has it in hand until then, or more files are awaited."""
    asked_at: float = 0.0
    """When the warehouse was first asked; recorded before it is."""
    statement_id: str = ""

    @property
    def group_id(self) -> str:
        """The same members in the same attempts are the same group, and one statement. 32 hex digits."""
        return digest("group", *(f"{m.run_id}-{m.generation}-{m.attempt}" for m in self.members))
