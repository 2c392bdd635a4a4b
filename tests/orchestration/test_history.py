"""What an execution may take: 25,000 events and 256 KB a state, counted at the worst a run can do to it.

Which events a state writes: Step Functions, GetExecutionHistory and "Service quotas".
"""

from __future__ import annotations

import json
from collections.abc import Callable
from math import ceil
from typing import Any

import botocore.session
import pytest

from chalicelib.adapters.memory import MemoryClock
from chalicelib.config import Settings
from chalicelib.domain.run.model import ChunkTask
from chalicelib.errors import Throttled
from chalicelib.orchestration import step_functions
from chalicelib.orchestration.step_functions import INLINE_CHUNKS
from tests.support.simulated import machine as simulated
from tests.support.simulated.calls import Call, TooManyCallsError
from tests.support.simulated.deployment import SimulatedDeployment
from tests.support.simulated.endings import only_run
from tests.support.simulated.machine import LONGEST_HISTORY, Execution, Machine
from tests.support.simulated.promises import liveness, safety
from tests.support.simulated.scenarios import numbered, put
from tests.support.simulated.states import Branch

MOST_BYTES = 256 * 1024
PER_CHUNK = 68
"""Events of a chunk whose every try fails or is throttled, and each try to give it up."""
TRIES, THROTTLES = 10, 6
"""Calls of a function by one state at most; so many of them are throttled."""
LARGEST = 5 * 1024**4
"""The largest object of S3 that a notification names, in bytes."""
ENDED = {"run": "r", "next": "Ended", "staged": [], "problem": {}}


def far_chunks(count: int) -> list[ChunkTask]:
    """Chunks at the end of the largest file: the longest numbers."""
    return [ChunkTask(run_id="r" * 32, generation=99, number=99_999, start=LARGEST, stop=LARGEST)] * count


def play(invoke: Callable[[Call, Any], Any], lists: dict[str, Any] | None = None) -> Execution:
    """One execution, from its start to its end."""
    clock = MemoryClock()
    machine = Machine(clock, lambda _, key: (lists or {})[key])
    machine.start("one", {"run": "r"})
    while machine.running:
        machine.pass_time()
        for call in machine.due():
            try:
                call.make(lambda _function, payload, call=call: invoke(call, payload))
            except (Throttled, TooManyCallsError):
                continue
        if machine.running and not machine.due():
            clock.advance(max(0.0, min(machine.moments()) - clock.now()))
    return machine.executions["one"]


def failing(first: dict[str, Any], rounds: int) -> Callable[[Call, Any], Any]:
    """Functions that stage no chunk and give none up, for some rounds; then the run ends. Lambda throttles each."""
    left = [rounds]

    def invoke(call: Call, payload: dict[str, Any]) -> Any:
        if "chunk" in payload or "error" in payload:
            raise TooManyCallsError if sum(call.tries.values()) < THROTTLES else Throttled("slow down")
        left[0] -= 1
        return first if left[0] >= 0 else ENDED

    return invoke


@pytest.fixture
def inline(machine: SimulatedDeployment) -> dict[str, Any]:
    return step_functions._to_stage(machine.pipeline, only_run(machine), far_chunks(INLINE_CHUNKS))


def events(first: dict[str, Any], chunks: int, rounds: int = 1) -> int:
    return len(play(failing({**first, "chunks": first["chunks"][:chunks]}, rounds)).history)


def test_the_events_are_those_of_step_functions(inline: dict[str, Any]) -> None:
    model = botocore.session.get_session().get_service_model("stepfunctions")
    execution = play(failing({**inline, "chunks": inline["chunks"][:2]}, 1))
    assert set(execution.history) <= set(model.shape_for("HistoryEventType").enum)
    assert execution.history.count("TaskFailed") == 2 * 2 * TRIES
    assert execution.history[:8] == [
        "ExecutionStarted",
        "TaskStateEntered",
        "TaskScheduled",
        "TaskStarted",
        "TaskSucceeded",
        "TaskStateExited",
        "ChoiceStateEntered",
        "ChoiceStateExited",
    ]
    assert execution.history[-3:] == ["SucceedStateEntered", "SucceedStateExited", "ExecutionSucceeded"]


def test_a_chunk_takes_so_many_events_at_most(inline: dict[str, Any]) -> None:
    assert events(inline, 3) - events(inline, 2) == PER_CHUNK


def test_a_round_of_inline_chunks_stays_below_the_limit(inline: dict[str, Any]) -> None:
    execution = play(failing(inline, 1))
    assert execution.status == "SUCCEEDED"
    assert INLINE_CHUNKS * PER_CHUNK < len(execution.history) < LONGEST_HISTORY


def test_an_execution_that_runs_out_of_events_fails(inline: dict[str, Any]) -> None:
    execution = play(failing(inline, 2))
    assert execution.status == "FAILED"
    assert LONGEST_HISTORY < len(execution.history) <= LONGEST_HISTORY + 2


@pytest.mark.parametrize("most", [40, 60])
def test_a_run_outlives_executions_without_events(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    """The sweep starts the next one, which goes on where the record is."""
    monkeypatch.setattr(simulated, "LONGEST_HISTORY", most)
    deployment = SimulatedDeployment(check=safety, by_machine=True)
    put(deployment, "a.csv", numbered(30))
    deployment.settle()
    assert not deployment.violations
    assert not liveness(deployment)
    statuses = [execution.status for execution in deployment.executions.executions.values()]
    assert statuses[-1] == "SUCCEEDED"
    assert "FAILED" in statuses


@pytest.fixture
def sizes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The bytes of what each state was entered with."""
    found: list[int] = []
    enter = Branch.enter

    def entered(branch: Branch, name: str) -> None:
        found.append(len(json.dumps(branch.data).encode()))
        enter(branch, name)

    monkeypatch.setattr(Branch, "enter", entered)
    return found


def test_the_most_inline_chunks_fit_into_a_state(inline: dict[str, Any], sizes: list[int]) -> None:
    play(failing(inline, 1))
    assert INLINE_CHUNKS * 50 < max(sizes) < MOST_BYTES / 2


def test_the_results_of_a_distributed_map_fit_into_a_state() -> None:
    """They come back into one state. With smaller chunks a larger list would end the execution, and the next loads."""
    count = ceil(LARGEST / (Settings.chunk_mb * 1e6))
    assert len(json.dumps([step_functions.STAGED] * count, separators=(",", ":"))) < MOST_BYTES
