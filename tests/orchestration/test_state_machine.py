"""infra/statemachine.asl.json: its graph, its nets, and that it and the functions that it calls mean the same."""

from __future__ import annotations

import ast
import copy
import inspect
import json
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from cfnlint.api import lint_all

from chalicelib.domain.run.events import chunk_of, step_of
from chalicelib.domain.run.model import ChunkTask, Problem, RunState
from chalicelib.orchestration import executions, step_functions
from chalicelib.orchestration.executions import going_on, state_of
from local.aws.wiring import retry_as
from tests.orchestration.steps import staged
from tests.support.asl import FIELDS, all_states, faults, flows, needs
from tests.support.paths import ROOT
from tests.support.simulated.deployment import SimulatedDeployment
from tests.support.simulated.endings import only_run
from tests.support.simulated.machine import MACHINE

STATES = dict(all_states(MACHINE))
TASKS = {name: state for name, state in all_states(MACHINE) if state["Type"] == "Task"}
MAPS = {name: state for name, state in STATES.items() if state["Type"] == "Map"}
CALLED = {"${AdvanceRun}": "advance_run", "${StageChunk}": "stage_chunk"}
LAST_NETS = {"GiveUp"}
"""States whose failure ends the execution: the sweep starts another."""


def changed(change: Callable[[Any], object]) -> Any:
    """A copy of the machine with one fault."""
    machine = copy.deepcopy(MACHINE)
    change(machine["States"])
    return machine


def test_each_state_is_reached_and_leads_on() -> None:
    assert faults(MACHINE) == []
    assert not set(STATES) & FIELDS


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda states: states.pop("Ended"), "Ended does not exist"),
        (lambda states: states["Plan"]["Catch"][0].update(Next="GiveIn"), "GiveIn does not exist"),
        (lambda states: states["Choose"].update(Default="Nowhere"), "Nowhere does not exist"),
        (lambda states: states["Choose"]["Choices"].pop(6), "Settle is never reached"),
        (lambda states: states["Seal"].pop("Next"), "Seal leads nowhere"),
        (
            lambda states: states["StageMany"].update(ItemProcessor=states["Stage"]["ItemProcessor"]),
            "StageChunk is there 2 times",
        ),
        (lambda states: states["Stage"]["ItemProcessor"].update(StartAt="No"), "No does not exist"),
        (lambda states: states["Stage"]["ItemProcessor"]["States"]["NotStaged"].pop("End"), "NotStaged leads nowhere"),
    ],
)
def test_a_fault_of_the_graph_is_found(change: Callable[[Any], object], fault: str) -> None:
    assert fault in faults(changed(change))


def template(machine: Any) -> str:
    substitutions = {name[2:-1]: "arn:aws:lambda:eu-west-1:123456789012:function:f" for name in CALLED}
    properties = {
        "RoleArn": "arn:aws:iam::123456789012:role/landfall",
        "Definition": machine,
        "DefinitionSubstitutions": substitutions,
    }
    resource = {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}
    return json.dumps({"Resources": {"Machine": resource}})


def found_by_cfn_lint(machine: Any) -> set[str]:
    return {match.rule.id for match in lint_all(template(machine)) if match.rule.id[0] in "EW"}


def test_cfn_lint_finds_nothing() -> None:
    assert found_by_cfn_lint(MACHINE) == set()
    assert found_by_cfn_lint(changed(lambda states: states["Plan"].update(Type="Tusk"))) == {"E3601"}


# ---- nets ----------------------------------------------------------------------------------------------------------


def timeouts(stage: str) -> dict[str, int]:
    config = json.loads(Path(ROOT / ".chalice" / "config.json").read_text())["stages"][stage]["lambda_functions"]
    return {name: config[name]["lambda_timeout"] for name in CALLED.values()}


@pytest.mark.parametrize("name", TASKS)
@pytest.mark.parametrize("stage", ["dev", "test", "prod"])
def test_a_task_waits_longer_than_its_function_may_take(name: str, stage: str) -> None:
    """Else a worker that still works would be taken for a lost one, which no Retry of States.TaskFailed tries again."""
    function = CALLED[TASKS[name]["Parameters"]["FunctionName"]]
    assert TASKS[name]["TimeoutSeconds"] > timeouts(stage)[function]


