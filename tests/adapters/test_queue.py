"""What the pipeline may count on from any queue, and what a worker finds in it."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from chalicelib.adapters.memory import MemoryClock, MemoryQueue, Message
from chalicelib.adapters.messages import run_body, task_body
from chalicelib.adapters.sqs import SqsQueue
from chalicelib.domain.run.events import run_of, task_of
from chalicelib.domain.run.model import ChunkTask
from chalicelib.ports import Queue
from tests.support.settings import SETTINGS

_numbers = itertools.count(os.getpid() * 1_000)
TASK = ChunkTask(run_id="r" * 32, generation=3, number=1, start=7, stop=50_000_000_000)


@dataclass(frozen=True, kw_only=True)
class LoadQueue:
    """A queue and what can be received from it now, by the queue's kind."""

    queue: Queue
    runs: Callable[[], list[str]]
    chunks: Callable[[], list[str]]
    move_to_dead_letters: Callable[[str, str], object]
    """Puts a body into the dead-letter queue of a kind."""


def in_memory(clock: MemoryClock) -> LoadQueue:
    queue = MemoryQueue(clock)

    def received(kind: str) -> list[str]:
        messages = [queue.receive(queue=kind) for _ in queue.visible(kind)]
        return [m.body for m in messages if m]

    def move_to_dead_letters(kind: str, body: str) -> None:
        queue.move_to_dead_letters(Message(queue=kind, body=body, number=0, visible_at=0.0))

    return LoadQueue(
        queue=queue,
        runs=lambda: received("runs"),
        chunks=lambda: received("chunks"),
        move_to_dead_letters=move_to_dead_letters,
    )


@pytest.fixture(params=["memory", "sqs"])
def line(request: pytest.FixtureRequest, clock: MemoryClock) -> LoadQueue:
    if request.param == "memory":
        return in_memory(clock)
    sqs = request.getfixturevalue("aws")("sqs")
    number = next(_numbers)
    settings = replace(SETTINGS, run_queue=f"runs-{number}", chunk_queue=f"chunks-{number}")
    for name in (settings.run_queue, settings.chunk_queue):
        sqs.create_queue(QueueName=name)
        sqs.create_queue(QueueName=f"{name}-dead")

    def received(name: str) -> list[str]:
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        bodies: list[str] = []
        while found := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            bodies += [m["Body"] for m in found]
        return bodies

    return LoadQueue(
        queue=SqsQueue(sqs, settings, sleep=lambda _: None),
        runs=lambda: received(settings.run_queue),
        chunks=lambda: received(settings.chunk_queue),
        move_to_dead_letters=lambda kind, body: sqs.send_message(
            QueueUrl=sqs.get_queue_url(QueueName=f"{kind}-{number}-dead")["QueueUrl"], MessageBody=body
        ),
    )


def test_a_run_is_requested(line: LoadQueue) -> None:
    line.queue.send_run("r1")
    line.queue.send_run("r1")
    assert [run_of(body) for body in line.runs()] == ["r1", "r1"]
    assert line.chunks() == []


def test_a_delayed_message_does_not_show_yet(line: LoadQueue) -> None:
    line.queue.send_run("r1", delay=60)
    assert line.runs() == []


@pytest.mark.parametrize("count", [0, 1, 10, 11, 25])
def test_every_chunk_is_requested(line: LoadQueue, count: int) -> None:
    tasks = [replace(TASK, number=number) for number in range(1, count + 1)]
    line.queue.send_chunks(tasks)
    found = [task_of(body) for body in line.chunks()]
    assert sorted(found, key=lambda t: t.number) == tasks
    assert line.runs() == []


@pytest.mark.parametrize("count", [0, 1, 10, 11, 25])
def test_many_runs_are_requested(line: LoadQueue, count: int) -> None:
    run_ids = [f"r{number:02d}" for number in range(count)]
    line.queue.send_runs(run_ids)
    assert sorted(run_of(body) for body in line.runs()) == run_ids
    assert line.chunks() == []


def test_messages_of_runs_that_wait_now_are_counted(line: LoadQueue) -> None:
    line.queue.send_runs(["a", "b", "c"])
    line.queue.send_run("later", delay=60)
    line.queue.send_chunks([TASK])
    assert line.queue.waiting() == 3
    line.runs()
    assert line.queue.waiting() == 0


@pytest.mark.parametrize("most", [1, 12, 30, 100])
def test_dead_letters_go_back_to_where_they_came_from(line: LoadQueue, most: int) -> None:
    for n in range(15):
        line.move_to_dead_letters("runs", run_body(f"r{n:02}"))
        line.move_to_dead_letters("chunks", task_body(replace(TASK, number=n + 1)))
    assert line.runs() == line.chunks() == []
    moved = line.queue.redrive(most)
    runs, chunks = [run_of(body) for body in line.runs()], [task_of(body).number for body in line.chunks()]
    assert moved == len(runs) + len(chunks) == min(most, 30)
    assert len({*runs, *chunks}) == moved
    rest = line.queue.redrive(100)
    assert moved + rest == 30
    assert sorted(runs + [run_of(body) for body in line.runs()]) == [f"r{n:02}" for n in range(15)]
    assert sorted(chunks + [task_of(body).number for body in line.chunks()]) == list(range(1, 16))
    assert line.queue.redrive(100) == 0


def test_a_message_that_is_not_answered_for_comes_back(clock: MemoryClock) -> None:
    queue = MemoryQueue(clock, visibility=30)
    queue.send_run("r1")
    first = queue.receive()
    assert queue.receive() is None
    clock.advance(30)
    again = queue.receive()
    assert again is first
    assert again
    assert again.receives == 2
    queue.delay(again, 5)
    clock.advance(5)
    assert queue.visible() == [again]
    queue.ack(again)
    queue.ack(again)
    assert queue.messages == []


def test_messages_may_be_doubled_and_taken_in_any_order(clock: MemoryClock) -> None:
    queue = MemoryQueue(clock)
    queue.send_run("r1")
    queue.send_run("r2")
    queue.duplicate(queue.messages[0])
    taken = [queue.receive(index) for index in (1, 1, 0)]
    assert [run_of(m.body) for m in taken if m] == ["r2", "r1", "r1"]
