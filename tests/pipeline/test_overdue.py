"""Files that are expected: the sweep tells which have not come, until they come."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.domain.contract.expected import Expected
from chalicelib.domain.run.model import Correction
from chalicelib.errors import LandfallError, Refused, Throttled
from chalicelib.pipeline.overdue import overdue
from chalicelib.pipeline.sweep import report_overdue, sweep
from tests.simulation.outside import CONTRACTS
from tests.simulation.scenarios import numbered, put
from tests.simulation.world import World
from tests.unit.pipeline.endings import arrive, noted

DAY = 86_400.0


@pytest.fixture
def world() -> World:
    """A world in which files of one object are expected by a time that was two hours ago."""
    world = World()
    due = datetime.fromtimestamp(world.clock.now() - 7_200, UTC)
    expected = Expected.parse(f"{due:%H:%M}", ())
    world.reconfigure(contracts={**CONTRACTS, "thing": replace(CONTRACTS["thing"], expected=expected)})
    return world


def test_an_overdue_file_is_reported_at_every_sweep(world: World) -> None:
    said = noted(world)
    assert sweep(world.pipeline)["late"] == 1
    assert ("expected", {"object": "thing", "late": 1}) in said
    put(world, "a.csv", numbered(2))
    arrive(world)
    assert sweep(world.pipeline)["late"] == 0
    assert said[-2] == ("expected", {"object": "thing", "late": 0})


def test_the_next_day_wants_a_file_of_its_own(world: World) -> None:
    put(world, "a.csv", numbered(2))
    arrive(world)
    assert overdue(world.pipeline.ctx) == {"thing": False}
    world.clock.advance(DAY)
    assert overdue(world.pipeline.ctx) == {"thing": True}


def test_corrected_rows_are_no_file(world: World) -> None:
    put(world, "a.csv", numbered(2))
    arrive(world)
    (run,) = world.runs.runs.values()
    world.runs.runs[run.run_id] = replace(run, corrects=Correction(run_id="other", generation=1, source_order=""))
    assert overdue(world.pipeline.ctx) == {"thing": True}


@pytest.mark.parametrize("error", [Throttled("slow down"), Refused("not allowed")], ids=lambda e: type(e).__name__)
def test_a_silent_run_store_hides_no_file_of_the_bucket(world: World, error: LandfallError) -> None:
    def search(**_asked: Any) -> None:
        raise error

    said = noted(world)
    world.search.page = search  # type: ignore[assignment]
    assert report_overdue(world.pipeline) == 0
    assert said == [("passed_over", {"error": type(error).__name__})]
