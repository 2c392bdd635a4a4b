"""A file is run again only when nothing of its last run is on its way."""

from __future__ import annotations

import pytest

from chalicelib.domain.run.model import RunState
from chalicelib.operations.reruns import Busy, rerun
from tests.support.simulated.deployment import SimulatedDeployment
from tests.support.simulated.endings import fails_while, only_run
from tests.support.simulated.scenarios import numbered, put


def test_a_loaded_file_is_not_run_again_before_it_is_archived(deployment: SimulatedDeployment) -> None:
    down = [True]
    deployment.schedule.next = fails_while(down, "objects.delete")  # type: ignore[method-assign]
    put(deployment, "a.csv", numbered(3))
    for _ in range(40):
        deployment.run_statements()
        deployment.deliver_event() or deployment.deliver_message()
        deployment.clock.advance(5)
    assert only_run(deployment).state is RunState.LOADED
    with pytest.raises(Busy):
        rerun(deployment.pipeline, only_run(deployment))
    down.clear()
    deployment.settle()
    assert not deployment.violations
    rerun(deployment.pipeline, only_run(deployment))
    deployment.settle()
    assert (only_run(deployment).state, only_run(deployment).generation) == (RunState.LOADED, 2)
