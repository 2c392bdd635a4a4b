"""`make sim-deep`: every single fault, every pair of some scenarios, many interleavings, and a million storms.

Half of the storms and interleavings are by messages, half by executions. It may be limited, and its storms gone on
with.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from typing import Any

from tests.simulation.cases import notified, pairs
from tests.simulation.many import Cores, Played, Tally, blocks, met, mixed, singles, these

SCENARIOS = ("one_file", "overwritten", "newer_event_lost", "two_small", "asked_twice")
PROGRESS_SECONDS = 20.0
AHEAD = 16
"""Blocks that are given to the cores at a time, so that it can be stopped."""


def deep(most_pairs: int | None, interleavings: int, seeds: int, first_seed: int, minutes: float | None) -> int:
    """Prints progress, then counts and time; 1 if a promise broke."""
    all_pairs = [case for scenario in SCENARIOS for case in pairs(scenario)]
    random.Random(0).shuffle(all_pairs)  # so that the first of them are a sample of all
    wanted = all_pairs[:most_pairs]
    print(f"{len(all_pairs)} pairs of faults in all, {len(wanted)} of them and {seeds} seeds wanted", flush=True)
    with Cores() as cores:
        watch = Watch(cores, minutes)
        single = watch.play("single faults", these, singles() + singles(machine=True) if most_pairs != 0 else ())
        meetings = watch.play("interleavings", met, range(interleavings))
        paired = watch.play("pairs", these, wanted)
        seeded = watch.play("seeds", mixed, range(first_seed, first_seed + seeds))
    found = single.found + meetings.found + paired.found + seeded.found
    if seeded.played < seeds:
        print(
            f"stopped after {watch.minutes:g} minutes; the seeds that are left: "
            f"--pairs 0 --interleavings 0 --first-seed {first_seed + seeded.played}"
        )
    print(f"{single.played} single-fault schedules")
    print(f"{meetings.played} interleavings")
    print(f"{paired.played} pairs of faults")
    print(f"{seeded.played} seeded schedules, {first_seed} to {first_seed + seeded.played - 1}")
    print(f"{len(found)} violations")
    return 1 if found else 0


class Watch:
    """Plays in parts, says how far it is, and stops when time is up."""

    def __init__(self, cores: Cores, minutes: float | None) -> None:
        self.cores, self.minutes = cores, minutes
        self.started = time.monotonic()

    def play(self, what: str, work: Callable[[Any], Played], schedules: Sequence[Any]) -> Tally:
        tally, rest, started = Tally(), blocks(schedules), time.monotonic()
        total, said = len(schedules), 0.0
        while rest and not self._late(half=what != "seeds"):
            now, rest = rest[:AHEAD], rest[AHEAD:]
            before = len(tally.found)
            for part in self.cores.play(work, now):
                tally.add(part)
            for finding in tally.found[before:]:
                print(notified(finding), flush=True)
            seconds = time.monotonic() - started
            if seconds - said >= PROGRESS_SECONDS or not rest:
                said, left = seconds, (total - tally.played) * seconds / tally.played
                print(f"{tally.played} of {total} {what} in {seconds:.0f} s, {left:.0f} s to go", flush=True)
        return tally

    def _late(self, *, half: bool) -> bool:
        limit = self.minutes and self.minutes * (30 if half else 60)
        return limit is not None and time.monotonic() - self.started > limit
