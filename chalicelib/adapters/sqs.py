"""SQS: the work to do next. Messages come at least once and in any order; every step tolerates that.

Each message has its run as its message group, which makes a standard queue fair: while messages wait, SQS delivers
messages of runs that use little of the workers' time before messages of a run that uses more than its share.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from chalicelib.adapters.aws_errors import code_of, translate_errors
from chalicelib.adapters.messages import run_body, source_body, task_body
from chalicelib.config import Settings
from chalicelib.domain.run.events import run_of_message
from chalicelib.domain.run.model import ChunkTask
from chalicelib.errors import Refused, Retryable

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

BATCH = 10
DEAD_SUFFIX = "-dead"
"""The dead-letter queue of a queue has the queue's name and this suffix."""
LEFT_ALONE_SECONDS = 60
BATCH_TRIES = 4
LONGEST_DELAY = 900
LONGEST_VISIBILITY = 43_200
NOT_OURS_NOW = frozenset(
    {
        "AWS.SimpleQueueService.MessageNotInflight",
        "InvalidParameterValue",
        "MessageNotInflight",
        "ReceiptHandleIsInvalid",
    }
)
"""The message is visible again, or gone, or another receiver has it: there is no message to delay."""


class SqsQueue:
    """Sends work, and delays received messages. Requests each queue's URL once."""

    def __init__(self, client: SQSClient, settings: Settings, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._sqs = client
        self._settings = settings
        self._sleep = sleep
        self._urls: dict[str, str] = {}

    def send_run(self, run_id: str, *, delay: int = 0) -> None:
        with translate_errors(f"send run {run_id}"):
            self._sqs.send_message(
                QueueUrl=self._url(self._settings.run_queue),
                DelaySeconds=max(0, min(delay, LONGEST_DELAY)),
                **_message(run_body(run_id)),
            )

    def send_runs(self, run_ids: Sequence[str]) -> None:
        self._send_all(self._settings.run_queue, [run_body(run_id) for run_id in run_ids])

    def send_chunks(self, tasks: list[ChunkTask]) -> None:
        self._send_all(self._settings.chunk_queue, [task_body(task) for task in tasks])

    def send_source(self, object: str) -> None:
        with translate_errors(f"send the source {object}"):
            self._sqs.send_message(QueueUrl=self._url(self._settings.source_queue), MessageBody=source_body(object))

    def waiting(self) -> int:
        """Return the count of SQS, which may be up to a minute old."""
        with translate_errors("count the messages of runs"):
            response = self._sqs.get_queue_attributes(
                QueueUrl=self._url(self._settings.run_queue), AttributeNames=["ApproximateNumberOfMessages"]
            )
        return int(response["Attributes"]["ApproximateNumberOfMessages"])

    def redrive(self, most: int) -> int:
        """Move messages one by one, sent before they are deleted.

        SQS's own StartMessageMoveTask does not report which messages it moved, or when.
        """
        moved = 0
        for queue in (self._settings.run_queue, self._settings.chunk_queue):
            while moved < most and (found := self._dead(queue, most - moved)):
                for message in found:
                    self._send_all(queue, [message["Body"]])
                    with translate_errors(f"delete a message of {queue}{DEAD_SUFFIX}"):
                        self._sqs.delete_message(
                            QueueUrl=self._url(queue + DEAD_SUFFIX), ReceiptHandle=message["ReceiptHandle"]
                        )
                moved += len(found)
        return moved

    def _dead(self, queue: str, most: int) -> list[Any]:
        """Receive messages of the dead-letter queue, hidden from other receivers meanwhile.

        With a wait of a second SQS queries all of its hosts.
        """
        with translate_errors(f"receive from {queue}{DEAD_SUFFIX}"):
            response = self._sqs.receive_message(
                QueueUrl=self._url(queue + DEAD_SUFFIX),
                MaxNumberOfMessages=min(BATCH, most),
                VisibilityTimeout=LEFT_ALONE_SECONDS,
                WaitTimeSeconds=1,
            )
        return list(response.get("Messages", []))

    def delay_run(self, receipt_handle: str, seconds: int) -> None:
        """Make a received message of the run queue visible again after `seconds`."""
        self._delay(self._settings.run_queue, receipt_handle, seconds)

    def delay_chunk(self, receipt_handle: str, seconds: int) -> None:
        """Make a received message of the chunk queue visible again after `seconds`."""
        self._delay(self._settings.chunk_queue, receipt_handle, seconds)

    def _send_all(self, queue: str, bodies: Sequence[str]) -> None:
        for first in range(0, len(bodies), BATCH):
            batch = bodies[first : first + BATCH]
            self._send_batch(queue, [{"Id": str(n), **_message(body)} for n, body in enumerate(batch)])

    def _send_batch(self, queue: str, entries: list[Any]) -> None:
        """Send a batch, and send its messages again that the service fails on. Raises Retryable, Refused."""
        what = f"send to {queue}"
        for attempt in range(BATCH_TRIES):
            with translate_errors(what):
                response = self._sqs.send_message_batch(QueueUrl=self._url(queue), Entries=entries)
            failed = {f["Id"]: f for f in response.get("Failed", [])}
            if not failed:
                return
            if any(f.get("SenderFault") for f in failed.values()):
                codes = sorted({f["Code"] for f in failed.values()})
                raise Refused(f"{what}: {', '.join(codes)}")
            entries = [e for e in entries if e["Id"] in failed]
            self._sleep(0.1 * 2.0**attempt)
        raise Retryable(f"{what}: SQS did not accept {len(entries)} messages")

    def _delay(self, queue: str, receipt_handle: str, seconds: int) -> None:
        with translate_errors(f"delay a message of {queue}"):
            try:
                self._sqs.change_message_visibility(
                    QueueUrl=self._url(queue),
                    ReceiptHandle=receipt_handle,
                    VisibilityTimeout=max(0, min(seconds, LONGEST_VISIBILITY)),
                )
            except ClientError as error:
                if code_of(error) not in NOT_OURS_NOW:
                    raise

    def _url(self, name: str) -> str:
        if name not in self._urls:
            self._urls[name] = self._sqs.get_queue_url(QueueName=name)["QueueUrl"]
        return self._urls[name]


def _message(body: str) -> dict[str, Any]:
    """Return a message with its run as its group."""
    run = run_of_message(body)
    return {"MessageBody": body, "MessageGroupId": run} if run else {"MessageBody": body}
