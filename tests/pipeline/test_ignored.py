"""Files beside the data: no run, no mail, counted by the sweep, whether their events come or not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from chalicelib.domain.run.model import RunState
from chalicelib.operations.commands import RerunRequest
from chalicelib.operations.rerun_files import rerun_files
from chalicelib.pipeline.sweep import sweep
from tests.support.simulated.deployment import SimulatedDeployment
from tests.support.simulated.endings import only_run
from tests.support.simulated.scenarios import numbered, put

NAMES = ("_SUCCESS", "a.csv.crc", "sub_$folder$", "a.csv.filepart", "a.tmp")


@pytest.mark.parametrize("event", [True, False])
def test_files_beside_the_data_make_no_run(deployment: SimulatedDeployment, event: bool) -> None:
    noted: list[tuple[str, Mapping[str, Any]]] = []
    deployment.reconfigure(note=lambda name, fields: noted.append((name, fields)))
    for name in NAMES:
        put(deployment, name, numbered(2), event=event)
    put(deployment, "a.csv", numbered(2), event=event)
    deployment.settle()
    deployment.clock.advance(deployment.pipeline.ctx.settings.stuck_seconds + 1)
    sweep(deployment.pipeline)
    deployment.settle()
    assert (only_run(deployment).source.name, only_run(deployment).state) == ("a.csv", RunState.LOADED)
    assert not deployment.notifier.failures
    listed = [fields["ignored"] for name, fields in noted if name == "listed"]
    assert set(listed) == {len(NAMES)}
    assert len([1 for name, _ in noted if name == "ignored"]) == (len(NAMES) if event else 0)


def test_the_end_of_an_upload_is_loaded(deployment: SimulatedDeployment) -> None:
    put(deployment, "a.csv.filepart", numbered(2))
    deployment.settle()
    assert not deployment.runs.runs
    put(deployment, "a.csv", numbered(4))
    deployment.settle()
    assert only_run(deployment).counts.read == 4


def test_the_operator_may_run_what_is_ignored(deployment: SimulatedDeployment) -> None:
    put(deployment, "a.tmp", numbered(2))
    deployment.settle()
    assert not deployment.runs.runs
    done = rerun_files(deployment.pipeline, "incoming/thing/a.tmp", RerunRequest())
    assert [run.source.name for run in done.started] == ["a.tmp"]
    deployment.settle()
    assert only_run(deployment).state is RunState.LOADED
