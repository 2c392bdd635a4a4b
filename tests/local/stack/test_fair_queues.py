"""A standard queue delivers messages of quiet groups first, as SQS does."""

from __future__ import annotations

import itertools
import uuid
from typing import Any

import pytest

from local.aws.ministack_fair import RECENT_SECONDS, Usage, in_fair_order
from tests.local.stack.conftest import RunningStack

_ids = itertools.count()


def message(group: str | None, *, in_flight: bool = False) -> dict[str, Any]:
    taken = {"visible_at": 1e9, "receive_count": 1} if in_flight else {"visible_at": 0.0, "receive_count": 0}
    return {"id": f"m{next(_ids)}", "group_id": group, **taken}


def order(messages: list[dict[str, Any]], usage: Usage, now: float = 100.0) -> list[str | None]:
    """The groups of what can be received, in the order of delivery."""
    return [m["group_id"] for m in in_fair_order(messages, usage, now) if m["visible_at"] <= now]


def test_without_a_noisy_group_the_oldest_message_comes_first() -> None:
    assert order([message("a"), message("b"), message("a")], Usage()) == ["a", "b", "a"]


@pytest.mark.parametrize(("in_flight", "first"), [(29, "loud"), (30, "quiet")])
def test_a_group_with_many_messages_in_flight_comes_last(in_flight: int, first: str) -> None:
    held = [message("loud", in_flight=True) for _ in range(in_flight)]
    assert order([*held, message("loud"), message("quiet")], Usage())[0] == first


def test_a_group_that_takes_most_of_the_time_comes_last() -> None:
    slow, usage = message("slow", in_flight=True), Usage()
    usage.deliver([slow], 40.0)
    assert order([slow, message("slow"), message(None), message("quick")], usage) == [None, "quick", "slow"]


def test_time_that_was_taken_long_ago_does_not_count() -> None:
    slow, usage = message("slow"), Usage()
    usage.deliver([slow], 0.0)
    usage.finish([slow], 60.0)
    waiting = [message("slow"), message("quick")]
    assert order(waiting, usage, 100.0) == ["quick", "slow"]
    assert order(waiting, usage, 61.0 + RECENT_SECONDS) == ["slow", "quick"]


def test_the_noisy_group_with_the_fewest_in_flight_comes_first() -> None:
    held = [message("most", in_flight=True) for _ in range(3)] + [message("least", in_flight=True)]
    usage = Usage()
    usage.deliver(held, 10.0)
    assert order([*held, message("most"), message("least")], usage) == ["least", "most"]


def test_a_chunk_of_another_run_overtakes_a_slow_backlog(running: RunningStack) -> None:
    """40 messages of one group wait for ten workers at 0.4 s each; one of another group comes last."""
    sqs, tag = running.client("sqs"), uuid.uuid4().hex
    url = sqs.get_queue_url(QueueName=running.record.names.chunk_queue)["QueueUrl"]
    for number in range(40):
        sqs.send_message(QueueUrl=url, MessageBody=f"{tag}-slow-{number}", MessageGroupId=f"{tag}-slow")
    running.wait("chunk", lambda n: n["body"].startswith(f"{tag}-slow"), count=1)
    sqs.send_message(QueueUrl=url, MessageBody=f"{tag}-other", MessageGroupId=f"{tag}-other")
    notes = running.wait("chunk", lambda n: n["body"].startswith(tag), count=41, seconds=30)
    place = [n["body"] for n in notes].index(f"{tag}-other")
    assert place < 31, f"it was delivered as number {place + 1} of 41"
