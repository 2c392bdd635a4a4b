"""SQS fair queues, which ministack lacks: the order in which a standard queue delivers its message groups.

The interpreter of .venv-ministack runs this. It has none of this project's packages, only the standard library.

A group is noisy if it holds more than a tenth of the messages in flight, and at least 30 of them. It is also noisy if
it took more than a tenth of the consumers' recent time. Messages of quiet groups are delivered first, then those of the
noisy group with the fewest messages in flight. A message without a group is a group of its own.
Source: AWS, "How Amazon SQS fair queues work", Amazon SQS Developer Guide. It leaves open how long "recent" is: here it
is RECENT_SECONDS.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

NOISY_SHARE = 0.1
NOISY_IN_FLIGHT = 30
RECENT_SECONDS = 300.0

Message = dict[str, Any]


@dataclass(kw_only=True)
class Usage:
    """The consumers' time that each group of one queue took."""

    taken_at: dict[str, float] = field(default_factory=dict)
    """Time of delivery by message id."""
    finished: deque[tuple[float, str, float]] = field(default_factory=deque)
    """Recently deleted messages: the time, the group, and the seconds that they took."""

    def deliver(self, messages: Iterable[Message], now: float) -> None:
        """Record when these messages were delivered to a consumer."""
        self.taken_at |= {message["id"]: now for message in messages}

    def finish(self, messages: Iterable[Message], now: float) -> None:
        """Record that these messages were deleted."""
        for message in messages:
            if (began := self.taken_at.pop(message["id"], None)) is not None:
                self.finished.append((now, group_of(message), now - began))

    def seconds(self, in_flight: Iterable[Message], now: float) -> dict[str, float]:
        """Return the consumers' recent time by group, messages in flight included."""
        while self.finished and self.finished[0][0] < now - RECENT_SECONDS:
            self.finished.popleft()
        spent: dict[str, float] = defaultdict(float)
        for _, group, seconds in self.finished:
            spent[group] += seconds
        for message in in_flight:
            spent[group_of(message)] += now - self.taken_at.get(message["id"], now)
        return spent


def group_of(message: Message) -> str:
    """Return the group of a message: its tenant."""
    return str(message.get("group_id") or message["id"])


def in_fair_order(messages: list[Message], usage: Usage, now: float) -> list[Message]:
    """Return the messages of a queue in the order in which SQS would deliver them."""
    in_flight = [m for m in messages if m.get("visible_at", 0.0) > now and m.get("receive_count")]
    held = Counter(map(group_of, in_flight))
    spent = usage.seconds(in_flight, now)
    noisy = {group for group, count in held.items() if count >= max(NOISY_IN_FLIGHT, NOISY_SHARE * len(in_flight))}
    noisy |= {group for group, seconds in spent.items() if seconds > NOISY_SHARE * sum(spent.values())}
    return sorted(messages, key=lambda m: held[group_of(m)] + 1 if group_of(m) in noisy else 0)


def make_queues_fair(sqs: Any) -> None:
    """Make ministack's standard queues deliver in fair order."""
    collect, delete = sqs._collect_msgs, sqs._delete_messages_for_esm
    usages: dict[str, Usage] = {}

    def usage_of(queue: dict[str, Any]) -> Usage:
        return usages.setdefault(queue["attributes"]["QueueArn"], Usage())

    def collect_fairly(queue: dict[str, Any], most: int, visibility: int) -> list[Message]:
        if queue["is_fifo"]:
            return list(collect(queue, most, visibility))
        now, usage = time.time(), usage_of(queue)
        if len(queue["messages"]) > most:
            queue["messages"] = in_fair_order(queue["messages"], usage, now)
        found = list(collect(queue, most, visibility))
        usage.deliver(found, now)
        return found

    def delete_and_count(url: str, handles: set[str]) -> None:
        with sqs._queues_lock:
            queue = sqs._get_q(url)
            usage_of(queue).finish((m for m in queue["messages"] if m.get("receipt_handle") in handles), time.time())
        delete(url, handles)

    sqs._collect_msgs, sqs._delete_messages_for_esm = collect_fairly, delete_and_count
