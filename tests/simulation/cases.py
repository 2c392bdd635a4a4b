"""A schedule that can be named in one word and played again: a scenario, and what goes wrong in it.

    one_file                                   nothing goes wrong
    one_file/versioned/call-12=SLOW            one fault, in a bucket with versions
    one_file/call-3=UNKNOWN/statement-1=STUCK  two
    crowd/storm=1855                           faults and weather by chance, from a seed
    crowd/live=17                              the same, and three workers at work at once
    crowd/machine/storm=1855                   by executions of the state machine, and not by messages

Every word is played by `python -m tests.simulation --repro WORD`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache

from chalicelib.adapters.memory import Fate
from chalicelib.domain.run.model import RunState
from chalicelib.domain.warehouse.statement import StatementState
from tests.simulation.live import play_live
from tests.simulation.meetings import BY_NAME, ENDS, LIVE, LOADS_FAIL
from tests.support.simulated.deployment import SimulatedDeployment
from tests.support.simulated.faults import Fault, Schedule, Trouble, distinct
from tests.support.simulated.outside import READS
from tests.support.simulated.promises import liveness, put_of, safety
from tests.support.simulated.weather import CALM, FATES, Weather, drawn

Twist = tuple[str, int, str]
"""What, which one of these, and what happens to it: the name of a Fault, a Trouble or a Fate."""
TROUBLES: dict[str, tuple[Trouble, ...]] = {
    "event": (Trouble.LOST, Trouble.LATE, Trouble.DOUBLE, Trouble.DOUBLE_LATE),
    "message": (Trouble.DOUBLE, Trouble.DOUBLE_LATE, Trouble.THROTTLED, Trouble.DEAD),
    "ended": (Trouble.LOST, Trouble.LATE, Trouble.DOUBLE),
    "execution": (Trouble.STOPPED,),
}
LONGER = 30.0
"""Seconds that executions may take longer than messages. Less than a sweep: a lost wake-up would be found by one."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One schedule."""

    scenario: str
    versioned: bool = False
    machine: bool = False
    twists: tuple[Twist, ...] = ()
    storm: int | None = None
    live: int | None = None

    def __str__(self) -> str:
        words = [self.scenario] + ["versioned"] * self.versioned + ["machine"] * self.machine
        words += [f"{what}-{number}={happens}" for what, number, happens in self.twists]
        words += [f"{kind}={seed}" for kind, seed in (("storm", self.storm), ("live", self.live)) if seed is not None]
        return "/".join(words)

    @classmethod
    def read(cls, word: str) -> Case:
        """The schedule with that name. Raises ValueError, KeyError."""
        scenario, *words = word.split("/")
        case = cls(scenario=BY_NAME[scenario].__name__)
        for part in words:
            name, _, value = part.partition("=")
            what, _, number = name.partition("-")
            if number:
                case = replace(case, twists=(*case.twists, (what, int(number), value)))
            else:
                case = replace(case, **{what: int(value) if value else True})
        return case

    @property
    def may_fail(self) -> bool:
        """Whether a sound file may end FAILED: something says no for good."""
        refused = {Fault.REFUSED.name, Fate.REFUSED.name} & {happens for _, _, happens in self.twists}
        return bool(refused) or self.scenario in ("corrected", "contract_ahead")


def play(case: Case) -> SimulatedDeployment:
    """One scenario under one schedule, to its end."""
    seed = case.storm if case.live is None else case.live
    dice = None if seed is None else random.Random(seed)
    weather = drawn(dice) if dice else CALM
    random.seed(str(replace(case, twists=())))  # of the pauses between tries
    if case.machine and dice:
        # A step makes more calls than a message: as many faults a call would exceed the loads that a file may take.
        weather = replace(weather, stopped=dice.choice((0.0, 0.02, 0.1)), chance=min(weather.chance, 0.03))
    kind = {"versioned": case.versioned, "by_machine": case.machine}
    deployment = SimulatedDeployment(
        schedule=_schedule(case, dice, weather), dice=dice, weather=weather, check=safety, **kind
    )
    BY_NAME[case.scenario](deployment)
    if case.live is None:
        deployment.settle()
    else:
        play_live(deployment)
    deployment.violations |= liveness(deployment, may_fail=case.may_fail or weather.may_fail)
    if seed is None and not case.twists:
        deployment.violations |= _ending(case.scenario, deployment)
        if case.machine and deployment.clock.now() > _ends_at(replace(case, machine=False)) + LONGER:
            deployment.violations.add("I9 it took longer by executions, though nothing was wrong")
    return deployment


