"""One stack with the sample app for the tests of a pytest worker."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local import processes
from local.aws.clients import client
from local.launch import Launch
from local.options import Names, Options, StackPaths
from local.record import Record
from local.stack import Stack

REPO = Path(__file__).resolve().parents[3]
SAMPLE = Options(
    app_dir="tests/local/stack/sample",
    warehouse=False,
    visibility_seconds=5,
    sweep_seconds=2,
    settings={"LANDFALL_MAX_ATTEMPTS": "3"},
)
Note = dict[str, Any]
PATIENCE = 60.0
ODD = "suppliers/acme/ü #1+&%2B 100%.csv"
"""A key that notifications encode, and EventBridge does not."""


def wait(done: Callable[[], bool]) -> None:
    give_up = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < give_up, "waited in vain"
        time.sleep(0.2)


class RunningStack:
    """A running stack, and what its functions have noted so far."""

    def __init__(self, stack: Stack, record: Record) -> None:
        self.stack, self.record = stack, record
        self.notes: list[Note] = []
        self.seen = self.client("sqs").create_queue(QueueName="seen")["QueueUrl"]

    def client(self, service: str) -> Any:
        return client(service, self.record.ports.url("aws"), self.record.credentials)

    def send(self, queue: str, body: str) -> None:
        sqs = self.client("sqs")
        sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName=queue)["QueueUrl"], MessageBody=body)

    def put(self, key: str) -> None:
        self.client("s3").put_object(Bucket=self.record.names.bucket, Key=key, Body=b"id\n1\n")

    def noted(self, what: str, having: Callable[[Note], bool] = lambda _: True) -> list[Note]:
        """What was noted up to now, oldest first."""
        sqs = self.client("sqs")
        while got := sqs.receive_message(QueueUrl=self.seen, MaxNumberOfMessages=10).get("Messages"):
            for message in got:
                self.notes.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=self.seen, ReceiptHandle=message["ReceiptHandle"])
        return sorted((n for n in self.notes if n["what"] == what and having(n)), key=lambda n: n["at"])

    def wait(
        self, what: str, having: Callable[[Note], bool] = lambda _: True, *, count: int = 1, seconds: float = 15
    ) -> list[Note]:
        """The same, once there are so many; fails if that takes too long."""
        until = time.monotonic() + seconds
        while len(found := self.noted(what, having)) < count:
            assert time.monotonic() < until, f"{len(found)} of {count} {what} after {seconds} s"
            time.sleep(0.05)
        return found


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    stack = Stack(REPO, tmp_path_factory.mktemp("stack"), options=SAMPLE)
    try:
        yield RunningStack(stack, stack.up())
    finally:
        stack.down()


@pytest.fixture(scope="session")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Record]:
    """An AWS that holds nothing, where uploaded code runs."""
    state = tmp_path_factory.mktemp("account")
    launch = Launch(paths=StackPaths(root=REPO, state=state), names=Names(), options=Options(warehouse=False))
    try:
        yield launch.empty()
    finally:
        processes.stop(launch.started)
