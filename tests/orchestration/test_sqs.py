"""Messages of SQS: dead letters, and faults that nobody foresaw."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest

from chalicelib.adapters.messages import run_body, task_body
from chalicelib.domain.run.events import work_of
from chalicelib.domain.run.model import ChunkTask, Run, RunState
from chalicelib.errors import Throttled
from chalicelib.orchestration import sqs as handlers
from chalicelib.orchestration.failures import UnexpectedError
from tests.support.simulated.crowds import being_staged
from tests.support.simulated.deployment import SimulatedDeployment
from tests.support.simulated.endings import arrive, ended, fails_while, only_run, raising
from tests.support.simulated.faults import Killed
from tests.support.simulated.scenarios import numbered, put
from tests.support.tries import killed_each_time


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
    text = body(staging(deployment))
    killed_each_time(deployment.pipeline.ctx, work_of(text) or "")
    dead(deployment, text)
    ended(deployment, RunState.FAILED, "DEAD_LETTER", may_fail=True)


def test_a_dead_letter_of_an_older_load_changes_nothing(deployment: SimulatedDeployment) -> None:
    run = staging(deployment)
    killed_each_time(deployment.pipeline.ctx, task(run, generation=0))
    dead(deployment, task_body(task(run, generation=0)))
    assert only_run(deployment) == run


@pytest.mark.parametrize("body", ["", "no json", "[]", "7", '{"number": 1}', '{"run_id": "x", "number": 1}', "{}"])
def test_a_dead_letter_that_is_none_of_ours_is_left(deployment: SimulatedDeployment, body: str) -> None:
    run = staging(deployment)
    noted: list[str] = []
    deployment.reconfigure(note=lambda name, fields: noted.append(name))
    dead(deployment, body)
    assert only_run(deployment) == run
    assert noted == []


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
    with pytest.raises(UnexpectedError, match=r"^ValueError at .*test_sqs.py:\d+$") as caught:
        handler(deployment.pipeline, lambda *_: None, record)
    assert caught.value.__suppress_context__


def deliver(deployment: SimulatedDeployment, received: int) -> list[int]:
    """Hand the message of the one run to a worker, as SQS does for the n-th time. Return the pause, if there is one."""
    delays: list[int] = []
    body = run_body(only_run(deployment).run_id)
    record = {"body": body, "receiptHandle": "x", "attributes": {"ApproximateReceiveCount": str(received)}}
    with suppress(Throttled, Killed):
        handlers.on_run_message(deployment.pipeline, lambda _, seconds: delays.append(seconds), record)
    return delays


def tries(deployment: SimulatedDeployment) -> int:
    return deployment.tries.counted(only_run(deployment).run_id)


@pytest.fixture
def stuck(deployment: SimulatedDeployment) -> SimulatedDeployment:
    """One run, and a store of objects that answers nothing."""
    put(deployment, "a.csv", numbered(12))
    arrive(deployment)
    deployment.schedule.next = fails_while([True], "objects.head")  # type: ignore[method-assign]
    return deployment


def test_failed_tries_are_counted_and_then_left_to_the_sweep(stuck: SimulatedDeployment) -> None:
    most = stuck.pipeline.ctx.settings.max_attempts
    pauses = [deliver(stuck, received) for received in range(1, most + 1)]
    assert [len(pause) for pause in pauses] == [1] * (most - 1) + [0]
    assert tries(stuck) == 0, "the sweep's message has as many tries again"
    assert only_run(stuck).state is RunState.ARRIVED


def test_deliveries_that_were_throttled_are_no_tries(stuck: SimulatedDeployment) -> None:
    for received in (9, 15, 23):
        assert deliver(stuck, received), "it comes back"
    assert tries(stuck) == 3


def test_a_message_that_was_throttled_each_time_fails_no_run(deployment: SimulatedDeployment) -> None:
    run = staging(deployment)
    noted: list[tuple[str, object]] = []
    deployment.reconfigure(note=lambda name, fields: noted.append((name, fields)))
    dead(deployment, run_body(run.run_id))
    dead(deployment, task_body(task(run)))
    assert only_run(deployment) == run
    assert noted == [("left_to_sweep", {"run": run.run_id, "error": "Throttled"})] * 2


@pytest.mark.parametrize("begun", [1, 2])
def test_a_worker_that_is_killed_each_time_ends_the_run(stuck: SimulatedDeployment, begun: int) -> None:
    """`begun` is the delivery at which the first worker began: the one before may have been throttled."""
    die = raising(Killed("objects.head"))
    stuck.schedule.next = lambda name: die() if name == "objects.head" else None  # type: ignore[method-assign, func-returns-value]
    most = stuck.pipeline.ctx.settings.max_attempts
    for received in range(begun, most + 2):
        deliver(stuck, received)
    assert tries(stuck) == most
    dead(stuck, run_body(only_run(stuck).run_id))
    run = only_run(stuck)
    assert run.problem is not None
    assert (run.state, run.problem.code) == (RunState.FAILED, "DEAD_LETTER")
    assert tries(stuck) == 0, "a rerun begins to count anew"


def test_what_succeeds_at_once_counts_nothing(deployment: SimulatedDeployment) -> None:
    put(deployment, "a.csv", numbered(12))
    deployment.settle()
    assert not [call for call in deployment.schedule.calls if call.startswith("tries.")]


def test_a_success_after_failures_clears_them(stuck: SimulatedDeployment) -> None:
    deliver(stuck, 1)
    deliver(stuck, 2)
    assert tries(stuck) == 2
    stuck.schedule.next = lambda name: None  # type: ignore[method-assign]
    assert deliver(stuck, 3) == []
    assert tries(stuck) == 0


def test_a_table_that_takes_no_count_still_gives_up(stuck: SimulatedDeployment) -> None:
    def down(name: str) -> None:
        raise Throttled(f"{name}: slow down")

    stuck.schedule.next = down  # type: ignore[method-assign]
    most = stuck.pipeline.ctx.settings.max_attempts
    assert [len(deliver(stuck, received)) for received in (most - 1, most)] == [1, 0]
