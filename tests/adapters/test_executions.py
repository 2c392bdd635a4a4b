"""What the pipeline may count on from any Step Functions: in memory, and of the local AWS over HTTP."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from chalicelib.adapters.memory import MemoryClock
from chalicelib.adapters.step_functions import NOT_WAITING, StepFunctions
from chalicelib.errors import Refused, Retryable
from chalicelib.orchestration.executions import Executions
from local.aws.clients import client
from local.options import Options
from local.stack import Stack
from tests.support.paths import ROOT
from tests.support.simulated.machine import Machine

WAITS = {
    "StartAt": "Wait",
    "States": {
        "Wait": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "Parameters": {"QueueUrl": "", "MessageBody.$": "$$.Task.Token"},
            "TimeoutSeconds": 60,
            "End": True,
        }
    },
}
GONE = {"next": "Ended", "run": "r"}
ARN = "arn:aws:states:eu-west-1:123456789012:stateMachine:m"
_names = (f"e{number}" for number in itertools.count(1))


@dataclass(frozen=True, kw_only=True)
class Site:
    """Executions that wait at once, and what a test sees of them."""

    executions: Executions
    token: Callable[[], str]
    """Returns the token with which the last one waits."""
    status: Callable[[str], str]


def in_memory() -> Site:
    machine = Machine(MemoryClock(), lambda bucket, key: None)

    def token() -> str:
        for following in ("Await", "Await"):
            for call in machine.due():
                call.make(lambda _function, payload, following=following: {"run": payload["run"], "next": following})
        return list(machine.tokens)[-1]

    return Site(executions=machine, token=token, status=lambda name: machine.executions[name].status)


@pytest.fixture(scope="module")
def local_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Any]]:
    """Makes clients of a local AWS, which runs state machines."""
    options = Options(functions=False, api=False, warehouse=False)
    stack = Stack(ROOT, tmp_path_factory.mktemp("aws"), options=options)
    record = stack.up()
    try:
        yield lambda service: client(service, record.ports.url("aws"), record.credentials)
    finally:
        stack.down()


@pytest.fixture(scope="module")
def real(local_aws: Callable[[str], Any]) -> Site:
    sfn, sqs = local_aws("stepfunctions"), local_aws("sqs")
    url = sqs.create_queue(QueueName="tokens")["QueueUrl"]
    WAITS["States"]["Wait"]["Parameters"]["QueueUrl"] = url  # type: ignore[index]
    made = sfn.create_state_machine(
        name="waits", definition=json.dumps(WAITS), roleArn="arn:aws:iam::000000000000:role/x"
    )
    arn = made["stateMachineArn"]

    def token() -> str:
        (message,) = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"]
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return str(message["Body"])

    def status(name: str) -> str:
        execution = f"{arn.replace(':stateMachine:', ':execution:')}:{name}"
        deadline = time.monotonic() + 1
        while (found := sfn.describe_execution(executionArn=execution)["status"]) == "RUNNING":
            if time.monotonic() > deadline:
                break
            time.sleep(0.02)
        return str(found)

    return Site(executions=StepFunctions(sfn, arn), token=token, status=status)


@pytest.fixture(params=["memory", "step functions"])
def site(request: pytest.FixtureRequest) -> Site:
    return in_memory() if request.param == "memory" else request.getfixturevalue("real")


@pytest.fixture
def name() -> str:
    return next(_names)


def test_an_execution_that_waits_goes_on_when_it_is_answered(site: Site, name: str) -> None:
    assert site.executions.start(name, {"run": "r"})
    token = site.token()
    assert site.status(name) == "RUNNING"
    assert site.executions.answer(token, GONE)
    assert site.status(name) == "SUCCEEDED"


def test_a_name_is_taken_once(site: Site, name: str) -> None:
    assert site.executions.start(name, {"run": "r"})
    assert site.executions.start(name, {"run": "r"}), "it runs"
    assert site.executions.answer(site.token(), GONE)
    assert site.status(name) == "SUCCEEDED"
    assert not site.executions.start(name, {"run": "r"}), "it has ended"


def test_a_token_is_answered_once(site: Site, name: str) -> None:
    site.executions.start(name, {"run": "r"})
    token = site.token()
    assert site.executions.answer(token, GONE)
    assert site.status(name) == "SUCCEEDED"
    assert not site.executions.answer(token, GONE)


@pytest.mark.parametrize("token", ["none", "a b/c+d==", "x" * 1024])
def test_a_token_of_no_execution_is_not_answered(site: Site, token: str) -> None:
    assert not site.executions.answer(token, GONE)


def test_executions_do_not_answer_for_each_other(site: Site) -> None:
    first, second = next(_names), next(_names)
    site.executions.start(first, {"run": "r"})
    token = site.token()
    site.executions.start(second, {"run": "s"})
    other = site.token()
    assert token != other
    assert site.executions.answer(token, GONE)
    assert (site.status(first), site.status(second)) == ("SUCCEEDED", "RUNNING")
    assert site.executions.answer(other, GONE)


def test_a_stopped_execution_is_not_answered(name: str) -> None:
    """As AWS documents it; the local AWS takes the answer."""
    site = in_memory()
    site.executions.start(name, {"run": "r"})
    token = site.token()
    assert isinstance(site.executions, Machine)
    site.executions.executions[name].end("ABORTED")
    assert not site.executions.answer(token, GONE)
    assert not site.executions.start(name, {"run": "r"})


# ---- errors --------------------------------------------------------------------------------------------------------


@pytest.fixture
def stubbed() -> Iterator[tuple[StepFunctions, Stubber]]:
    session = botocore.session.get_session()
    sfn = session.create_client(
        "stepfunctions", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    with Stubber(sfn) as stubber:
        yield StepFunctions(sfn, ARN), stubber


def codes(operation: str) -> set[str]:
    """The errors that an operation has by its model."""
    model = botocore.session.get_session().get_service_model("stepfunctions").operation_model(operation)
    return {shape.name for shape in model.error_shapes}


def test_the_codes_are_those_of_the_operations() -> None:
    assert codes("SendTaskSuccess") >= NOT_WAITING
    assert "ExecutionAlreadyExists" in codes("StartExecution")


@pytest.mark.parametrize("code", sorted(NOT_WAITING))
def test_a_code_of_a_token_that_is_over_is_no_error(stubbed: tuple[StepFunctions, Stubber], code: str) -> None:
    executions, stubber = stubbed
    stubber.add_client_error("send_task_success", code)
    assert not executions.answer("t", GONE)


@pytest.mark.parametrize("code", sorted(codes("SendTaskSuccess") - NOT_WAITING))
def test_any_other_code_of_an_answer_is_an_error(stubbed: tuple[StepFunctions, Stubber], code: str) -> None:
    executions, stubber = stubbed
    stubber.add_client_error("send_task_success", code)
    with pytest.raises((Refused, Retryable), match="answer an execution") as caught:
        executions.answer("t", GONE)
    assert isinstance(caught.value.__cause__, ClientError)


@pytest.mark.parametrize("code", sorted(codes("StartExecution") - {"ExecutionAlreadyExists"}))
def test_any_other_code_of_a_start_is_an_error(stubbed: tuple[StepFunctions, Stubber], code: str) -> None:
    executions, stubber = stubbed
    stubber.add_client_error("start_execution", code)
    with pytest.raises((Refused, Retryable), match="start the execution one"):
        executions.start("one", {"run": "r"})


@pytest.mark.parametrize("code", ["ExecutionLimitExceeded", "KmsThrottlingException"])
def test_a_limit_passes(stubbed: tuple[StepFunctions, Stubber], code: str) -> None:
    executions, stubber = stubbed
    stubber.add_client_error("start_execution", code)
    with pytest.raises(Retryable):
        executions.start("one", {"run": "r"})


@pytest.mark.parametrize(
    ("status", "runs"), [("RUNNING", True), ("SUCCEEDED", False), ("FAILED", False), ("ABORTED", False)]
)
def test_a_name_that_is_taken_is_looked_up(stubbed: tuple[StepFunctions, Stubber], status: str, runs: bool) -> None:
    executions, stubber = stubbed
    stubber.add_client_error("start_execution", "ExecutionAlreadyExists")
    wanted = {"executionArn": "arn:aws:states:eu-west-1:123456789012:execution:m:one"}
    found = {**wanted, "stateMachineArn": ARN, "status": status, "startDate": 0.0}
    stubber.add_response("describe_execution", found, wanted)
    assert executions.start("one", {"run": "r"}) is runs
