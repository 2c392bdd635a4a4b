"""The steps of the state machine: each takes the steps of one state, and returns the next one by the record."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

import app
from chalicelib import bootstrap
from chalicelib.domain.run.events import chunk_of, step_of
from chalicelib.domain.run.model import ChunkTask, RunState
from chalicelib.errors import Broken, Throttled
from chalicelib.orchestration import step_functions
from chalicelib.orchestration.executions import MachineQueue, Waiting
from chalicelib.orchestration.failures import UnexpectedError
from chalicelib.orchestration.step_functions import OwnMessages, on_chunk, on_step
from tests.orchestration.steps import ROWS, give_up, staged, step, task_of
from tests.support.simulated.deployment import SimulatedDeployment
from tests.support.simulated.endings import arrive, fails_while, only_run
from tests.support.simulated.faults import Fault
from tests.support.simulated.promises import safety
from tests.support.simulated.scenarios import numbered, put


def test_each_state_takes_its_steps_and_names_the_next(machine: SimulatedDeployment) -> None:
    planned = staged(machine)
    assert (planned["next"], planned["generation"]) == ("Stage", 1)
    assert [chunk["number"] for chunk in planned["chunks"]] == [1, 2]
    assert step(machine, "Seal", staged=[0, 0])["next"] == "Load"
    assert step(machine, "Load")["next"] == "Await"
    assert step(machine, "Settle")["next"] == "Await", "the statement runs"
    machine.clock.advance(60)
    machine.run_statements()
    assert [step(machine, state)["next"] for state in ("Settle", "Archive", "Notify")] == ["Archive", "Notify", "Ended"]
    assert only_run(machine).finished
    assert len(machine.notifier.successes) == 1


def test_a_state_that_is_entered_again_does_nothing_twice(machine: SimulatedDeployment) -> None:
    """Also one of an older execution: the record decides."""
    assert step(machine, "Plan") == staged(machine)
    assert [step(machine, "Plan")["next"] for _ in range(3)] == ["Load", "Await", "Await"]
    assert only_run(machine).state is RunState.LOADING


def test_many_chunks_are_a_list_in_s3(machine: SimulatedDeployment, monkeypatch: pytest.MonkeyPatch) -> None:
    inline = step(machine, "Plan")["chunks"]
    monkeypatch.setattr(step_functions, "INLINE_CHUNKS", len(inline) - 1)
    many = step(machine, "Plan")
    assert set(many) == {"run", "next", "generation", "bucket", "key"}
    assert many["next"] == "StageMany"
    assert json.loads(machine.objects.get(many["bucket"], many["key"])) == inline
    monkeypatch.setattr(step_functions, "INLINE_CHUNKS", len(inline))
    assert step(machine, "Plan")["next"] == "Stage"


def test_after_a_chunk_that_failed_the_execution_pauses(machine: SimulatedDeployment) -> None:
    step(machine, "Plan")
    assert step(machine, "Seal", staged=[0, 1, 0])["next"] == "Pause"
    assert step(machine, "Seal", staged=[])["next"] == "Stage", "woken by the sweep"
    fail = give_up(machine, "Sandbox.Timedout", generation=1)
    assert fail["next"] == "Notify"
    assert step(machine, "Seal", staged=[0, 1, 0])["next"] == "Failed", "its run has ended"


def test_a_run_without_a_record_is_a_fault_of_ours(machine: SimulatedDeployment) -> None:
    machine.runs.runs.clear()
    for what in ({"state": "Plan"}, {"state": "Await", "token": "t"}, {"error": {"Error": "Broken"}}):
        with pytest.raises(Broken, match="no record"):
            on_step(machine.pipeline, {"run": "gone", **what})


# ---- tokens --------------------------------------------------------------------------------------------------------


def waiting(machine: SimulatedDeployment) -> Waiting:
    return Waiting.from_text(machine.bookmarks.get(f"execution/{only_run(machine).run_id}"))


@pytest.fixture
def answers(machine: SimulatedDeployment, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What is answered: token and next state."""
    found: list[tuple[str, str]] = []
    monkeypatch.setattr(machine.executions, "answer", lambda token, output: found.append((token, output["next"])))
    return found


def test_a_token_is_stored_before_the_look(machine: SimulatedDeployment, answers: list[Any]) -> None:
    seen: list[Waiting] = []
    machine.schedule.next = lambda name: seen.append(waiting(machine)) if name == "objects.head" else None  # type: ignore[method-assign, func-returns-value]
    assert step(machine, "Await", token="t")["next"] == "Stage"
    assert seen[0] == Waiting(token="t")
    assert answers == [("t", "Stage")], "it had nothing to wait for"


def test_a_state_that_has_to_wait_answers_nothing(machine: SimulatedDeployment, answers: list[Any]) -> None:
    staged(machine)
    step(machine, "Seal")
    assert step(machine, "Await", token="t")["next"] == "Await"
    assert step(machine, "Await", token="u")["next"] == "Await"
    assert (waiting(machine), answers) == (Waiting(token="u"), [])


def test_a_pause_takes_no_step(machine: SimulatedDeployment, answers: list[Any]) -> None:
    assert step(machine, "Pause", token="t")["next"] == "Pause"
    assert (waiting(machine).token, answers) == ("t", [])
    assert only_run(machine).state is RunState.ARRIVED


def test_a_wait_keeps_the_number_of_the_execution(machine: SimulatedDeployment) -> None:
    run = only_run(machine)
    machine.bookmarks.set(f"execution/{run.run_id}", Waiting(number=7).text)
    step(machine, "Pause", token="t")
    assert waiting(machine) == Waiting(number=7, token="t")


