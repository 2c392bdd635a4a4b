"""What retries may count on: tries are counted on the record of the work, and only there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.adapters.memory import MemoryClock
from chalicelib.domain.run.model import ChunkState, ChunkTask, RunState
from tests.adapters.a_run import a_run
from tests.adapters.conftest import Stores

TASK = ChunkTask(run_id="r1", generation=1, number=1, start=10, stop=60)


@pytest.fixture(autouse=True)
def recorded(stores: Stores, clock: MemoryClock) -> None:
    """A run that is being staged, and its first chunk as a worker has taken it."""
    run = a_run(clock)
    stores.runs.create(run)
    stores.runs.change(run, state=RunState.STAGING, chunks=2)
    stores.chunks.begin(TASK)


@pytest.mark.parametrize("work", ["r1", TASK])
def test_tries_are_counted_until_they_are_cleared(stores: Stores, work: ChunkTask | str) -> None:
    assert stores.tries.counted(work) == 0
    assert [stores.tries.count(work) for _ in range(3)] == [1, 2, 3]
    assert stores.tries.counted(work) == 3
    stores.tries.clear(work)
    stores.tries.clear(work)
    assert stores.tries.counted(work) == 0
    assert stores.tries.count(work) == 1


@pytest.mark.parametrize("work", ["r9", replace(TASK, number=2), replace(TASK, generation=2)])
def test_work_without_a_record_has_no_tries_and_gets_none(stores: Stores, work: ChunkTask | str) -> None:
    assert stores.tries.count(work) == 0
    stores.tries.clear(work)
    assert stores.tries.counted(work) == 0
    assert stores.runs.get("r9") is None
    assert [chunk.number for chunk in stores.chunks.of_run("r1", 1)] == [1]


def test_the_tries_of_a_run_and_of_its_chunks_are_apart(stores: Stores) -> None:
    stores.tries.count("r1")
    assert stores.tries.count(TASK) == 1


def test_a_change_of_the_run_leaves_its_tries_alone(stores: Stores) -> None:
    stores.tries.count("r1")
    run = stores.runs.get("r1")
    assert run
    stores.runs.change(run, notified=True)
    assert stores.tries.count("r1") == 2
    assert stores.runs.get("r1") == replace(run, notified=True), "nor do tries change a run"


def test_a_chunk_that_is_taken_again_keeps_them(stores: Stores) -> None:
    stores.tries.count(TASK)
    assert stores.chunks.begin(TASK)
    assert stores.tries.count(TASK) == 2


def test_a_chunk_that_is_staged_or_reopened_loses_them(stores: Stores) -> None:
    taken = stores.chunks.begin(TASK)
    assert taken
    stores.tries.count(TASK)
    stores.chunks.finish(replace(taken, end=62))
    assert stores.tries.counted(TASK) == 0
    stores.tries.count(TASK)
    [staged] = stores.chunks.of_run("r1", 1)
    stores.chunks.reopen(staged, 12)
    assert stores.tries.counted(TASK) == 0
    assert stores.chunks.of_run("r1", 1)[0].state is ChunkState.PENDING
