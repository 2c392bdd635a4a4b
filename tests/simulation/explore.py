"""Runs scenarios under schedules: every single fault, and many by chance."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from chalicelib.domain.model import RunState
from tests.simulation.faults import Fault, Schedule
from tests.simulation.promises import liveness, put_of, safety
from tests.simulation.scenarios import ENDS, SCENARIOS, Scenario
from tests.simulation.world import World


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A broken promise, and how to see it again."""

    scenario: str
    schedule: str
    violations: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.scenario} with {self.schedule}: {'; '.join(self.violations)}"


def play(
    scenario: Scenario, schedule: Schedule, *, dice: random.Random | None = None, versioned: bool = False
) -> World:
    """One scenario under one schedule, to its end."""
    world = World(schedule=schedule, dice=dice, check=safety, versioned=versioned)
    scenario(world)
    world.run()
    refused = Fault.REFUSED in schedule.at.values() or scenario.__name__ == "mended"
    world.violations |= liveness(world, may_fail=refused)
    if not schedule.at and not schedule.chance:
        world.violations |= _ending(scenario, world)
    return world


def _ending(scenario: Scenario, world: World) -> set[str]:
    """Without faults it is known how the newest run ends."""
    if not world.runs.runs:
        return {"I5 no run at all"}
    newest = max(world.runs.runs.values(), key=lambda run: put_of(world, run)[0])
    wanted = ENDS.get(scenario.__name__, RunState.LOADED)
    return set() if newest.state is wanted else {f"ended {newest.state.value}, not {wanted.value}"}


def single_faults(scenario: Scenario, *, versioned: bool) -> Iterator[tuple[str, World]]:
    """Every kind of fault at every call that the scenario makes when all goes well."""
    calls = len(play(scenario, Schedule(), versioned=versioned).schedule.calls)
    for number in range(1, calls + 1):
        for fault in Fault:
            world = play(scenario, Schedule(at={number: fault}), versioned=versioned)
            yield f"call {number} ({world.schedule.calls[number - 1]}) {fault.value}", world


def seeded(seed: int, *, chance: float = 0.03) -> tuple[str, World]:
    """Faults, doubles, reordering and lost events by chance, all from one seed."""
    scenario = SCENARIOS[seed % len(SCENARIOS)]
    versioned = bool(seed // len(SCENARIOS) % 2)
    return scenario.__name__, stormy(scenario, seed, versioned=versioned, chance=chance)


def stormy(scenario: Scenario, seed: int, *, versioned: bool, chance: float = 0.03) -> World:
    """The same for a scenario that is given."""
    dice = random.Random(seed)
    return play(scenario, Schedule(chance=chance, dice=dice), dice=dice, versioned=versioned)


def findings(scenario: Scenario, versioned: bool) -> tuple[int, list[Finding]]:
    """How many single-fault schedules were played, and what they broke."""
    found, played = [], 0
    where = "a versioned bucket, " if versioned else ""
    for name, world in single_faults(scenario, versioned=versioned):
        played += 1
        if world.violations:
            violations = tuple(sorted(world.violations))
            found.append(Finding(scenario=scenario.__name__, schedule=where + name, violations=violations))
    return played, found


BOTH = tuple((scenario, versioned) for scenario in SCENARIOS for versioned in (False, True))
"""Every scenario, in a bucket without and with versions."""