def test_a_token_without_a_state_machine_is_a_fault(deployment: SimulatedDeployment) -> None:
    put(deployment, "a.csv", numbered(3))
    arrive(deployment)
    with pytest.raises(Broken, match="LANDFALL_STATE_MACHINE"):
        step(deployment, "Await", token="t")


# ---- faults --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", [{"state": "Seal"}, {"error": {"Error": "Broken"}}, {}])
def test_a_fault_of_ours_is_raised_without_its_text(machine: SimulatedDeployment, what: Any) -> None:
    def broken(name: str) -> None:
        raise ValueError("a row's value")

    planned = step(machine, "Plan")
    handler, given = (on_step, {**planned, **what}) if what else (on_chunk, task_of(planned))
    machine.schedule.next = broken  # type: ignore[method-assign]
    with pytest.raises(UnexpectedError, match=r"^ValueError at .*test_step_functions.py:\d+$") as caught:
        handler(machine.pipeline, given)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("call", ["objects.upload", "runs.get", "chunks.finish"])
def test_a_fault_that_may_pass_is_raised_as_it_is(machine: SimulatedDeployment, call: str) -> None:
    planned = step(machine, "Plan")
    machine.schedule.next = fails_while([True], call)  # type: ignore[method-assign]
    with pytest.raises(Throttled):
        on_chunk(machine.pipeline, task_of(planned))


def test_a_chunk_of_a_run_that_ended_is_answered(machine: SimulatedDeployment) -> None:
    planned = step(machine, "Plan")
    give_up(machine, "Broken")
    assert on_chunk(machine.pipeline, task_of(planned)) == step_functions.STAGED
    assert not machine.chunks.of_run(planned["run"], 1)


# ---- messages within a step ----------------------------------------------------------------------------------------


def test_only_own_messages_stay_within_a_step(deployment: SimulatedDeployment) -> None:
    own = OwnMessages(queue=deployment.queue, run_id="own")
    task = ChunkTask(run_id="own", generation=1, number=1, start=0, stop=9)
    own.send_run("own")
    own.send_chunks([task])
    assert (deployment.queue.messages, own.chunks) == ([], [task])
    own.send_run("own", delay=5)
    own.send_run("other")
    own.send_runs(["own", "other", "third"])
    own.send_source("thing")
    bodies = [json.loads(message.body) for message in deployment.queue.messages]
    assert bodies == [
        {"run_id": "own"},
        {"run_id": "other"},
        {"run_id": "other"},
        {"run_id": "third"},
        {"source": "thing"},
    ]
    assert deployment.queue.messages[0].visible_at > deployment.clock.now()
    assert (own.waiting(), own.redrive(9)) == (deployment.queue.waiting(), 0)


def test_a_message_of_sqs_wakes_the_execution(machine: SimulatedDeployment) -> None:
    """The sweep's and timers' messages come by the run queue."""
    queue = machine.pipeline.ctx.queue
    assert isinstance(queue, MachineQueue)
    machine.settle()
    assert only_run(machine).finished
    assert not machine.violations


@pytest.mark.parametrize("fault", list(Fault))
def test_a_step_that_fails_is_taken_again(fault: Fault) -> None:
    """The machine tries again, and the record says what is left to do."""
    deployment = SimulatedDeployment(check=safety, by_machine=True)
    deployment.schedule.at[14] = fault
    put(deployment, "a.csv", numbered(ROWS))
    deployment.settle()
    assert not deployment.violations


# ---- the handlers of app.py ----------------------------------------------------------------------------------------


class Handled:
    """A wiring for the handlers, with a pipeline only."""

    def __init__(self, machine: SimulatedDeployment) -> None:
        self.pipeline = machine.pipeline


@pytest.fixture
def handled(machine: SimulatedDeployment) -> Iterator[SimulatedDeployment]:
    bootstrap.use(Handled(machine))  # type: ignore[arg-type]
    yield machine
    bootstrap.use(None)


def test_the_handlers_take_steps_beside_messages(handled: SimulatedDeployment) -> None:
    run_id = only_run(handled).run_id
    planned = app.advance_run({"run": run_id, "state": "Plan"}, None)
    assert planned["next"] == "Stage"
    assert app.stage_chunk({**planned, "chunk": planned["chunks"][0]}, None) == step_functions.STAGED


@pytest.mark.parametrize(
    "event",
    [
        {"run": 7, "state": "Plan"},
        {"run": "r"},
        {"state": "Plan"},
        {"run": "r", "state": None},
        {"run": None, "error": {"Error": "Broken"}},
        {"run": "r", "error": {}},
        {"run": "r", "error": "Broken"},
        {"run": "r", "error": {"Error": 7}},
        [],
        None,
        "run",
        {},
    ],
)
def test_what_is_no_step_is_none(event: Any) -> None:
    assert step_of(event) == {}


@pytest.mark.parametrize(
    "change",
    [
        {"run": 7},
        {"generation": None},
        {"generation": True},
        {"chunk": None},
        {"chunk": []},
        {"chunk": {}},
        {"chunk": {"number": 1, "start": 0}},
        {"chunk": {"number": 1, "start": 0, "stop": "9"}},
        {"chunk": {"number": 1, "start": 0, "stop": 9, "run_id": "other"}},
    ],
)
def test_what_is_no_chunk_is_none(change: dict[str, Any]) -> None:
    event = {"run": "r", "generation": 1, "chunk": {"number": 1, "start": 0, "stop": 9}}
    assert chunk_of(event) == ChunkTask(run_id="r", generation=1, number=1, start=0, stop=9)
    assert chunk_of({**event, **change}) is None
    assert [chunk_of(other) for other in (None, [], 7, "run", {})] == [None] * 5
