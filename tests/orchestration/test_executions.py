"""The queue of a stage with a state machine: a message for a run wakes its execution, or starts one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from chalicelib.domain.run.model import ChunkTask, Problem, Run, RunState
from chalicelib.errors import Retryable
from chalicelib.orchestration.executions import (
    NAMES,
    MachineQueue,
    Waiting,
    going_on,
    name_of,
    state_of,
)
from tests.support.simulated.deployment import SimulatedDeployment
from tests.support.simulated.endings import arrive, only_run
from tests.support.simulated.scenarios import numbered, put


@dataclass
class Recorded:
    """Step Functions that only keeps what it is called with. Each name may be started once while it runs."""

    ended: set[str] = field(default_factory=set)
    waiting: set[str] = field(default_factory=set)
    started: list[str] = field(default_factory=list)
    answers: list[Mapping[str, Any]] = field(default_factory=list)

    def start(self, name: str, given: Mapping[str, str]) -> bool:
        if name in self.ended:
            return False
        self.started.append(name)
        return True

    def answer(self, token: str, output: Mapping[str, Any]) -> bool:
        if token not in self.waiting:
            return False
        self.waiting.remove(token)
        self.answers.append(output)
        return True


@pytest.fixture
def recorded() -> Recorded:
    return Recorded()


@pytest.fixture
def queue(deployment: SimulatedDeployment, recorded: Recorded) -> MachineQueue:
    """The queue, with one run that has arrived."""
    put(deployment, "a.csv", numbered(3))
    arrive(deployment)
    deployment.queue.messages.clear()
    ctx = deployment.pipeline.ctx
    return MachineQueue(
        queue=ctx.queue,
        runs=ctx.runs,
        bookmarks=ctx.bookmarks,
        executions=recorded,
        readings=Recorded(),
        clock=deployment.clock,
    )


@pytest.fixture
def run(deployment: SimulatedDeployment, queue: MachineQueue) -> Run:
    return only_run(deployment)


def bookmark(queue: MachineQueue, run: Run) -> Waiting:
    return Waiting.from_text(queue.bookmarks.get(f"execution/{run.run_id}"))


def finished(deployment: SimulatedDeployment, run: Run) -> Run:
    deployment.runs.runs[run.run_id] = ended = replace(run, state=RunState.REJECTED, notified=True)
    return ended


def test_a_message_starts_an_execution(queue: MachineQueue, run: Run, recorded: Recorded) -> None:
    queue.send_run(run.run_id)
    assert recorded.started == [f"thing-{run.load_id}-1"]
    assert bookmark(queue, run) == Waiting(), "the usual number needs no write"


def test_a_message_wakes_the_execution_that_waits(queue: MachineQueue, run: Run, recorded: Recorded) -> None:
    recorded.waiting.add("t")
    queue.wait(run.run_id, "t")
    queue.send_runs([run.run_id])
    assert recorded.answers == [{"run": run.run_id, "next": "Plan", "staged": [], "problem": {}}]
    assert recorded.started == []


def test_of_two_wakers_one_wakes_and_none_starts_twice(queue: MachineQueue, run: Run, recorded: Recorded) -> None:
    recorded.waiting.add("t")
    queue.wait(run.run_id, "t")
    queue.wake(run.run_id)
    queue.wake(run.run_id)
    assert len(recorded.answers) == 1
    assert recorded.started == [name_of(run, 1)], "which Step Functions takes as the one that runs"


def test_a_token_of_an_execution_that_ended_starts_the_next(queue: MachineQueue, run: Run, recorded: Recorded) -> None:
    recorded.ended |= {name_of(run, 1), name_of(run, 2)}
    queue.wait(run.run_id, "gone")
    queue.wake(run.run_id)
    assert recorded.started == [name_of(run, 3)]
    assert bookmark(queue, run) == Waiting(number=3), "the old token is gone"
    queue.wake(run.run_id)
    assert recorded.started == [name_of(run, 3)] * 2, "the number stays while its execution runs"


def test_a_token_that_came_meanwhile_is_kept(queue: MachineQueue, run: Run, recorded: Recorded) -> None:
    """The started execution is at its wait before the number is written."""
    recorded.ended.add(name_of(run, 1))
    start = recorded.start

    def started(name: str, given: Mapping[str, str]) -> bool:
        if done := start(name, given):
            queue.wait(given["run"], "quick")
        return done

    recorded.start = started  # type: ignore[method-assign]
    queue.wake(run.run_id)
    assert bookmark(queue, run).token == "quick"


def test_too_many_names_are_left_to_the_sweep(queue: MachineQueue, run: Run, recorded: Recorded) -> None:
    recorded.ended |= {name_of(run, number) for number in range(1, NAMES + 1)}
    with pytest.raises(Retryable, match=f"{NAMES} executions"):
        queue.wake(run.run_id)
    queue.wake(run.run_id)
    assert recorded.started == [name_of(run, NAMES + 1)]


def test_a_message_of_a_finished_run_goes_by_the_queue(
    deployment: SimulatedDeployment, queue: MachineQueue, run: Run, recorded: Recorded
) -> None:
    """It is for the object's export."""
    finished(deployment, run)
    queue.wake(run.run_id)
    assert len(deployment.queue.messages) == 1
    assert recorded.started == []


