"""Messages of SQS: dead letters, and faults that nobody foresaw."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chalicelib.adapters.messages import run_body, task_body
from chalicelib.domain.run.model import ChunkTask, Run, RunState
from chalicelib.orchestration import sqs as handlers
from tests.support.simulated.crowds import being_staged
from tests.support.simulated.deployment import SimulatedDeployment
from tests.support.simulated.endings import arrive, ended, only_run
from tests.support.simulated.scenarios import numbered, put


def dead(deployment: SimulatedDeployment, body: str) -> None:
    handlers.on_dead_letter(deployment.pipeline, {"body": body})


def staging(deployment: SimulatedDeployment) -> Run:
    put(deployment, "a.csv", numbered(12))
    arrive(deployment)
    deployment.pipeline.advance(only_run(deployment).run_id)
    return only_run(deployment)


def task(run: Run, generation: int = 1) -> ChunkTask:
    return ChunkTask(run_id=run.run_id, generation=generation, number=1, start=16, stop=60)


@pytest.mark.parametrize("body", [lambda run: run_body(run.run_id), lambda run: task_body(task(run))])
def test_a_dead_letter_fails_its_run_and_is_notified(
    deployment: SimulatedDeployment, body: Callable[[Run], str]
) -> None:
    dead(deployment, body(staging(deployment)))
    ended(deployment, RunState.FAILED, "DEAD_LETTER", may_fail=True)


def test_a_dead_letter_of_an_older_load_changes_nothing(deployment: SimulatedDeployment) -> None:
    run = staging(deployment)
    dead(deployment, task_body(task(run, generation=0)))
    assert only_run(deployment) == run


@pytest.mark.parametrize("body", ["", "no json", "[]", "7", '{"number": 1}', '{"run_id": "x", "number": 1}', "{}"])
def test_a_dead_letter_that_is_none_of_ours_is_noted_and_left(deployment: SimulatedDeployment, body: str) -> None:
    run = staging(deployment)
    noted: list[str] = []
    deployment.reconfigure(note=lambda name, fields: noted.append(name))
    dead(deployment, body)
    assert only_run(deployment) == run
    assert noted == ["dead_letter"]


@pytest.mark.parametrize("handler", [handlers.on_run_message, handlers.on_chunk_message])
def test_a_fault_of_ours_is_raised_without_its_text(
    deployment: SimulatedDeployment, handler: Callable[..., None]
) -> None:
    def broken(name: str) -> None:
        raise ValueError("a row's value")

    being_staged(deployment)
    deployment.queue.send_run(only_run(deployment).run_id)
    chunks = handler is handlers.on_chunk_message
    message = next(m for m in deployment.queue.visible() if ("number" in m.body) is chunks)
    deployment.schedule.next = broken  # type: ignore[method-assign]
    record = {"body": message.body, "receiptHandle": message, "attributes": {"ApproximateReceiveCount": "1"}}
    with pytest.raises(handlers.UnexpectedError, match=r"^ValueError at .*test_sqs.py:\d+$") as caught:
        handler(deployment.pipeline, lambda *_: None, record)
    assert caught.value.__suppress_context__
