"""SNS notifies people of the outcome of a run, and the optional FIFO queue notifies programs.

A mail has a text to read and JSON below it; a message of the queue is JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chalicelib.adapters.aws_errors import translate_errors
from chalicelib.config import Settings
from chalicelib.domain.run.notices import mail
from chalicelib.visible import visible

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

LONGEST_SUBJECT = 99
"""SNS requires fewer than 100 characters, all printable ASCII."""


class SnsNotifier:
    """Sends successes to the business topic, failures to the support topic, and both to the result queue, if any.

    The result queue is written first: its deduplication id is the load's, so that a repeat within five minutes is
    dropped there. A topic may deliver the same outcome twice.
    """

    def __init__(self, sns: SNSClient, sqs: SQSClient, settings: Settings) -> None:
        self._sns = sns
        self._sqs = sqs
        self._settings = settings
        self._result_url = ""

    def success(self, message: Mapping[str, Any]) -> None:
        self._publish(self._settings.success_topic, message)

    def failure(self, message: Mapping[str, Any]) -> None:
        self._publish(self._settings.failure_topic, message)

    def _publish(self, topic: str, message: Mapping[str, Any]) -> None:
        with translate_errors(f"notify of run {message.get('run', '')}"):
            if self._settings.result_queue and "load_id" in message:
                self._result(message)
            self._sns.publish(
                TopicArn=topic,
                Subject=subject(message),
                Message=mail(message),
                MessageAttributes={
                    name: {"DataType": "String", "StringValue": str(message[name])}
                    for name in ("object", "state")
                    if message.get(name)
                },
            )

    def _result(self, message: Mapping[str, Any]) -> None:
        self._sqs.send_message(
            QueueUrl=self._url(),
            MessageBody=json.dumps(message),
            MessageGroupId=str(message.get("object") or "unrouted"),
            MessageDeduplicationId=str(message["load_id"]),
        )

    def _url(self) -> str:
        if not self._result_url:
            self._result_url = self._sqs.get_queue_url(QueueName=self._settings.result_queue)["QueueUrl"]
        return self._result_url


def subject(message: Mapping[str, Any]) -> str:
    """Return one line for a mail: state, object and file name, in the characters that SNS allows."""
    name = visible(str(message.get("file", "")).rsplit("/", 1)[-1])
    text = f"Landfall {message.get('state', '')}: {message.get('object') or 'unrouted'} {name}"
    return "".join(c if " " <= c <= "~" else "?" for c in text)[:LONGEST_SUBJECT].strip()
