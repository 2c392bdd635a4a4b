"""`make sim` and `make sim-deep`: how many schedules were played, and how many promises broke.

Usage: python -m tests.simulation [--seeds N] [--interleavings N]    8,200 single faults, and so many by chance;
                                                                     by messages, and as many by executions
       python -m tests.simulation --deep [--pairs N] [--interleavings N] [--seeds N] [--first-seed N] [--minutes N]
       python -m tests.simulation --repro WORD                       one schedule, as a finding names it
       python -m tests.simulation --until-broken [--machine]         to the first broken promise, in one process
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from typing import Any

from tests.simulation.cases import Broken, Case, broken, live, notified, play, single_faults, storm
from tests.simulation.deep import deep
from tests.simulation.many import PLACES, Cores, Played, Tally, blocks, lives, quick, singles, storms, these

SINGLES = 8_200
"""So many of the single faults are played; every one by `make sim-deep`."""
SHOWN = 20
KINDS = ("single-fault schedules", "seeded schedules", "interleavings")


def sample(cases: list[Case]) -> list[Case]:
    """The same ones each time, and of each kind about as many: every third would be always the same fault of a call."""
    return random.Random(0).sample(cases, SINGLES)


def main(seeds: int, interleavings: int) -> int:
    """Prints the counts last; 1 if a promise broke."""
    found: list[Broken] = []
    with Cores() as cores:
        by_messages, by_executions = (
            [_played(cores, work, parts, found) for work, parts in _plan(seeds, interleavings, machine)]
            for machine in (False, True)
        )
    for finding in found[:SHOWN]:
        print(notified(finding))
    for kind, messages, executions in zip(KINDS, by_messages, by_executions, strict=True):
        print(f"{messages} {kind} by messages, {executions} by executions")
    print(f"{len(found)} violations")
    return 1 if found else 0


def _plan(seeds: int, interleavings: int, machine: bool) -> Iterator[tuple[Callable[[Any], Played], list[Any]]]:
    """What is played, and by what; in the order of KINDS."""
    yield these, blocks(sample(singles(machine)))
    yield partial(storms, machine=machine), blocks(range(seeds))
    yield partial(lives, machine=machine), blocks(range(interleavings))


def _played(cores: Cores, work: Callable[[Any], Played], parts: list[Any], found: list[Broken]) -> int:
    tally = Tally(found=found)
    for part in cores.play(work, parts):
        tally.add(part)
    return tally.played


def until_broken(machine: bool) -> int:
    """Stops at the first broken promise, whose name it prints, with the schedule, and how many were played."""
    quick()
    plain: Iterator[Case] = (Case(scenario=name, versioned=v, machine=machine) for name, v in PLACES)
    by_chance = (case for seed in range(4_000) for case in (storm(seed, machine), live(seed, machine)))
    single = chain.from_iterable(single_faults(name, versioned, machine) for name, versioned in PLACES)
    for number, case in enumerate(chain(plain, by_chance, single), 1):
        _, found = broken(iter((case,)))
        if found:
            print(f"{found[0][1][0]} [{case}, schedule {number}]")
            return 1
    return 0


def repro(word: str) -> int:
    """Plays one schedule and prints what it broke, call by call if it did."""
    deployment = play(case := Case.read(word))
    if deployment.violations:
        print("\n".join(f"{number:5} {call}" for number, call in enumerate(deployment.schedule.calls, 1)))
    for run in deployment.runs.runs.values():
        print(f"{run.source.key}: {run.state.value}{f', {run.problem.code}' if run.problem else ''}")
    print(notified((case, tuple(sorted(deployment.violations)))) if deployment.violations else "0 violations")
    return 1 if deployment.violations else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("--seeds", type=int, help="seeded schedules (20,000; with --deep 1,000,000)")
    parser.add_argument("--interleavings", type=int, help="interleavings of three workers (1,000; with --deep 20,000)")
    parser.add_argument("--deep", action="store_true", help="every single fault and pair, and many more seeds")
    parser.add_argument("--pairs", type=int, help="with --deep: no more pairs than that, taken evenly from all")
    parser.add_argument("--first-seed", type=int, default=0, help="with --deep: go on where another run stopped")
    parser.add_argument("--minutes", type=float, help="with --deep: stop after so many minutes")
    parser.add_argument("--repro", metavar="WORD", help="play one schedule")
    parser.add_argument("--until-broken", action="store_true", help="stop at the first broken promise")
    parser.add_argument("--machine", action="store_true", help="with --until-broken: by executions, not by messages")
    return parser.parse_args()


def chosen(given: argparse.Namespace) -> int:
    if given.repro:
        return repro(given.repro)
    if given.until_broken:
        return until_broken(given.machine)
    if given.deep:
        interleavings, seeds = _or(given.interleavings, 20_000), _or(given.seeds, 1_000_000)
        return deep(given.pairs, interleavings, seeds, given.first_seed, given.minutes)
    return main(_or(given.seeds, 20_000), _or(given.interleavings, 1_000))


def _or(given: int | None, usual: int) -> int:
    return usual if given is None else given


if __name__ == "__main__":
    sys.exit(chosen(arguments()))