@pytest.mark.parametrize("name", TASKS)
def test_a_task_is_tried_again_and_then_caught(name: str) -> None:
    task = TASKS[name]
    usual = task["Retry"][-1]
    assert usual["ErrorEquals"] == ["States.TaskFailed"]
    assert (usual["MaxAttempts"], usual["BackoffRate"], usual["JitterStrategy"]) == (
        8 if name in LAST_NETS else 3,
        2,
        "FULL",
    )
    if name in LAST_NETS:
        assert "Catch" not in task
    else:
        assert task["Catch"][-1]["ErrorEquals"] == ["States.ALL"]


@pytest.mark.parametrize("name", TASKS)
def test_throttles_take_no_try_of_a_fault(name: str) -> None:
    """Lambda has not called the function then: the account's other functions are busy."""
    throttled = TASKS[name]["Retry"][-2]
    assert throttled["ErrorEquals"] == ["Lambda.TooManyRequestsException"]
    assert (throttled["MaxAttempts"], throttled["BackoffRate"], throttled["JitterStrategy"]) == (6, 2, "FULL")
    assert throttled["ErrorEquals"][0] in step_functions.MAY_PASS


def test_only_a_wait_has_a_token_and_its_end_is_no_failure() -> None:
    waits = {name for name, task in TASKS.items() if task["Resource"].endswith(".waitForTaskToken")}
    assert waits == set(step_functions.WAITS)
    for name in waits:
        handled = [
            rule for rule in TASKS[name]["Retry"] + TASKS[name]["Catch"] if rule["ErrorEquals"] == ["States.Timeout"]
        ]
        assert handled, name
        assert TASKS[name]["Parameters"]["Payload"]["token.$"] == "$$.Task.Token"


def inner(name: str) -> dict[str, Any]:
    """The states of a Map. Those of the distributed one have names of their own, and are the same otherwise."""
    found: dict[str, Any] = json.loads(json.dumps(MAPS[name]["ItemProcessor"]["States"]).replace("OfMany", ""))
    return found


def test_ten_chunks_at_once_and_each_reports() -> None:
    assert set(MAPS) == {"Stage", "StageMany"}
    assert {state["MaxConcurrency"] for state in MAPS.values()} == {10}
    assert inner("Stage") == inner("StageMany")
    assert {name for name, state in inner("Stage").items() if state.get("End")} == {"StageChunk", "NotStaged"}
    assert MAPS["StageMany"]["ToleratedFailurePercentage"] == 100


def test_a_failed_chunk_is_not_a_staged_one() -> None:
    assert inner("Stage")["NotStaged"]["Result"] == 1
    assert not step_functions.STAGED


def test_the_local_stack_tries_as_its_settings_have_it() -> None:
    states = changed(lambda states: retry_as(states, 200, 1.0))["States"]
    usual = [states[name]["Retry"][-1] for name in ("Plan", "GiveUp", "Await")]
    usual += [state["Retry"][-1] for state in states["Stage"]["ItemProcessor"]["States"].values() if "Retry" in state]
    assert {(retrier["MaxAttempts"], retrier["IntervalSeconds"]) for retrier in usual} == {(199, 1)}
    assert states["Await"]["Retry"][0] == STATES["Await"]["Retry"][0], "the end of a wait is no failed try"
    assert changed(lambda states: retry_as(states, 4, 10.0)) == MACHINE


# ---- what the machine and its functions call each other ------------------------------------------------------------


def named_next() -> set[str]:
    """Every state that the code may name: those of records, and those that a step names itself."""
    tree = ast.parse(inspect.getsource(step_functions))
    texts = [node for node in ast.walk(tree) if isinstance(node, ast.Dict)]
    pairs = [pair for text in texts for pair in zip(text.keys, text.values, strict=True)]
    written = [value for key, value in pairs if isinstance(key, ast.Constant) and key.value == "next"]
    constants = {"AWAIT": step_functions.AWAIT, "PAUSE": step_functions.PAUSE}
    return {constants[v.id] if isinstance(v, ast.Name) else ast.literal_eval(v) for v in written}


