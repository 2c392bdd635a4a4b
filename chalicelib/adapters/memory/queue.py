"""SQS in memory: only `ack` removes a message, and the caller selects the next one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.adapters.messages import run_body, source_body, task_body
from chalicelib.domain.run.model import ChunkTask
from chalicelib.ports import Clock

RUNS = "runs"
CHUNKS = "chunks"
SOURCES = "sources"


@dataclass(kw_only=True, eq=False)
class Message:
    """One message in a queue; `visible_at` and `receives` change as it is taken."""

    queue: str
    body: str
    number: int
    visible_at: float
    receives: int = 0


class MemoryQueue:
    """At least once and in any order: `receive` may take any visible message, `duplicate` adds one again."""

    def __init__(self, clock: Clock, *, visibility: float = 30.0) -> None:
        self.clock = clock
        self.visibility = visibility
        self.messages: list[Message] = []
        self.sent = 0
        self.dead: list[Message] = []

    def send_run(self, run_id: str, *, delay: int = 0) -> None:
        self._send(RUNS, run_body(run_id), delay)

    def send_runs(self, run_ids: Sequence[str]) -> None:
        for run_id in run_ids:
            self.send_run(run_id)

    def send_chunks(self, tasks: list[ChunkTask]) -> None:
        for task in tasks:
            self._send(CHUNKS, task_body(task), 0)

    def send_source(self, object: str) -> None:
        self._send(SOURCES, source_body(object), 0)

    def waiting(self) -> int:
        return len(self.visible(RUNS))

    def redrive(self, most: int) -> int:
        back, self.dead = self.dead[:most], self.dead[most:]
        for message in back:
            self._send(message.queue, message.body, 0)
        return len(back)

    def move_to_dead_letters(self, message: Message) -> None:
        """Move a message to its dead-letter queue, as SQS does after too many receives."""
        self.ack(message)
        self.dead.append(message)

    def visible(self, queue: str | None = None) -> list[Message]:
        """Return the messages that can be received now, from one queue or both, oldest first."""
        now = self.clock.now()
        return [m for m in self.messages if m.visible_at <= now and queue in (None, m.queue)]

    def receive(self, index: int = 0, queue: str | None = None) -> Message | None:
        """Take the visible message at `index` (any is legal: SQS promises no order)."""
        found = self.visible(queue)
        return self.take(found[index % len(found)]) if found else None

    def take(self, message: Message) -> Message:
        """Give a visible message to a worker; it comes back unless acked."""
        message.receives += 1
        message.visible_at = self.clock.now() + self.visibility
        return message

    def ack(self, message: Message) -> None:
        """Delete a message; do nothing if it is gone already."""
        self.messages = [m for m in self.messages if m is not message]

    def delay(self, message: Message, seconds: float) -> None:
        """Make a received message visible again after `seconds`."""
        message.visible_at = self.clock.now() + seconds

    def duplicate(self, message: Message, *, delay: float = 0.0) -> None:
        """Deliver a message once more, as SQS may."""
        self._send(message.queue, message.body, delay)

    def _send(self, queue: str, body: str, delay: float) -> None:
        self.sent += 1
        message = Message(queue=queue, body=body, number=self.sent, visible_at=self.clock.now() + delay)
        self.messages.append(message)
