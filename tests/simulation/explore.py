"""Runs scenarios under schedules: every single fault, and many by chance."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from tests.simulation.faults import PASSING, Fault, Schedule
from tests.simulation.promises import liveness, safety
from tests.simulation.scenarios import SCENARIOS, Scenario
from tests.simulation.world import World


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A broken promise, and how to see it again."""

    scenario: str
    schedule: str
    violations: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.scenario} with {self.schedule}: {'; '.join(self.violations)}"


def play(scenario: Scenario, schedule: Schedule, *, dice: random.Random | None = None, may_fail: bool = False) -> World:
    """One scenario under one schedule, to its end."""
    world = World(schedule=schedule, dice=dice, check=safety)
    scenario(world)
    world.run()
    world.violations |= liveness(world, may_fail=may_fail)
    return world


def single_faults(scenario: Scenario) -> Iterator[tuple[str, World]]:
    """Every kind of fault at every call that the scenario makes when all goes well."""
    calls = len(play(scenario, Schedule()).schedule.calls)
    for number in range(1, calls + 1):
        for fault in Fault:
            world = play(scenario, Schedule(at={number: fault}), may_fail=fault is Fault.REFUSED)
            yield f"call {number} ({world.schedule.calls[number - 1]}) {fault.value}", world


def seeded(seed: int, *, chance: float = 0.03) -> tuple[str, World]:
    """Faults, doubles, reordering and lost events by chance, all from one seed."""
    dice = random.Random(seed)
    scenario = SCENARIOS[seed % len(SCENARIOS)]
    return scenario.__name__, play(scenario, Schedule(chance=chance, dice=dice), dice=dice)


def findings(scenario: Scenario) -> tuple[int, list[Finding]]:
    """How many single-fault schedules were played, and what they broke."""
    found, played = [], 0
    for name, world in single_faults(scenario):
        played += 1
        if world.violations:
            found.append(Finding(scenario=scenario.__name__, schedule=name, violations=tuple(sorted(world.violations))))
    return played, found


__all__ = ["PASSING", "Finding", "findings", "play", "seeded", "single_faults"]
