"""The queue within one step of a state machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from chalicelib.domain.run.model import ChunkTask
from chalicelib.ports import Queue


@dataclass(kw_only=True)
class OwnMessages:
    """The queue within one step: messages of the step's own run are what it returns."""

    queue: Queue
    run_id: str
    chunks: list[ChunkTask] = field(default_factory=list)

    def send_run(self, run_id: str, *, delay: int = 0) -> None:
        if delay > 0 or run_id != self.run_id:
            self.queue.send_run(run_id, delay=delay)

    def send_runs(self, run_ids: Sequence[str]) -> None:
        self.queue.send_runs([run_id for run_id in run_ids if run_id != self.run_id])

    def send_chunks(self, tasks: list[ChunkTask]) -> None:
        self.chunks += tasks

    def send_source(self, object: str) -> None:
        self.queue.send_source(object)

    def waiting(self) -> int:
        return self.queue.waiting()

    def redrive(self, most: int) -> int:
        return self.queue.redrive(most)