@pytest.fixture
def named(machine: SimulatedDeployment) -> set[str]:
    run, flags = only_run(machine), (False, True)
    found = {
        state_of(replace(run, state=state, notified=notified, archive_key="x" * archived))
        for state, notified, archived in product(RunState, flags, flags)
    }
    return found | named_next()


def test_each_state_that_is_named_has_a_choice_and_the_reverse(named: set[str]) -> None:
    choices = STATES["Choose"]["Choices"]
    assert {rule["StringEquals"] for rule in choices} == named
    assert all(rule["Next"] == rule["StringEquals"] for rule in choices)
    assert set(executions.UNFINISHED.values()) < named
    assert set(step_functions.TOGETHER) < named


def read_by(*functions: Callable[..., Any]) -> tuple[set[str], set[str]]:
    """The keys of a step that functions read, and those of them that must be there."""
    must, may = set(), set()
    for function in functions:
        for node in ast.walk(ast.parse(inspect.getsource(function))):
            match node:
                case ast.Subscript(value=ast.Name(id="step" | "event"), slice=ast.Constant(value=str(key))):
                    must.add(key)
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id="step" | "event")), args=[ast.Constant(value=str(key)), *_]
                ):
                    may.add(key)
    return must | may, must


def payload(task: Any) -> dict[str, str]:
    return {name.removesuffix(".$"): value for name, value in task["Parameters"]["Payload"].items()}


STEPS = (step_functions.on_step, step_functions._looked, step_functions._take, step_functions._run_of)
READ = {
    "state": read_by(*STEPS),
    "chunk": read_by(chunk_of),
    "error": read_by(step_functions._give_up, step_functions._run_of),
}
"""What is read of a step, by what makes it one."""


@pytest.mark.parametrize("name", TASKS)
def test_a_function_reads_all_that_it_is_given(name: str) -> None:
    given = payload(TASKS[name])
    kind = next(part for part in ("state", "chunk", "error") if part in given)
    read, must = READ[kind]
    assert must <= set(given) <= read
    chunk = {"number": 1, "start": 0, "stop": 9}
    event = {name: {"error": {"Error": "x"}, "chunk": chunk, "generation": 1}.get(name, "x") for name in given}
    assert (chunk_of if kind == "chunk" else step_of)(event)
    assert given.get("state", name) == name


@pytest.fixture
def returned(machine: SimulatedDeployment, monkeypatch: pytest.MonkeyPatch, named: set[str]) -> dict[str, set[str]]:
    """What a function returns, by the state that is next."""
    usual = set(going_on(only_run(machine)))
    inline = set(staged(machine))
    monkeypatch.setattr(step_functions, "INLINE_CHUNKS", 0)
    task = ChunkTask(run_id="r", generation=1, number=1, start=0, stop=9)
    many = set(step_functions._to_stage(machine.pipeline, only_run(machine), [task]))
    return {name: {"Stage": inline, "StageMany": many}.get(name, usual) for name in named}


def test_what_a_state_reads_is_always_there(returned: dict[str, set[str]]) -> None:
    entered = flows(MACHINE, {"run"}, returned)
    missing = {name: needs(MACHINE["States"][name]) - keys for name, keys in entered.items()}
    assert {name: keys for name, keys in missing.items() if keys} == {}
    assert set(entered) == set(MACHINE["States"])
    for state in MAPS.values():
        given = {name.removesuffix(".$") for name in state["ItemSelector"]}
        inner = state["ItemProcessor"]
        for name, keys in flows(inner, given, {"": set()}).items():
            assert needs(inner["States"][name]) <= keys, name


def test_a_path_that_may_be_missing_is_found(returned: dict[str, set[str]]) -> None:
    broken = changed(lambda states: states["Plan"]["Catch"][0].pop("ResultPath"))
    assert needs(STATES["GiveUp"]) - flows(broken, {"run"}, returned)["GiveUp"] == {"run", "error"}


def test_a_failed_execution_has_a_code_and_a_message(machine: SimulatedDeployment) -> None:
    problem = Problem(code="REFUSED", message="no right")
    given = going_on(replace(only_run(machine), state=RunState.FAILED, notified=True, problem=problem))
    assert (STATES["Failed"]["ErrorPath"], STATES["Failed"]["CausePath"]) == ("$.problem.code", "$.problem.message")
    assert set(given["problem"]) == {"code", "message"}
