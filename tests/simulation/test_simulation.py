"""Every single fault of every scenario, and seeded storms: no promise may break."""

from __future__ import annotations

import pytest

from tests.simulation.explore import BOTH, findings, play, seeded, stormy
from tests.simulation.faults import Schedule
from tests.simulation.scenarios import Scenario, back_again
from tests.simulation.world import World


@pytest.mark.parametrize(("scenario", "versioned"), BOTH)
def test_without_faults_each_scenario_ends_as_it_should(scenario: Scenario, versioned: bool) -> None:
    assert not play(scenario, Schedule(), versioned=versioned).violations


@pytest.mark.parametrize(("scenario", "versioned"), BOTH)
def test_no_single_fault_breaks_a_promise(scenario: Scenario, versioned: bool) -> None:
    played, found = findings(scenario, versioned)
    assert played > 20
    assert not found, "\n".join(map(str, found[:10]))


@pytest.mark.parametrize("block", range(8))
def test_no_storm_breaks_a_promise(block: int) -> None:
    broken: dict[str, World] = {}
    for seed in range(block * 50, block * 50 + 50):
        name, world = seeded(seed)
        if world.violations:
            broken[f"seed {seed} ({name})"] = world
    assert not broken, "\n".join(f"{k}: {sorted(w.violations)}" for k, w in list(broken.items())[:5])


@pytest.mark.parametrize(("scenario", "seed"), [(back_again, 1855)])
def test_seeds_that_once_broke_a_promise_break_none(scenario: Scenario, seed: int) -> None:
    assert not stormy(scenario, seed, versioned=False).violations
