"""Many schedules on all cores: in blocks, each played by a process of its own."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from tests.simulation.cases import Broken, Case, broken, live, single_faults, storm
from tests.simulation.engine import remember
from tests.simulation.meetings import SCENARIOS, VERSIONS_MATTER

BLOCK = 200
"""Schedules that a core is given at a time."""
Played = tuple[int, list[Broken]]
T = TypeVar("T")
PLACES = tuple((scenario.__name__, False) for scenario in SCENARIOS) + tuple((name, True) for name in VERSIONS_MATTER)
"""Every scenario, and those where versions matter in a bucket with versions, too."""


@dataclass
class Tally:
    """How many were played, and what they broke."""

    played: int = 0
    found: list[Broken] = field(default_factory=list)

    def add(self, block: Played) -> Tally:
        self.played += block[0]
        self.found += block[1]
        return self


def singles(machine: bool = False) -> list[Case]:
    """Every single fault of every scenario, by messages or by executions of the state machine."""
    return [case for place in PLACES for case in single_faults(*place, machine)]


def these(cases: Sequence[Case]) -> Played:
    return broken(iter(cases))


def storms(seeds: Sequence[int], machine: bool = False) -> Played:
    return broken(storm(seed, machine) for seed in seeds)


def lives(seeds: Sequence[int], machine: bool = False) -> Played:
    return broken(live(seed, machine) for seed in seeds)


def met(seeds: Sequence[int]) -> Played:
    """Interleavings, half of them by messages and half by executions."""
    return broken(live(seed // 2, bool(seed % 2)) for seed in seeds)


def mixed(seeds: Sequence[int]) -> Played:
    """Storms, half of them by messages and half by executions."""
    return broken(storm(seed // 2, bool(seed % 2)) for seed in seeds)


def blocks(schedules: Sequence[T]) -> list[Sequence[T]]:
    """The same, cut for `Cores.play`."""
    return [schedules[first : first + BLOCK] for first in range(0, len(schedules), BLOCK)]


class Cores:
    """A process for each core."""

    def __init__(self) -> None:
        quick()  # where processes are forked, they know what was learnt before
        self._pool = ProcessPoolExecutor(os.cpu_count(), initializer=quick)

    def __enter__(self) -> Cores:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def play(self, work: Callable[[Any], Played], parts: Iterable[Any]) -> Iterator[Played]:
        """The results, in the order of the parts."""
        return self._pool.map(work, parts)


def quick() -> None:
    """Worlds are many and short-lived: look for cycles seldom, and into the same file once."""
    remember()
    gc.freeze()
    gc.set_threshold(100_000)
