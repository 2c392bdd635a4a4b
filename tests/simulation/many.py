"""Many schedules on all cores: in blocks, each played by a process of its own."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from tests.simulation.cases import Broken, Case, broken, live, single_faults, storm
from tests.simulation.meetings import SCENARIOS, VERSIONS_MATTER

SLICES = 4
"""Of one scenario's single faults, so that the cores end at about the same time."""
BLOCK = 200
Played = tuple[int, list[Broken]]
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


def singles(place: tuple[str, bool, int]) -> Played:
    """Every so-manieth single fault of a scenario."""
    scenario, versioned, first = place
    return broken(islice(single_faults(scenario, versioned), first, None, SLICES))


def storms(seeds: range) -> Played:
    return broken(map(storm, seeds))


def lives(seeds: range) -> Played:
    return broken(map(live, seeds))


def these(cases: tuple[Case, ...]) -> Played:
    return broken(iter(cases))


def blocks(first: int, count: int) -> list[range]:
    """So many seeds from the first on."""
    stop = first + count
    return [range(start, min(start + BLOCK, stop)) for start in range(first, stop, BLOCK)]


def slices() -> list[tuple[str, bool, int]]:
    """The work of `singles`, the long scenarios first."""
    return [(scenario, versioned, first) for scenario, versioned in reversed(PLACES) for first in range(SLICES)]


class Cores:
    """A process for each core."""

    def __init__(self) -> None:
        self._pool = ProcessPoolExecutor(os.cpu_count(), initializer=_quick)

    def __enter__(self) -> Cores:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def play(self, work: Callable[[Any], Played], parts: Iterable[Any]) -> Iterator[Played]:
        """The results, in the order of the parts."""
        return self._pool.map(work, parts)


def _quick() -> None:
    """Worlds are many and short-lived: look for cycles seldom."""
    gc.freeze()
    gc.set_threshold(100_000)
