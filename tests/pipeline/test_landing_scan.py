"""Files that were found by listing, whose events come late or never: one run each, about the right version."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.domain.run.model import RunState, SourceObject
from chalicelib.pipeline.sweep import sweep
from tests.support.simulated.deployment import BUCKET, SimulatedDeployment
from tests.support.simulated.promises import liveness
from tests.support.simulated.scenarios import numbered, put


def listed(deployment: SimulatedDeployment) -> None:
    """The sweep finds what lies there."""
    deployment.clock.advance(deployment.pipeline.ctx.settings.stuck_seconds + 1)
    sweep(deployment.pipeline)


def overwritten(deployment: SimulatedDeployment) -> tuple[SourceObject, SourceObject]:
    """Two contents of one key, of which only the second is there to be listed; their events are still on their way."""
    old = put(deployment, "a.csv", numbered(3, tag="old"), event=False)
    new = put(deployment, "a.csv", numbered(3, tag="new"), event=False)
    listed(deployment)
    return old, new


def ends(deployment: SimulatedDeployment) -> list[str]:
    deployment.settle()
    assert not deployment.violations
    assert not liveness(deployment)
    return [run.state.value for run in deployment.runs.runs.values()]


@pytest.mark.parametrize("at_rest", [False, True])
def test_late_events_of_listed_contents_change_nothing(deployment: SimulatedDeployment, at_rest: bool) -> None:
    for source in overwritten(deployment):
        if at_rest:
            deployment.settle()
        deployment.pipeline.arrive(source)
    assert ends(deployment) == ["LOADED"]


def test_a_version_still_there_is_loaded_however_late_its_event() -> None:
    deployment = SimulatedDeployment(versioned=True)
    for source in overwritten(deployment):
        deployment.pipeline.arrive(source)
    assert ends(deployment) == ["LOADED", "LOADED"]
    assert {str(row["value"])[:3] for row in deployment.warehouse.rows("landing.things")} == {"new"}


def test_a_listed_content_put_again_after_another_runs_again(deployment: SimulatedDeployment) -> None:
    put(deployment, "a.csv", numbered(2, tag="a"), event=False)
    listed(deployment)
    assert ends(deployment) == ["LOADED"]
    put(deployment, "a.csv", numbered(2, tag="b"))
    assert ends(deployment) == ["LOADED", "LOADED"]
    put(deployment, "a.csv", numbered(2, tag="a"))
    assert ends(deployment) == ["LOADED"] * 3
    assert {str(row["value"])[:1] for row in deployment.warehouse.rows("landing.things")} == {"a"}


def test_two_workers_that_find_a_file_at_once_make_one_run(deployment: SimulatedDeployment) -> None:
    put(deployment, "a.csv", numbered(2), event=False)
    source = replace(deployment.landed[0].source)
    calls_made = ["runs.get", "runs.newest"]
    deployment.when(lambda w: w.schedule.calls == calls_made, at_work=True).do(lambda w: w.pipeline.arrive(source))
    deployment.pipeline.arrive(source)
    assert not deployment.meanwhile
    assert len(deployment.runs.runs) == 1


def test_a_listed_version_is_archived_though_another_is_on_top() -> None:
    deployment = SimulatedDeployment(versioned=True)
    put(deployment, "a.csv", numbered(3, tag="old"), event=False)
    listed(deployment)
    deployment.when(lambda w: any(run.state is RunState.LOADED for run in w.runs.runs.values()), at_work=True).do(
        _put_newer
    )
    assert ends(deployment) == ["LOADED", "LOADED"]
    assert not list(deployment.objects.list(BUCKET, "incoming/"))
    assert {run.archive_key for run in deployment.runs.runs.values()} - {"-", ""} == {
        file.key for file in deployment.objects.list(BUCKET, "archive/")
    }


def _put_newer(deployment: SimulatedDeployment) -> None:
    put(deployment, "a.csv", numbered(3, tag="new"))
