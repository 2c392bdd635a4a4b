"""A deployment with a state machine, whose steps a test takes."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.domain.run.events import chunk_of
from chalicelib.domain.run.model import ChunkTask
from chalicelib.orchestration import step_functions
from chalicelib.orchestration.step_functions import on_chunk, on_step
from tests.support.simulated.deployment import SimulatedDeployment
from tests.support.simulated.endings import arrive, only_run
from tests.support.simulated.promises import safety
from tests.support.simulated.scenarios import numbered, put

ROWS = 12
Step = dict[str, Any]


@pytest.fixture
def machine() -> SimulatedDeployment:
    """A deployment with a state machine, and a run that has arrived. Its executions do nothing by themselves."""
    deployment = SimulatedDeployment(check=safety, by_machine=True)
    put(deployment, "a.csv", numbered(ROWS))
    arrive(deployment)
    return deployment


def step(machine: SimulatedDeployment, state: str, **more: Any) -> Step:
    return on_step(machine.pipeline, {"run": only_run(machine).run_id, "state": state, **more})


def give_up(machine: SimulatedDeployment, error: str, **more: Any) -> Step:
    what = {"run": only_run(machine).run_id, "error": {"Error": error, "Cause": '{"errorMessage": "secret"}'}, **more}
    return on_step(machine.pipeline, what)


def staged(machine: SimulatedDeployment) -> Step:
    """Plan, and stage each chunk."""
    planned = step(machine, "Plan")
    for chunk in planned["chunks"]:
        assert on_chunk(machine.pipeline, task_of(planned, chunk)) == step_functions.STAGED
    return planned


def task_of(planned: Step, chunk: dict[str, int] | None = None) -> ChunkTask:
    """A chunk of a plan, as the machine gives it to its function; the first one if none is named."""
    task = chunk_of({**planned, "chunk": chunk or planned["chunks"][0]})
    assert task
    return task
