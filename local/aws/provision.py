"""Makes the same resources in the local AWS as infra/ in the real one: bucket, table, queues, topics, secret.

Idempotent. local/aws/wiring.py connects the functions with the event sources that the app declares.
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
    """Tries that the handlers count. The queues allow one more, so that a handler sees its last one."""
    api_tokens: Mapping[str, str]
    """The API's bearer tokens by role."""

    def everything(self) -> None:
        """Make all resources."""
        self.bucket(self.names.bucket)
        self.table()
        for queue in (self.names.run_queue, self.names.chunk_queue, self.names.source_queue):
            self.queue(queue)
        self.fifo(self.names.result_queue)
        self.topic(self.names.success_topic, self.names.success_inbox)
        self.topic(self.names.failure_topic, self.names.failure_inbox)
        self.tokens()

    def bucket(self, name: str) -> None:
        """Make a versioned bucket: the deletion of a landed version must never delete a newer one."""
        s3 = self._client("s3")
        with _unless("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
            s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})

    def table(self) -> None:
        """Make the table of runs and chunks from its adapter's definition."""
        definition = table_definition(self.names.table)
        with _unless("ResourceInUseException"):
            self._client("dynamodb").create_table(**definition)

    def queue(self, name: str) -> None:
        """Make a queue and its dead-letter queue."""
        dead = self._queue(name + DEAD_SUFFIX, {"MessageRetentionPeriod": "1209600"})
        redrive = {"deadLetterTargetArn": dead, "maxReceiveCount": self.max_attempts + 1}
        self._queue(name, {"RedrivePolicy": json.dumps(redrive)})

    def fifo(self, name: str) -> None:
        """Make a queue that keeps order within a group and drops repeats."""
        self._queue(name, {"FifoQueue": "true"})

    def topic(self, arn: str, inbox: str) -> None:
        """Make a topic, and a queue that receives its messages for inspection."""
        queue = self._queue(inbox, {})
        sns = self._client("sns")
        made = sns.create_topic(Name=arn.rpartition(":")[2])["TopicArn"]
        if made != arn:
            raise ValueError(f"the topic was made as {made}, not as {arn}")
        sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue, Attributes={"RawMessageDelivery": "true"})

    def tokens(self) -> None:
        """Make the secret that the API reads: a hash of each token. Only the owner of the file can use the tokens."""
        entries = [
            {"name": f"local-{role}", "role": role, "sha256": hashlib.sha256(token.encode()).hexdigest()}
            for role, token in self.api_tokens.items()
        ]
        self._secret(self.names.tokens_secret, {"tokens": entries})

    def login(self, login: Mapping[str, str]) -> None:
        """Make the secret with which direct loads log in to the warehouse."""
        self._secret(self.names.db_secret.rpartition(":")[2], login)

    def _secret(self, name: str, content: Mapping[str, object]) -> None:
        manager = self._client("secretsmanager")
        with _unless("ResourceExistsException"):
            manager.create_secret(Name=name)
        manager.put_secret_value(SecretId=name, SecretString=json.dumps(content))

    def _client(self, service: str) -> Any:
        return client(service, self.endpoint, self.credentials)

    def _queue(self, name: str, attributes: dict[str, str]) -> str:
        """Make or change a queue with these attributes. Return its ARN."""
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
    """Ignore an error with one of these codes: the resource exists already."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] not in codes:
            raise