@cache
def _ends_at(case: Case) -> float:
    """When all has come to rest."""
    return play(case).clock.now()


def _schedule(case: Case, dice: random.Random | None, weather: Weather) -> Schedule:
    at = {number: Fault[happens] for what, number, happens in case.twists if what == "call"}
    twists = {(what, number): happens for what, number, happens in case.twists if what != "call"}
    if dice is None:
        return Schedule(at=at, twists=twists)
    return Schedule(at=at, twists=twists, chance=weather.chance, dice=dice)


def _ending(scenario: str, deployment: SimulatedDeployment) -> set[str]:
    """Without faults it is known how the newest run ends, and that no load is tried in vain."""
    if not deployment.runs.runs:
        return {"I5 no run at all"}
    newest = max(deployment.runs.runs.values(), key=lambda run: put_of(deployment, run)[0])
    wanted = ENDS.get(scenario, RunState.LOADED)
    broken = set() if newest.state is wanted else {f"I9 ended {newest.state.value}, not {wanted.value}"}
    failed = any(s.state is StatementState.FAILED for s in deployment.warehouse.statements.values())
    return broken | ({"I11 a load failed though nothing was wrong"} if failed and scenario not in LOADS_FAIL else set())


@cache
def twists(scenario: str, versioned: bool, machine: bool = False) -> tuple[Twist, ...]:
    """Everything that can go wrong in a scenario, one thing at a time, counted when all goes well.

    Of faults that end alike, one.
    """
    deployment = play(Case(scenario=scenario, versioned=versioned, machine=machine))
    calls, begins = deployment.schedule.calls, deployment.schedule.begins
    found = [
        ("call", number, fault.name)
        for number, call in enumerate(calls, 1)
        for fault in distinct(call in READS, number in begins)
    ]
    for what, troubles in TROUBLES.items():
        numbers = range(1, deployment.schedule.counted[what] + 1)
        found += [(what, number, trouble.value) for number in numbers for trouble in troubles]
    statements = range(1, len(deployment.warehouse.statements) + 1)
    return *found, *(("statement", number, fate.name) for number in statements for fate in (*FATES, Fate.REFUSED))


def single_faults(scenario: str, versioned: bool, machine: bool = False) -> Iterator[Case]:
    """Every single thing that can go wrong."""
    for twist in twists(scenario, versioned, machine):
        yield Case(scenario=scenario, versioned=versioned, machine=machine, twists=(twist,))


def pairs(scenario: str) -> Iterator[Case]:
    """Every two things that can go wrong at different places."""
    found = twists(scenario, False)
    for number, first in enumerate(found):
        for second in found[number + 1 :]:
            if first[:2] != second[:2]:
                yield Case(scenario=scenario, twists=(first, second))


def storm(seed: int, machine: bool = False) -> Case:
    """Each seed is a scenario and a storm over it."""
    names = tuple(BY_NAME)
    return Case(scenario=names[seed % len(names)], versioned=bool(seed // len(names) % 2), machine=machine, storm=seed)


def live(seed: int, machine: bool = False) -> Case:
    """Each seed is a scenario in which workers meet, and a storm over it."""
    return Case(scenario=LIVE[seed % len(LIVE)], versioned=bool(seed // len(LIVE) % 2), machine=machine, live=seed)


Broken = tuple[Case, tuple[str, ...]]


def broken(cases: Iterator[Case], play: Callable[[Case], SimulatedDeployment] = play) -> tuple[int, list[Broken]]:
    """How many schedules were played, and which broke what."""
    played, found = 0, []
    for case in cases:
        played += 1
        deployment = play(case)
        if deployment.violations:
            found.append((case, tuple(sorted(deployment.violations))))
        vars(deployment).clear()  # it holds what holds it: so nobody needs to look for such circles
    return played, found


def notified(found: Broken) -> str:
    """What broke, and the command that shows it again."""
    case, violations = found
    return f"{'; '.join(violations)}\n    .venv/bin/python -m tests.simulation --repro '{case}'"
