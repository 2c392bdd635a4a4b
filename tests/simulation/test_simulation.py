"""Single faults of every scenario, storms and interleavings: no promise may break. At length: `make sim`."""

from __future__ import annotations

from itertools import islice

import pytest

from chalicelib.orchestration import step_functions
from tests.simulation.cases import Case, broken, live, notified, play, single_faults, storm, twists
from tests.simulation.many import PLACES
from tests.simulation.regressions import REGRESSIONS
from tests.support.simulated.faults import Fault

pytestmark = pytest.mark.usefixtures("remembering")
THINNED = {False: 5, True: 60}
"""Of the single faults every so-manieth is played here, by messages and by executions; each one by `make sim-deep`."""
BY_MACHINE = pytest.mark.parametrize("machine", [False, True], ids=["by messages", "by executions"])


@BY_MACHINE
@pytest.mark.parametrize(("scenario", "versioned"), PLACES)
def test_without_faults_each_scenario_ends_as_it_should(scenario: str, versioned: bool, machine: bool) -> None:
    assert not play(Case(scenario=scenario, versioned=versioned, machine=machine)).violations


@BY_MACHINE
@pytest.mark.parametrize(("scenario", "versioned"), PLACES)
def test_no_single_fault_breaks_a_promise(scenario: str, versioned: bool, machine: bool) -> None:
    first = PLACES.index((scenario, versioned)) % THINNED[machine]
    played, found = broken(islice(single_faults(scenario, versioned, machine), first, None, THINNED[machine]))
    assert played > 5 - 5 * machine
    assert not found, "\n".join(map(notified, found[:10]))


@BY_MACHINE
@pytest.mark.parametrize("block", range(8))
def test_no_storm_breaks_a_promise(block: int, machine: bool) -> None:
    count = 60 // (1 + machine)
    _, found = broken(storm(seed, machine) for seed in range(block * count, block * count + count))
    assert not found, "\n".join(map(notified, found[:10]))


@BY_MACHINE
@pytest.mark.parametrize("block", range(8))
def test_no_interleaving_of_three_workers_breaks_a_promise(block: int, machine: bool) -> None:
    count = 12 // (1 + machine)
    _, found = broken(live(seed, machine) for seed in range(block * count, block * count + count))
    assert not found, "\n".join(map(notified, found[:10]))


@pytest.mark.parametrize("block", range(4))
def test_no_storm_over_lists_of_chunks_breaks_a_promise(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of two chunks go through the distributed Map, whose items are a list in S3."""
    monkeypatch.setattr(step_functions, "INLINE_CHUNKS", 1)
    calm = play(Case(scenario="one_file", machine=True))
    assert any(key.endswith("/chunks.json") for _, key in calm.objects.objects)
    _, found = broken(storm(seed, machine=True) for seed in range(block * 30, block * 30 + 30))
    assert not found, "\n".join(map(notified, found[:10]))


def ending(case: Case) -> tuple[object, ...]:
    """All that follows a fault: the calls, the time they took, and what became of the runs."""
    deployment = play(case)
    [(_, number, _)] = case.twists
    return tuple(deployment.schedule.calls[number:]), deployment.clock.now(), repr(deployment.runs.runs)


@pytest.mark.parametrize("scenario", ["bad_rows", "overwritten_between"])
def test_a_fault_that_is_left_out_ends_like_one_that_is_played(scenario: str) -> None:
    calm = play(Case(scenario=scenario))
    every = {("call", number, fault.name) for number in range(1, len(calm.schedule.calls) + 1) for fault in Fault}
    played = every & set(twists(scenario, False))
    left_out = {ending(Case(scenario=scenario, twists=(twist,))) for twist in every - played}
    assert len(played) < 0.7 * len(every)
    assert left_out <= {ending(Case(scenario=scenario, twists=(twist,))) for twist in played}


@pytest.mark.parametrize("word", REGRESSIONS)
def test_what_once_broke_a_promise_breaks_none(word: str) -> None:
    assert not play(Case.read(word)).violations


@pytest.mark.parametrize(
    "case",
    [
        Case(scenario="one_file"),
        Case(scenario="crowd", versioned=True, twists=(("call", 12, "SLOW"), ("statement", 1, "STUCK"))),
        Case(scenario="two_files", storm=7),
        Case(scenario="two_files", machine=True, storm=7),
        Case(scenario="one_file", machine=True, twists=(("execution", 3, "stopped"),)),
        Case(scenario="two_files", versioned=True, live=7),
    ],
)
def test_a_schedule_is_played_again_by_its_name(case: Case) -> None:
    assert Case.read(str(case)) == case
    first, second = play(case), play(Case.read(str(case)))
    assert first.schedule.calls == second.schedule.calls
    assert first.clock.now() == second.clock.now()


def test_workers_are_at_work_at_once() -> None:
    """Else an interleaving would be a storm by another name."""
    deployment = play(Case(scenario="crowd", live=3))
    assert deployment.switches > 50
