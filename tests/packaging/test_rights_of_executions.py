"""What it takes to wake the executions of runs: which functions do, and may, on stages with a machine only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from moto import mock_aws

from chalicelib.adapters.messages import run_body
from chalicelib.domain.run.model import RunState
from chalicelib.orchestration.executions import MachineQueue
from deploy.machine import READING, WAKING, rights_of_executions
from deploy.stage import ROOT, filled, granted, with_login
from tests.packaging.account import CHUNKS, RUNS, Account
from tests.packaging.chosen import WITH_MACHINE
from tests.packaging.policies import FOLDERS, FUNCTIONS, VALUES
from tests.packaging.rights import BUCKET, WHERE, Right
from tests.packaging.scenarios import (
    THING,
    files_come,
    other_files_are_run_again,
    other_files_come,
    people_look,
    rows_are_corrected,
    what_was_loaded_is_run_again,
)
from tests.support.api import CONTRACTS, GOOD

TABLE = f"arn:aws:dynamodb:{WHERE}:table/landfall-dev"
WAKES = {
    ("states:StartExecution", f"arn:aws:states:{WHERE}:stateMachine:landfall-dev"),
    ("states:DescribeExecution", f"arn:aws:states:{WHERE}:execution:landfall-dev:*"),
    ("states:SendTaskSuccess", f"arn:aws:states:{WHERE}:stateMachine:landfall-dev"),
    ("dynamodb:GetItem", TABLE),
    ("dynamodb:PutItem", TABLE),
}
"""What it takes to wake a run that is not finished."""
READS = {
    ("states:StartExecution", f"arn:aws:states:{WHERE}:stateMachine:landfall-dev-read_source"),
    ("states:DescribeExecution", f"arn:aws:states:{WHERE}:execution:landfall-dev-read_source:*"),
}
"""What it takes to have a source read."""
LOOKS = {("dynamodb:BatchGetItem", TABLE), ("s3:ListBucket", f"arn:aws:s3:::{BUCKET}")}
"""What it takes besides to look at what has landed."""


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield Account(CONTRACTS, versioned=True, machine=True)


def test_what_it_takes_to_wake_an_execution(account: Account) -> None:
    account.hear(account.put(key := f"{THING}a.csv", GOOD))
    run, work = account.run(key), account._wired().work
    assert isinstance(work, MachineQueue)
    assert account.executions
    [first] = account.executions.machine.executions.values()
    account.calls.by = "waker"
    work.wake(run.run_id)  # it runs
    work.wait(run.run_id, "gone")
    work.wake(run.run_id)  # it waits no more
    first.end("ABORTED")
    work.wake(run.run_id)
    assert account.calls.rights["waker"] == WAKES
    assert [one.status for one in account.executions.machine.executions.values()] == ["ABORTED", "RUNNING"]


def messages_of_before(account: Account) -> None:
    """Of either queue, sent before the stage had a machine: some are delivered, some have failed at each try."""
    pipeline = account._wired().pipeline
    plain = replace(pipeline, ctx=replace(pipeline.ctx, queue=account._wired().queue))
    for name, dead in (("lives", False), ("dies", True)):
        account.hear(account.put(key := f"{THING}{name}.csv", GOOD + name.encode() + b",v,1\n"))
        assert account.executions
        for execution in account.executions.machine.running:
            execution.end("ABORTED")
        plain.advance(account.run(key).run_id)
        while account.calls.sent:
            queue, body = account.calls.sent.popleft()
            account.deliver(queue, body, dead=dead and queue == CHUNKS)
        account.settle()
        assert account.run(key).state is (RunState.FAILED if dead else RunState.LOADED)
    account.hear(account.put(key := f"{THING}of_run.csv", GOOD + b"of_run,v,1\n"))
    account.deliver(RUNS, run_body(account.run(key).run_id), dead=True)
    account.settle()
    assert account.run(key).state is RunState.FAILED


SCENARIOS = (
    files_come,
    what_was_loaded_is_run_again,
    other_files_come,
    other_files_are_run_again,
    rows_are_corrected,
    messages_of_before,
    people_look,
)


def test_functions_that_wake_may_and_others_may_not(account: Account) -> None:
    for scenario in SCENARIOS:
        scenario(account)
    needs = account.calls.rights
    assert {name for name in FUNCTIONS if any(action.startswith("states:") for action, _ in needs[name])} == set(WAKING)
    lacking = {name: more for name in FUNCTIONS if (more := needs[name] - _may(name, WITH_MACHINE))}
    assert lacking == {}
    called = re.findall(r"_sfn\.(\w+)\(", (ROOT / "chalicelib/adapters/step_functions.py").read_text())
    names = {f"stepfunctions:{''.join(map(str.title, call.split('_')))}" for call in called}
    assert names <= account.calls.names | {"stepfunctions:DescribeExecution"}, "the test above makes that one"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_machine_adds_what_it_takes_to_wake_it_and_no_more(name: str) -> None:
    before, after = _may(name, {}), _may(name, WITH_MACHINE)
    assert before <= after
    more = (WAKES if name in WAKING else set()) | (READS if name in READING else set())
    assert after - before == (more | (LOOKS if name == "read_source" else set())) - before
    assert bool(rights_of_executions(name)) is (name in {*WAKING, *READING})


def _may(name: str, stage: Any) -> set[Right]:
    document = filled(with_login(granted(name, stage, FOLDERS), cluster=False), VALUES)
    allowed = [s for s in document["Statement"] if s["Effect"] == "Allow"]
    return {(action, arn) for s in allowed for action in s["Action"] for arn in s["Resource"]}