def test_a_finished_run_lets_its_execution_end(
    deployment: SimulatedDeployment, queue: MachineQueue, run: Run, recorded: Recorded
) -> None:
    recorded.waiting.add("t")
    queue.wait(run.run_id, "t")
    finished(deployment, run)
    queue.wake(run.run_id)
    assert [answer["next"] for answer in recorded.answers] == ["Ended"]


def test_a_run_without_a_record_wakes_nothing(
    deployment: SimulatedDeployment, queue: MachineQueue, recorded: Recorded
) -> None:
    queue.wake("nobody")
    assert (recorded.started, deployment.queue.messages) == ([], [])


def test_a_message_with_a_delay_and_other_work_go_by_the_queue(
    deployment: SimulatedDeployment, queue: MachineQueue, run: Run, recorded: Recorded
) -> None:
    queue.send_run(run.run_id, delay=5)
    queue.send_chunks([ChunkTask(run_id=run.run_id, generation=1, number=1, start=0, stop=9)])
    assert [message.queue for message in deployment.queue.messages] == ["runs", "chunks"]
    assert (queue.waiting(), queue.redrive(5)) == (0, 0)
    assert recorded.started == []


def test_the_name_of_a_reading_is_valid(queue: MachineQueue) -> None:
    queue.send_source("o" * 64)
    [name] = queue.readings.started  # type: ignore[attr-defined]
    assert re.fullmatch(r"o{60}-\d+", name)
    assert len(name) <= 80


def test_another_generation_has_names_of_its_own(run: Run) -> None:
    assert name_of(run, 1) != name_of(replace(run, generation=run.generation + 1), 1)


def test_the_longest_name_is_one_that_step_functions_takes(run: Run) -> None:
    assert len(name_of(replace(run, object="o" * 64), 999_999)) <= 80


@pytest.mark.parametrize("waiting", [Waiting(), Waiting(number=12), Waiting(number=3, token="a/b+c== d")])
def test_a_bookmark_is_read_as_it_was_written(waiting: Waiting) -> None:
    assert Waiting.from_text(waiting.text) == waiting
    assert Waiting.from_text("") == Waiting()


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"state": RunState.ARRIVED}, "Plan"),
        ({"state": RunState.STAGING}, "Seal"),
        ({"state": RunState.STAGED}, "Load"),
        ({"state": RunState.LOADING}, "Settle"),
        ({"state": RunState.LOADED}, "Archive"),
        ({"state": RunState.LOADED, "archive_key": "archive/a"}, "Notify"),
        ({"state": RunState.LOADED, "archive_key": "archive/a", "notified": True}, "Ended"),
        ({"state": RunState.LOADED, "notified": True}, "Archive"),
        ({"state": RunState.FAILED}, "Notify"),
        ({"state": RunState.FAILED, "notified": True}, "Failed"),
        ({"state": RunState.REJECTED, "notified": True}, "Ended"),
    ],
)
def test_the_record_decides_the_next_state(run: Run, changes: dict[str, Any], state: str) -> None:
    assert state_of(replace(run, **changes)) == state


def test_an_execution_that_fails_has_the_problem_of_its_run(run: Run) -> None:
    failed = replace(run, state=RunState.FAILED, notified=True, problem=Problem(code="REFUSED", message="no right"))
    assert going_on(failed)["problem"] == {"code": "REFUSED", "message": "no right"}
