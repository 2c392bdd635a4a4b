"""What the pipeline may count on from any run store: each chunk counts once, whoever is late."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.adapters.memory import MemoryClock
from chalicelib.domain.run.model import Chunk, ChunkState, ChunkTask, Counts, Problem, Run, RunState
from chalicelib.errors import Broken
from tests.adapters.a_run import a_run
from tests.adapters.conftest import Stores


def staging(stores: Stores, clock: MemoryClock, chunks: int = 2) -> Run:
    run = a_run(clock)
    stores.runs.create(run)
    return stores.runs.change(run, state=RunState.STAGING, chunks=chunks)


def task(number: int = 1, **fields: Any) -> ChunkTask:
    return replace(ChunkTask(run_id="r1", generation=1, number=number, start=10, stop=60), **fields)


def result(chunk: Chunk, **fields: Any) -> Chunk:
    staged = replace(chunk, end=62, lines=5, read=5, good=3, rejected=2, part="p", rejects="j", seconds=1.5)
    return replace(staged, **fields)


def begun(stores: Stores, number: int = 1, **fields: Any) -> Chunk:
    chunk = stores.chunks.begin(task(number, **fields))
    assert chunk
    return chunk


def test_a_chunk_is_begun_again_and_again_until_it_is_staged(stores: Stores, clock: MemoryClock) -> None:
    staging(stores, clock)
    first = begun(stores)
    assert first == Chunk(run_id="r1", generation=1, number=1, start=10, stop=60, state=ChunkState.STAGING, attempts=1)
    assert begun(stores).attempts == 2
    stores.chunks.finish(result(first))
    assert stores.chunks.begin(task()) is None


@pytest.mark.parametrize("stale", [{"generation": 2}, {"generation": 0}, {"run_id": "r9"}])
def test_a_stale_task_is_not_begun(stores: Stores, clock: MemoryClock, stale: dict[str, Any]) -> None:
    staging(stores, clock)
    assert stores.chunks.begin(task(**stale)) is None
    assert stores.chunks.of_run("r1", 1) == []


def test_a_task_with_another_start_than_the_record_is_not_begun(stores: Stores, clock: MemoryClock) -> None:
    staging(stores, clock)
    begun(stores)
    assert stores.chunks.begin(task(start=11)) is None


def test_no_chunk_is_begun_before_or_after_staging(stores: Stores, clock: MemoryClock) -> None:
    run = a_run(clock)
    stores.runs.create(run)
    assert stores.chunks.begin(task()) is None
    run = stores.runs.change(run, state=RunState.STAGING)
    stores.runs.change(run, state=RunState.REJECTED)
    assert stores.chunks.begin(task()) is None


def test_a_staged_chunk_and_its_sums_are_recorded_together(stores: Stores, clock: MemoryClock) -> None:
    staging(stores, clock)
    chunk = begun(stores)
    clock.advance(9)
    reject = Problem(code="BAD", message="no", line=2, column="c")
    run = stores.chunks.finish(result(chunk, first_reject=reject))
    assert run == stores.runs.get("r1")
    assert (run.staged, run.bytes_staged, run.updated_at) == (1, 52, clock.now())
    assert run.counts == Counts(read=5, good=3, rejected=2)
    assert stores.chunks.of_run("r1", 1) == [result(chunk, state=ChunkState.STAGED, first_reject=reject)]


def test_a_chunk_counts_once_however_often_it_is_finished(stores: Stores, clock: MemoryClock) -> None:
    staging(stores, clock)
    chunk, late = begun(stores), begun(stores)
    for double in (chunk, chunk, late):
        clock.advance(1)
        run = stores.chunks.finish(result(double))
    assert (run.staged, run.counts) == (1, Counts(read=5, good=3, rejected=2))
    run = stores.chunks.finish(result(begun(stores, 2), read=1, good=1, rejected=0))
    assert (run.staged, run.counts) == (2, Counts(read=6, good=4, rejected=2))
    assert [c.number for c in stores.chunks.of_run("r1", 1)] == [1, 2]


def test_a_chunk_nobody_began_may_be_finished(stores: Stores, clock: MemoryClock) -> None:
    staging(stores, clock)
    chunk = Chunk(run_id="r1", generation=1, number=1, start=10, stop=60)
    assert stores.chunks.finish(result(chunk)).staged == 1


def test_a_late_finish_changes_nothing(stores: Stores, clock: MemoryClock) -> None:
    run = staging(stores, clock)
    chunk = begun(stores)
    ended = stores.runs.change(run, state=RunState.FAILED)
    assert stores.chunks.finish(result(chunk)) == ended
    assert stores.chunks.of_run("r1", 1) == [chunk]
    fresh = stores.runs.change(ended, state=RunState.ARRIVED, generation=2)
    fresh = stores.runs.change(fresh, state=RunState.STAGING)
    assert stores.chunks.finish(result(chunk)) == fresh
    assert stores.chunks.of_run("r1", 2) == []


def test_a_chunk_of_no_run_cannot_be_finished(stores: Stores, clock: MemoryClock) -> None:
    with pytest.raises(Broken):
        stores.chunks.finish(Chunk(run_id="r1", generation=1, number=1, start=0, stop=1))
    assert stores.chunks.of_run("r1", 1) == []


def test_a_reopened_chunk_is_staged_again_from_elsewhere(stores: Stores, clock: MemoryClock) -> None:
    staging(stores, clock)
    chunk = begun(stores)
    stores.chunks.finish(result(chunk))
    [staged] = stores.chunks.of_run("r1", 1)
    stores.chunks.reopen(staged, 12)
    run = stores.runs.get("r1")
    assert run
    assert (run.staged, run.bytes_staged, run.counts, run.reopened) == (0, 0, Counts(), 1)
    [reopened] = stores.chunks.of_run("r1", 1)
    assert reopened == Chunk(run_id="r1", generation=1, number=1, start=12, stop=60, attempts=1)
    assert stores.chunks.begin(task()) is None
    assert stores.chunks.finish(result(chunk)).staged == 0
    again = begun(stores, start=12)
    assert again.attempts == 2
    assert stores.chunks.finish(result(again)).staged == 1


def test_a_chunk_is_reopened_once(stores: Stores, clock: MemoryClock) -> None:
    staging(stores, clock)
    stores.chunks.finish(result(begun(stores)))
    [staged] = stores.chunks.of_run("r1", 1)
    stores.chunks.reopen(staged, 12)
    stores.chunks.reopen(staged, 13)
    before = stores.chunks.finish(result(begun(stores, start=12)))
    stores.chunks.reopen(staged, 13)
    assert stores.runs.get("r1") == before
    assert [c.start for c in stores.chunks.of_run("r1", 1)] == [12]


def test_a_chunk_may_go_back_and_forth_without_time_passing(stores: Stores, clock: MemoryClock) -> None:
    staging(stores, clock)
    for start in (10, 12, 10, 12):
        stores.chunks.finish(result(begun(stores, start=start)))
        [staged] = stores.chunks.of_run("r1", 1)
        assert (staged.start, staged.state) == (start, ChunkState.STAGED)
        stores.chunks.reopen(staged, 22 - start)
    run = stores.runs.get("r1")
    assert run
    assert (run.staged, run.bytes_staged, run.counts) == (0, 0, Counts())


def test_chunks_come_by_number_and_generation(stores: Stores, clock: MemoryClock) -> None:
    staging(stores, clock, chunks=12)
    for number in (12, 2, 10, 1):
        begun(stores, number)
    assert [c.number for c in stores.chunks.of_run("r1", 1)] == [1, 2, 10, 12]
    assert stores.chunks.of_run("r1", 2) == []
    assert stores.chunks.of_run("r9", 1) == []
