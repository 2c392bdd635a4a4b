"""Batches that fail in part, and messages that are put off."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from chalicelib.adapters.messages import run_body, task_body
from chalicelib.adapters.sqs import BATCH_TRIES, SqsQueue
from chalicelib.domain.run.model import ChunkTask
from chalicelib.errors import Refused, Retryable, Throttled
from tests.adapters.unit.wire import Request, Response, Script, client, error, reply
from tests.support.settings import SETTINGS

URL = reply(QueueUrl="https://sqs.eu-west-1.amazonaws.com/1/chunks")
TASKS = [ChunkTask(run_id="r1", generation=1, number=n, start=n, stop=n + 1) for n in range(1, 4)]


def queue(script: Script) -> SqsQueue:
    return SqsQueue(client("sqs", script), SETTINGS, sleep=lambda _: None)


def partly(*failed: str, sender: bool = False) -> Response:
    notified = [{"Id": name, "Code": "Broken", "SenderFault": sender} for name in failed]
    return reply(Failed=notified, Successful=[])


def batches(script: Script) -> list[list[int]]:
    sent = [a.body["Entries"] for a in script.requests if a.operation == "SendMessageBatch"]
    return [[json.loads(e["MessageBody"])["number"] for e in entries] for entries in sent]


def test_only_what_failed_is_sent_again() -> None:
    script = Script([URL, partly("0", "2"), partly("2"), partly()])
    queue(script).send_chunks(TASKS)
    assert batches(script) == [[1, 2, 3], [1, 3], [3]]
    assert script.operations.count("GetQueueUrl") == 1


def groups(script: Script) -> list[str | None]:
    """The message groups of what was sent, in order."""
    bodies = [a.body for a in script.requests if a.operation in ("SendMessage", "SendMessageBatch")]
    return [entry.get("MessageGroupId") for body in bodies for entry in body.get("Entries", [body])]


def test_every_message_is_in_the_group_of_its_run() -> None:
    script = Script([URL, reply(MessageId="1"), partly(), URL, partly()])
    made = queue(script)
    made.send_run("r7")
    made.send_runs(["r8", "r9"])
    made.send_chunks(TASKS)
    assert groups(script) == ["r7", "r8", "r9", "r1", "r1", "r1"]


@pytest.mark.parametrize(("body", "group"), [(run_body("r7"), "r7"), (task_body(TASKS[0]), "r1"), ("{}", None)])
def test_a_redriven_message_is_in_the_group_of_its_run_again(body: str, group: str | None) -> None:
    dead = {"MessageId": "1", "ReceiptHandle": "h", "Body": body}
    script = Script([URL, reply(Messages=[dead]), URL, partly(), reply()])
    assert queue(script).redrive(1) == 1
    assert groups(script) == [group]


def test_what_keeps_failing_may_be_tried_again_later() -> None:
    script = Script([URL, partly("1")])
    with pytest.raises(Retryable):
        queue(script).send_chunks(TASKS)
    assert len(batches(script)) == BATCH_TRIES


def test_what_we_did_wrong_is_refused() -> None:
    with pytest.raises(Refused):
        queue(Script([URL, partly("1", sender=True)])).send_chunks(TASKS)


@pytest.mark.parametrize(("seconds", "sent"), [(0, 0), (60, 60), (5_000, 900), (-1, 0)])
def test_a_delay_is_what_sqs_allows(seconds: int, sent: int) -> None:
    script = Script([URL, reply(MessageId="1")])
    queue(script).send_run("r1", delay=seconds)
    assert script.requests[1].body["DelaySeconds"] == sent


@pytest.mark.parametrize(("seconds", "sent"), [(20, 20), (99_999, 43_200)])
def test_a_message_is_put_off_in_its_queue(seconds: int, sent: int) -> None:
    names: list[str] = []

    def wire(request: Request) -> Response:
        if request.operation == "GetQueueUrl":
            names.append(request.body["QueueName"])
            return URL
        assert (request.body["ReceiptHandle"], request.body["VisibilityTimeout"]) == ("handle", sent)
        return reply()

    settings = replace(SETTINGS, run_queue="runs-1", chunk_queue="chunks-1")
    made = SqsQueue(client("sqs", wire), settings)
    made.delay_run("handle", seconds)
    made.delay_chunk("handle", seconds)
    assert names == ["runs-1", "chunks-1"]


@pytest.mark.parametrize("code", ["MessageNotInflight", "ReceiptHandleIsInvalid", "InvalidParameterValue"])
def test_a_message_that_is_no_longer_in_hand_needs_no_delay(code: str) -> None:
    queue(Script([URL, error(code)])).delay_run("handle", 5)


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (error("RequestThrottled"), Throttled),
        (error("InternalError", status=500), Retryable),
        (error("QueueDoesNotExist"), Refused),
    ],
)
def test_errors_are_ours(response: Response, kind: type[Exception]) -> None:
    for script in (Script([response]), Script([URL, response])):
        made = queue(script)
        with pytest.raises(kind):
            made.send_run("r1")
        with pytest.raises(kind):
            made.delay_chunk("handle", 5)
