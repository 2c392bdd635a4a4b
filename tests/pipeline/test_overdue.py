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
from tests.support.simulated.deployment import SimulatedDeployment
from tests.support.simulated.endings import arrive, noted
from tests.support.simulated.outside import CONTRACTS
from tests.support.simulated.scenarios import numbered, put

DAY = 86_400.0


@pytest.fixture
def deployment() -> SimulatedDeployment:
    """A deployment in which files of one object are expected by a time that was two hours ago."""
    deployment = SimulatedDeployment()
    due = datetime.fromtimestamp(deployment.clock.now() - 7_200, UTC)
    expected = Expected.parse(f"{due:%H:%M}", ())
    deployment.reconfigure(contracts={**CONTRACTS, "thing": replace(CONTRACTS["thing"], expected=expected)})
    return deployment


def test_an_overdue_file_is_reported_at_every_sweep(deployment: SimulatedDeployment) -> None:
    said = noted(deployment)
    assert sweep(deployment.pipeline)["late"] == 1
    assert ("expected", {"object": "thing", "late": 1}) in said
    put(deployment, "a.csv", numbered(2))
    arrive(deployment)
    assert sweep(deployment.pipeline)["late"] == 0
    assert said[-2] == ("expected", {"object": "thing", "late": 0})


def test_the_next_day_wants_a_file_of_its_own(deployment: SimulatedDeployment) -> None:
    put(deployment, "a.csv", numbered(2))
    arrive(deployment)
    assert overdue(deployment.pipeline.ctx) == {"thing": False}
    deployment.clock.advance(DAY)
    assert overdue(deployment.pipeline.ctx) == {"thing": True}


def test_corrected_rows_are_no_file(deployment: SimulatedDeployment) -> None:
    put(deployment, "a.csv", numbered(2))
    arrive(deployment)
    (run,) = deployment.runs.runs.values()
    deployment.runs.runs[run.run_id] = replace(run, corrects=Correction(run_id="other", generation=1, source_order=""))
    assert overdue(deployment.pipeline.ctx) == {"thing": True}


@pytest.mark.parametrize("error", [Throttled("slow down"), Refused("not allowed")], ids=lambda e: type(e).__name__)
def test_a_silent_run_store_hides_no_file_of_the_bucket(deployment: SimulatedDeployment, error: LandfallError) -> None:
    def search(**_asked: Any) -> None:
        raise error

    said = noted(deployment)
    deployment.search.page = search  # type: ignore[assignment]
    assert report_overdue(deployment.pipeline) == 0
    assert said == [("passed_over", {"error": type(error).__name__})]
