"""Makes in the local AWS what infra makes in the real one: bucket, table, queues, topics, secret. Idempotent.

What invokes the functions is wired by local/aws/wiring.py, from what the app declares.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.adapters.dynamodb.table import table_definition
from local.access.signatures import Credentials
from local.aws.clients import client
from local.options import DEAD_SUFFIX, REGION, Names


@dataclass(frozen=True, kw_only=True)
class Provision:
    """Makes resources at one endpoint."""

    endpoint: str
    credentials: Credentials
    names: Names
    visibility_seconds: int
    """How long a message stays with a worker that does not answer."""
    max_attempts: int
    """Tries the handlers count; the queues allow one more, so that a handler sees its last one."""
    api_tokens: Mapping[str, str]
    """The API's bearer tokens by role."""

    def everything(self) -> None:
        """All of it."""
        self.bucket(self.names.bucket)
        self.table()
        for queue in (self.names.run_queue, self.names.chunk_queue):
            self.queue(queue)
        self.fifo(self.names.result_queue)
        self.topic(self.names.success_topic, self.names.success_inbox)
        self.topic(self.names.failure_topic, self.names.failure_inbox)
        self.tokens()

    def bucket(self, name: str) -> None:
        """A versioned bucket: deleting a landed version must never take a newer one with it."""
        s3 = self._client("s3")
        with _unless("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
            s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})

    def table(self) -> None:
        """The table of runs and chunks, as its adapter defines it."""
        definition = table_definition(self.names.table)
        with _unless("ResourceInUseException"):
            self._client("dynamodb").create_table(**definition)

    def queue(self, name: str) -> None:
        """A queue and its dead-letter queue."""
        dead = self._queue(name + DEAD_SUFFIX, {"MessageRetentionPeriod": "1209600"})
        redrive = {"deadLetterTargetArn": dead, "maxReceiveCount": self.max_attempts + 1}
        self._queue(name, {"RedrivePolicy": json.dumps(redrive)})

    def fifo(self, name: str) -> None:
        """A queue that keeps order within a group and drops repeats."""
        self._queue(name, {"FifoQueue": "true"})

    def topic(self, arn: str, inbox: str) -> None:
        """A topic, and a queue that gets what is published, so that it can be looked at."""
        queue = self._queue(inbox, {})
        sns = self._client("sns")
        made = sns.create_topic(Name=arn.rpartition(":")[2])["TopicArn"]
        if made != arn:
            raise ValueError(f"the topic was made as {made}, not as {arn}")
        sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue, Attributes={"RawMessageDelivery": "true"})

    def tokens(self) -> None:
        """The secret the API reads: a hash for each token, so that only whoever holds the file can use them."""
        manager = self._client("secretsmanager")
        entries = [
            {"name": f"local-{role}", "role": role, "sha256": hashlib.sha256(token.encode()).hexdigest()}
            for role, token in self.api_tokens.items()
        ]
        text = json.dumps({"tokens": entries})
        with _unless("ResourceExistsException"):
            manager.create_secret(Name=self.names.tokens_secret)
        manager.put_secret_value(SecretId=self.names.tokens_secret, SecretString=text)

    def _client(self, service: str) -> Any:
        return client(service, self.endpoint, self.credentials)

    def _queue(self, name: str, attributes: dict[str, str]) -> str:
        """A queue with these attributes, made or changed. Returns its ARN."""
        sqs = self._client("sqs")
        wanted = {"VisibilityTimeout": str(self.visibility_seconds), **attributes}
        try:
            url = sqs.create_queue(QueueName=name, Attributes=wanted)["QueueUrl"]
        except sqs.exceptions.QueueNameExists:
            url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
            wanted.pop("FifoQueue", None)  # cannot be changed
            sqs.set_queue_attributes(QueueUrl=url, Attributes=wanted)
        answer: dict[str, Any] = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return str(answer["Attributes"]["QueueArn"])


@contextlib.contextmanager
def _unless(*codes: str) -> Iterator[None]:
    """Lets pass an error that says that the thing is there already."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] not in codes:
            raise
