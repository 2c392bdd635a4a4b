"""Executions of the state machine on the real local stack: tries, and executions that are stopped."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

from chalicelib.domain.run.notices import read_mail
from tests.e2e.conftest import Deployment, transactions

FAULTS = """

# ---- appended by a test: faults of the functions, as files beside this one have them

import time

from chalicelib.errors import Broken
from chalicelib.orchestration import step_functions


def _linger(state):
    slow = Path(__file__).with_name("slow")
    if slow.exists() and slow.read_text() == state:
        time.sleep(1)


def _on_chunk(pipeline, task, usual=step_functions.on_chunk):
    _linger("Stage")
    tries, fails = Path(__file__).with_name("tries"), Path(__file__).with_name("fails")
    if task.number == 2 and fails.exists():
        with tries.open("a") as file:
            file.write("x")
        if tries.stat().st_size <= int(fails.read_text()):
            raise Broken("a fault that a test planted")
    return usual(pipeline, task)


def _on_step(pipeline, step, usual=step_functions.on_step):
    _linger(step.get("state"))
    step_functions.INLINE_CHUNKS = 2 if Path(__file__).with_name("many").exists() else MOST
    return usual(pipeline, step)


MOST = step_functions.INLINE_CHUNKS
step_functions.on_chunk, step_functions.on_step = _on_chunk, _on_step
"""
STATES = ("Plan", "Stage", "Seal", "Load", "Await", "Settle", "Archive", "Notify")


@pytest.fixture(scope="module")
def faulty(by_executions: Deployment) -> Iterator[Deployment]:
    """The stack with functions that a test can let fail."""
    app = by_executions.app / "app.py"
    usual = app.read_text()
    app.write_text(usual + FAULTS)
    by_executions.stack.restart_worker()
    yield by_executions
    app.write_text(usual)
    by_executions.stack.restart_worker()


@pytest.fixture
def plant(faulty: Deployment) -> Iterator[Callable[[str, str], None]]:
    """Plants a fault until the test ends."""
    yield lambda name, text: (faulty.app / name).write_text(text) and None
    for name in ("fails", "tries", "slow", "many"):
        (faulty.app / name).unlink(missing_ok=True)


def client(deployment: Deployment, service: str) -> Any:
    env = deployment.record.env
    return boto3.client(
        service,
        endpoint_url=deployment.record.ports.url("aws"),
        region_name=env["AWS_REGION"],
        aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
    )


def told_support(deployment: Deployment) -> list[dict[str, Any]]:
    """The notices in support's inbox, which is empty afterwards."""
    sqs, found = client(deployment, "sqs"), []
    url = sqs.get_queue_url(QueueName=deployment.record.names.failure_inbox)["QueueUrl"]
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            body = message["Body"]
            found.append(read_mail(json.loads(body)["Message"] if body.startswith("{") else body))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


def loaded(deployment: Deployment, first: int, count: int) -> int:
    """How many of the rows that are numbered so are in their target."""
    numbered = f"account_id between {first} and {first + count - 1}"
    return int(deployment.rows(f"select count(*) from landing.transactions where {numbered}")[0][0])


def test_a_chunk_that_fails_twice_is_staged_by_the_third_try(
    faulty: Deployment, plant: Callable[[str, str], None]
) -> None:
    plant("fails", "2")
    key = "incoming/transactions/twice.csv"
    faulty.put(key, transactions(8_000_000, 6_000))
    assert faulty.wait(key)["state"] == "LOADED"
    assert len((faulty.app / "tries").read_text()) == 3
    assert loaded(faulty, 8_000_000, 6_000) == 6_000


def test_a_chunk_that_fails_for_good_ends_the_run(faulty: Deployment, plant: Callable[[str, str], None]) -> None:
    plant("fails", "99")
    told_support(faulty)
    key = "incoming/transactions/for-good.csv"
    faulty.put(key, transactions(9_000_000, 6_000))
    status = faulty.wait(key)
    assert (status["state"], status["first_error"]["code"]) == ("FAILED", "BROKEN")
    assert len((faulty.app / "tries").read_text()) == 4
    assert loaded(faulty, 9_000_000, 6_000) == 0
    time.sleep(1)
    assert [notice["run"] for notice in told_support(faulty)] == [status["run_id"]]


def test_many_chunks_are_staged_from_a_list(faulty: Deployment, plant: Callable[[str, str], None]) -> None:
    plant("many", "")
    key = "incoming/transactions/many.csv"
    faulty.put(key, transactions(11_000_000, 45_000))
    assert faulty.wait(key)["state"] == "LOADED"
    assert loaded(faulty, 11_000_000, 45_000) == 45_000
    listed = faulty.s3.list_objects_v2(Bucket=faulty.bucket, Prefix="processed/")["Contents"]
    assert any(found["Key"].endswith("/chunks.json") for found in listed)
    assert faulty.stack.in_flight()["stage_chunk"]["most"] <= 10


def test_an_execution_that_is_stopped_at_any_state_is_healed(
    faulty: Deployment, plant: Callable[[str, str], None]
) -> None:
    sfn, machine = client(faulty, "stepfunctions"), faulty.record.env["LANDFALL_STATE_MACHINE"]

    def stopped(state: str) -> bool:
        for found in sfn.list_executions(stateMachineArn=machine, statusFilter="RUNNING")["executions"]:
            if found["name"] in before or now_in(sfn, found["executionArn"]) != state:
                continue
            sfn.stop_execution(executionArn=found["executionArn"])
            return True
        return False

    for number, state in enumerate(STATES):
        plant("slow", state)
        before = {found["name"] for found in sfn.list_executions(stateMachineArn=machine)["executions"]}
        faulty.put(f"incoming/transactions/stopped-{number}.csv", transactions(10_000_000 + number * 1_000, 900))
        faulty.until(lambda state=state: stopped(state), seconds=15)  # type: ignore[misc]
    plant("slow", "")
    for number in range(len(STATES)):
        assert faulty.wait(f"incoming/transactions/stopped-{number}.csv")["state"] == "LOADED"
        assert loaded(faulty, 10_000_000 + number * 1_000, 900) == 900


def now_in(sfn: Any, execution: str) -> str:
    """The state that an execution is in."""
    history = sfn.get_execution_history(executionArn=execution, maxResults=1_000)["events"]
    entered = [event["stateEnteredEventDetails"]["name"] for event in history if "stateEnteredEventDetails" in event]
    return str(([name for name in entered if name in STATES] or [""])[-1])
