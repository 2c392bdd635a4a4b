"""The load queue of each target in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Unpack

from chalicelib.adapters.moves import turn
from chalicelib.domain.run.group import Group, GroupChanges, changed
from chalicelib.domain.run.model import Run
from chalicelib.ports import Clock, Conflict


class MemoryLoadQueue:
    """By target: the waiting runs, each with the time from which it may be taken, and the group being loaded."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.waiting_runs: dict[str, dict[str, tuple[Run, float]]] = {}
        self.groups: dict[str, Group] = {}

    def enqueue(self, target: str, run: Run, not_before: float = 0.0) -> None:
        queue = self.waiting_runs.setdefault(target, {})
        if run.run_id not in queue or turn(queue[run.run_id][0]) < turn(run):
            queue[run.run_id] = (run, not_before)

    def waiting(self, target: str) -> Iterator[str]:
        now = self.clock.now()
        due = [run for run, not_before in self.waiting_runs.get(target, {}).values() if not_before <= now]
        yield from [run.run_id for run in sorted(due, key=lambda r: (r.arrived_at, r.run_id))]

    def remove(self, target: str, runs: Sequence[Run]) -> None:
        queue = self.waiting_runs.get(target, {})
        for run in runs:
            if run.run_id in queue and turn(queue[run.run_id][0]) <= turn(run):
                del queue[run.run_id]

    def group(self, target: str) -> Group | None:
        return self.groups.get(target)

    def claim(self, group: Group) -> bool:
        return self.groups.setdefault(group.target, group) == group

    def change(self, group: Group, **changes: Unpack[GroupChanges]) -> Group:
        if self.groups.get(group.target) != group:
            raise Conflict(f"another worker has changed the group of {group.target}")
        self.groups[group.target] = changed(group, **changes)
        return self.groups[group.target]

    def release(self, group: Group) -> None:
        held = self.groups.get(group.target)
        if held and held.group_id == group.group_id:
            del self.groups[group.target]
