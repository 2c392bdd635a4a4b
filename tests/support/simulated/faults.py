"""Faults on every call that leaves the pipeline, chosen by a schedule.

Method: deterministic simulation, one seed (as FoundationDB and SQLite's I/O error tests do it).
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import GeneratorType
from typing import Any

from chalicelib import ports
from chalicelib.adapters.memory import Fate, MemoryClock
from chalicelib.errors import Refused, Retryable, Throttled

PORTS = {
    name: frozenset(method for method in vars(port) if not method.startswith("_"))
    for name, port in {
        "objects": ports.ObjectStore,
        "runs": ports.Runs,
        "chunks": ports.Chunks,
        "tries": ports.Tries,
        "search": ports.RunSearch,
        "bookmarks": ports.Bookmarks,
        "load_queue": ports.LoadQueue,
        "warehouse": ports.Warehouse,
        "queue": ports.Queue,
        "notifier": ports.Notifier,
    }.items()
}
"""Every call that may fail, by port."""
CALLS = {
    **PORTS,
    "executions": frozenset({"start", "answer"}),
    "table": frozenset({"newest", "page"}),
    "api": frozenset({"request"}),
}
"""The same, and those to the state machine, and to what sources read."""
SLOW_SECONDS = 1_200.0
"""Longer than a message stays invisible, and than a run may stand still before the sweep looks at it."""
DAY_SECONDS = 25 * 3_600.0
"""Longer than the warehouse knows a token or a statement."""


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
    ASLEEP = "killed after, and a day passes"


PASSING = (Fault.KILLED_BEFORE, Fault.KILLED_AFTER, Fault.THROTTLED, Fault.UNKNOWN, Fault.SLOW)
"""After any of these the file must still be loaded; after a refusal it may end FAILED."""


def distinct(reads: bool, begins: bool) -> tuple[Fault, ...]:
    """The faults of a call that end like no other fault of that call or of the one before it.

    Who is killed before a call has left what it would have left if it had been killed after its call before that; a
    call that only reads leaves nothing; and whoever has read has the same to do whether the answer is "slow down" or
    none.
    """
    alike = set() if begins else {Fault.KILLED_BEFORE}
    if reads:
        alike |= {Fault.KILLED_AFTER, Fault.UNKNOWN} | (set() if begins else {Fault.ASLEEP})
    return tuple(fault for fault in Fault if fault not in alike)


class Trouble(Enum):
    """What may happen to a delivery."""

    LOST = "lost"
    LATE = "late"
    DOUBLE = "double"
    DOUBLE_LATE = "double late"
    THROTTLED = "throttled"
    """Lambda is too busy to call the function: the message was received, and comes back."""
    DEAD = "throttled each time"
    """Until SQS makes a dead letter of it."""
    STOPPED = "stopped"
    """Somebody stops the execution."""


@dataclass
class Schedule:
    """What goes wrong: at calls by their number, at other things by their kind and number, and by chance."""

    at: dict[int, Fault] = field(default_factory=dict)
    twists: Mapping[tuple[str, int], str] = field(default_factory=dict)
    """By kind ("event", "message", "statement", "ended") and number, the name of a Trouble or a Fate."""
    chance: float = 0.0
    dice: random.Random = field(default_factory=lambda: random.Random(0))
    calls: list[str] = field(default_factory=list)
    begins: set[int] = field(default_factory=set)
    """Numbers of the calls with which a worker or a person begins, or goes on after somebody else came in between."""
    another: bool = False
    """Whether the next call is not made by whoever made the last one."""
    counted: Counter[str] = field(default_factory=Counter)
    stopped: bool = False

    def next(self, name: str) -> Fault | None:
        """The fault for the call that is about to be made."""
        self.calls.append(name)
        if self.another:
            self.begins.add(len(self.calls))
            self.another = False
        if self.chance and not self.stopped and self.dice.random() < self.chance:
            return self.dice.choice(PASSING)
        return self.at.get(len(self.calls)) if self.at and not self.stopped else None

    def fates(self) -> list[Fate]:
        """Of the statements, in the order in which they are asked for."""
        named = {number: Fate[name] for (kind, number), name in self.twists.items() if kind == "statement"}
        return [named.get(number, Fate.FINE) for number in range(1, max(named, default=0) + 1)]

    def twist(self, kind: str) -> str | None:
        """What happens to the next one of a kind."""
        self.counted[kind] += 1
        return self.twists.get((kind, self.counted[kind]))


class Faulty:
    """Stands before a port and lets its calls through as the schedule says.

    `turn` runs before each call and may fail it, `after` runs after it has had its effect.
    """

    def __init__(
        self,
        name: str,
        port: object,
        schedule: Schedule,
        clock: MemoryClock,
        turn: Callable[[str], None],
        after: Callable[[str], None],
    ) -> None:
        self._name, self._port, self._schedule, self._clock = name, port, schedule, clock
        self._turn, self._after = turn, after

    def __getattr__(self, method: str) -> Any:
        if method not in CALLS[self._name]:
            return getattr(self._port, method)
        where, port = f"{self._name}.{method}", self._port
        turn, after, schedule, clock = self._turn, self._after, self._schedule, self._clock

        def made(*args: Any, **kwargs: Any) -> Any:
            turn(where)
            fault = schedule.next(where)
            if fault:
                _before(fault, where, clock)
            result = getattr(port, method)(*args, **kwargs)  # asked each time: tests put others there
            if type(result) is GeneratorType:  # what it does is done now, not when somebody looks
                result = iter(list(result))
            after(where)
            if fault:
                _afterwards(fault, where, clock)
            return result

        self.__dict__[method] = made  # asked for once
        return made


def _before(fault: Fault, where: str, clock: MemoryClock) -> None:
    match fault:
        case Fault.KILLED_BEFORE:
            raise Killed(where)
        case Fault.THROTTLED:
            raise Throttled(f"{where}: slow down")
        case Fault.REFUSED:
            raise Refused(f"{where}: not allowed")
        case Fault.SLOW:
            clock.advance(SLOW_SECONDS)


def _afterwards(fault: Fault, where: str, clock: MemoryClock) -> None:
    if fault is Fault.ASLEEP:
        clock.advance(DAY_SECONDS)
    if fault in (Fault.KILLED_AFTER, Fault.ASLEEP):
        raise Killed(where)
    if fault is Fault.UNKNOWN:
        raise Retryable(f"{where}: no answer")
