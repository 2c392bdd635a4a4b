"""Faults on every call that leaves the pipeline, chosen by a schedule.

Method: deterministic simulation, one thread, one seed (as FoundationDB and SQLite's I/O error tests do it).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from chalicelib.adapters.memory import MemoryClock
from chalicelib.errors import Refused, Retryable, Throttled

PORTS = {
    "objects": ("head", "read", "stream", "get", "put", "upload", "copy", "delete", "list"),
    "runs": (
        "create",
        "get",
        "several",
        "newest",
        "newest_of",
        "remember",
        "recall",
        "change",
        "begin_chunk",
        "finish_chunk",
        "reopen_chunk",
        "chunks",
        "unfinished",
    ),
    "line": ("join", "waiting", "leave", "group", "take", "change", "free"),
    "warehouse": ("submit", "describe", "ledger", "cancel"),
    "queue": ("send_run", "send_runs", "send_chunks"),
    "bell": ("success", "failure"),
}
SLOW_SECONDS = 1_200.0
"""Longer than a message stays invisible, and than a run may stand still before the sweep looks at it."""


class Killed(BaseException):
    """The worker is gone: no `except Exception` may tidy up."""


class Fault(Enum):
    """What may happen to one call."""

    KILLED_BEFORE = "killed before"
    KILLED_AFTER = "killed after"
    THROTTLED = "throttled"
    UNKNOWN = "outcome unknown"
    SLOW = "slow"
    REFUSED = "refused for good"


PASSING = (Fault.KILLED_BEFORE, Fault.KILLED_AFTER, Fault.THROTTLED, Fault.UNKNOWN, Fault.SLOW)
"""After any of these the file must still be loaded; after a refusal it may end FAILED."""


@dataclass
class Schedule:
    """Which call fails how: by its number, and by chance."""

    at: dict[int, Fault] = field(default_factory=dict)
    chance: float = 0.0
    dice: random.Random = field(default_factory=lambda: random.Random(0))
    calls: list[str] = field(default_factory=list)
    stopped: bool = False

    def next(self, name: str) -> Fault | None:
        """The fault for the call that is about to be made."""
        self.calls.append(name)
        if self.stopped:
            return None
        if self.chance and self.dice.random() < self.chance:
            return self.dice.choice(PASSING)
        return self.at.get(len(self.calls))


class Faulty:
    """Stands before a port and lets its calls through as the schedule says; `after` runs after each call."""

    def __init__(
        self, name: str, port: object, schedule: Schedule, clock: MemoryClock, after: Callable[[str], None]
    ) -> None:
        self._name, self._port, self._schedule, self._clock, self._after = name, port, schedule, clock, after

    def __getattr__(self, method: str) -> Any:
        call = getattr(self._port, method)
        if method not in PORTS[self._name]:
            return call

        def made(*args: Any, **kwargs: Any) -> Any:
            where = f"{self._name}.{method}"
            fault = self._schedule.next(where)
            _before(fault, where, self._clock)
            result = call(*args, **kwargs)
            if isinstance(result, Iterator):
                result = iter(list(result))
            self._after(where)
            _afterwards(fault, where)
            return result

        return made


def _before(fault: Fault | None, where: str, clock: MemoryClock) -> None:
    match fault:
        case Fault.KILLED_BEFORE:
            raise Killed(where)
        case Fault.THROTTLED:
            raise Throttled(f"{where}: slow down")
        case Fault.REFUSED:
            raise Refused(f"{where}: not allowed")
        case Fault.SLOW:
            clock.advance(SLOW_SECONDS)


def _afterwards(fault: Fault | None, where: str) -> None:
    if fault is Fault.KILLED_AFTER:
        raise Killed(where)
    if fault is Fault.UNKNOWN:
        raise Retryable(f"{where}: no answer")
