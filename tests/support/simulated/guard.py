"""Lambda's recursion guard: the 17th message of a chain becomes a dead letter, unless its function may loop.

A chain begins outside of queues: with an event, the sweep, a request. What a worker sends while it handles a message
goes on with that message's chain. AWS counts "approximately 16" invocations of one function in a chain. Here all
messages of the chain count, which is stricter.
Source: AWS, "Use Lambda recursive loop detection to prevent infinite loops", AWS Lambda Developer Guide.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from chalicelib.adapters.memory import MemoryQueue, Message
from chalicelib.adapters.memory.queue import CHUNKS, RUNS, SOURCES
from chalicelib.ports import Clock
from deploy.stage import LOOPING

MOST = 16
FUNCTIONS = {RUNS: "advance_run", CHUNKS: "stage_chunk", SOURCES: "read_source"}
_LENGTH: ContextVar[int] = ContextVar("length of the chain of the message that is being handled", default=0)
"""Each worker has its own, also when several are at work at once."""


class GuardedQueue(MemoryQueue):
    """A queue that knows how many messages led to each of its own."""

    def __init__(self, clock: Clock, *, looping: tuple[str, ...] = LOOPING) -> None:
        super().__init__(clock)
        self.lengths: dict[int, int] = {}
        """Of the chain that ends with a message, by the message's number."""
        self.looping = looping
        """Functions that may loop."""

    def drops(self, message: Message) -> bool:
        """Whether Lambda drops the message instead of calling its function."""
        return FUNCTIONS[message.queue] not in self.looping and self.lengths[message.number] > MOST

    @contextmanager
    def handling(self, message: Message) -> Iterator[None]:
        """What is sent in here follows from the message."""
        token = _LENGTH.set(self.lengths[message.number])
        try:
            yield
        finally:
            _LENGTH.reset(token)

    def duplicate(self, message: Message, *, delay: float = 0.0) -> None:
        super().duplicate(message, delay=delay)
        self.lengths[self.sent] = self.lengths[message.number]

    def _send(self, queue: str, body: str, delay: float) -> None:
        super()._send(queue, body, delay)
        self.lengths[self.sent] = _LENGTH.get() + 1
