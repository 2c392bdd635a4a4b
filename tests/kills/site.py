"""The running stack as the kills need it: files land, runs are read, mail is taken out of the inboxes."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
import psycopg

from chalicelib.adapters.clock import SystemClock
from chalicelib.adapters.dynamodb.bookmarks import DynamoBookmarks
from chalicelib.adapters.dynamodb.runs import DynamoRuns
from chalicelib.adapters.dynamodb.searches import DynamoSearch
from chalicelib.adapters.dynamodb.table_client import TableClient
from chalicelib.domain.run import keys
from chalicelib.domain.run.model import Run, RunState
from chalicelib.domain.run.notices import read_mail
from chalicelib.domain.source.progress import Progress, bookmark_of
from local.access.signatures import Credentials
from local.options import REGION
from local.record import Record


@cache
def _client(service: str, endpoint: str, credentials: Credentials) -> Any:
    keys = {"aws_access_key_id": credentials.access_key, "aws_secret_access_key": credentials.secret}
    return boto3.client(service, endpoint_url=endpoint, region_name=REGION, **keys)


@dataclass(frozen=True, kw_only=True)
class Site:
    """Seen past the app: what the app says of itself is what is to be shown."""

    record: Record

    def client(self, service: str) -> Any:
        return _client(service, self.record.ports.url("aws"), self.record.credentials)

    @property
    def bucket(self) -> str:
        return self.record.names.bucket

    def put(self, key: str, body: bytes) -> None:
        self.client("s3").put_object(Bucket=self.bucket, Key=key, Body=body)

    def body(self, key: str) -> bytes | None:
        """What lies there now."""
        s3 = self.client("s3")
        try:
            found: bytes = s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except s3.exceptions.NoSuchKey:
            return None
        return found

    def keys(self, prefix: str) -> list[str]:
        """What lies in a folder; of more than a thousand objects, the first."""
        listed = self.client("s3").list_objects_v2(Bucket=self.bucket, Prefix=prefix)
        return [str(thing["Key"]) for thing in listed.get("Contents", ())]

    @property
    def table(self) -> TableClient:
        return TableClient(self.client("dynamodb"), self.record.names.table)

    @property
    def bookmarks(self) -> DynamoBookmarks:
        return DynamoBookmarks(self.table)

    def progress(self, object: str) -> tuple[str, Progress]:
        """The record of a source: as it is stored, and as it is read."""
        stored = self.bookmarks.get(bookmark_of(object))
        return stored, Progress.read(stored)

    def runs(self) -> list[Run]:
        """All of them."""
        store, search = DynamoRuns(self.table, SystemClock()), DynamoSearch(self.table)
        found: list[Run] = []
        for state in RunState:
            cursor = ""
            while True:
                page = search.page(state=state, cursor=cursor, limit=200)
                found += page.runs
                if not (cursor := page.cursor):
                    break
        return [run for run_id in {run.run_id for run in found} if (run := store.get(run_id))]

    def rejects(self, run: Run) -> list[dict[str, Any]]:
        """The bad rows of a run, from all files below its prefix."""
        texts = [self.body(key) or b"" for key in self.keys(keys.rejects_prefix(run))]
        return [json.loads(line) for text in texts for line in text.decode().splitlines()]

    def mail(self, inbox: str) -> list[dict[str, Any]]:
        """Everything that was published to a topic."""
        return list(self._mail(inbox))

    def _mail(self, inbox: str) -> Iterator[dict[str, Any]]:
        sqs = self.client("sqs")
        url = sqs.get_queue_url(QueueName=inbox)["QueueUrl"]
        while got := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=600).get("Messages"):
            for message in got:
                body = message["Body"]
                yield read_mail(json.loads(body)["Message"] if body.startswith("{") else body)
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    def warehouse(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.record.warehouse["dsn"], autocommit=True)

    def at_rest(self, keys_: set[str], patience: float) -> list[Run]:
        """All runs, once there is one for each of these keys and all are finished; or as they are when time is up."""
        deadline = time.monotonic() + patience
        while True:
            runs = self.runs()
            if keys_ <= {run.source.key for run in runs} and all(run.finished for run in runs):
                return runs
            if time.monotonic() > deadline:
                return runs
            time.sleep(2)
