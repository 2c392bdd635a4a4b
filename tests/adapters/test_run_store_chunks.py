"""What the pipeline may count on from any run store: each chunk counts once, whoever is late."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.adapters.memory import MemoryClock
from chalicelib.domain.run.model import Chunk, ChunkState, ChunkTask, Counts, Problem, Run, RunState
from chalicelib.errors import Broken
from chalicelib.ports import RunStore
from tests.adapters.a_run import a_run


def staging(runs: RunStore, clock: MemoryClock, chunks: int = 2) -> Run:
    run = a_run(clock)
    runs.create(run)
    return runs.change(run, state=RunState.STAGING, chunks=chunks)


def task(number: int = 1, **fields: Any) -> ChunkTask:
    return replace(ChunkTask(run_id="r1", generation=1, number=number, start=10, stop=60), **fields)


def result(chunk: Chunk, **fields: Any) -> Chunk:
    staged = replace(chunk, end=62, lines=5, read=5, good=3, rejected=2, part="p", rejects="j", seconds=1.5)
    return replace(staged, **fields)


def begun(runs: RunStore, number: int = 1, **fields: Any) -> Chunk:
    chunk = runs.begin_chunk(task(number, **fields))
    assert chunk
    return chunk


def test_a_chunk_is_begun_again_and_again_until_it_is_staged(runs: RunStore, clock: MemoryClock) -> None:
    staging(runs, clock)
    first = begun(runs)
    assert first == Chunk(run_id="r1", generation=1, number=1, start=10, stop=60, state=ChunkState.STAGING, attempts=1)
    assert begun(runs).attempts == 2
    runs.finish_chunk(result(first))
    assert runs.begin_chunk(task()) is None


@pytest.mark.parametrize("stale", [{"generation": 2}, {"generation": 0}, {"run_id": "r9"}])
def test_a_stale_task_is_not_begun(runs: RunStore, clock: MemoryClock, stale: dict[str, Any]) -> None:
    staging(runs, clock)
    assert runs.begin_chunk(task(**stale)) is None
    assert runs.chunks("r1", 1) == []


def test_a_task_with_another_start_than_the_record_is_not_begun(runs: RunStore, clock: MemoryClock) -> None:
    staging(runs, clock)
    begun(runs)
    assert runs.begin_chunk(task(start=11)) is None


def test_no_chunk_is_begun_before_or_after_staging(runs: RunStore, clock: MemoryClock) -> None:
    run = a_run(clock)
    runs.create(run)
    assert runs.begin_chunk(task()) is None
    run = runs.change(run, state=RunState.STAGING)
    runs.change(run, state=RunState.REJECTED)
    assert runs.begin_chunk(task()) is None


def test_a_staged_chunk_and_its_sums_are_recorded_together(runs: RunStore, clock: MemoryClock) -> None:
    staging(runs, clock)
    chunk = begun(runs)
    clock.advance(9)
    reject = Problem(code="BAD", message="no", line=2, column="c")
    run = runs.finish_chunk(result(chunk, first_reject=reject))
    assert run == runs.get("r1")
    assert (run.staged, run.bytes_staged, run.updated_at) == (1, 52, clock.now())
    assert run.counts == Counts(read=5, good=3, rejected=2)
    assert runs.chunks("r1", 1) == [result(chunk, state=ChunkState.STAGED, first_reject=reject)]


def test_a_chunk_counts_once_however_often_it_is_finished(runs: RunStore, clock: MemoryClock) -> None:
    staging(runs, clock)
    chunk, late = begun(runs), begun(runs)
    for double in (chunk, chunk, late):
        clock.advance(1)
        run = runs.finish_chunk(result(double))
    assert (run.staged, run.counts) == (1, Counts(read=5, good=3, rejected=2))
    run = runs.finish_chunk(result(begun(runs, 2), read=1, good=1, rejected=0))
    assert (run.staged, run.counts) == (2, Counts(read=6, good=4, rejected=2))
    assert [c.number for c in runs.chunks("r1", 1)] == [1, 2]


def test_a_chunk_nobody_began_may_be_finished(runs: RunStore, clock: MemoryClock) -> None:
    staging(runs, clock)
    chunk = Chunk(run_id="r1", generation=1, number=1, start=10, stop=60)
    assert runs.finish_chunk(result(chunk)).staged == 1


def test_a_late_finish_changes_nothing(runs: RunStore, clock: MemoryClock) -> None:
    run = staging(runs, clock)
    chunk = begun(runs)
    ended = runs.change(run, state=RunState.FAILED)
    assert runs.finish_chunk(result(chunk)) == ended
    assert runs.chunks("r1", 1) == [chunk]
    fresh = runs.change(ended, state=RunState.ARRIVED, generation=2)
    fresh = runs.change(fresh, state=RunState.STAGING)
    assert runs.finish_chunk(result(chunk)) == fresh
    assert runs.chunks("r1", 2) == []


def test_a_chunk_of_no_run_cannot_be_finished(runs: RunStore, clock: MemoryClock) -> None:
    with pytest.raises(Broken):
        runs.finish_chunk(Chunk(run_id="r1", generation=1, number=1, start=0, stop=1))
    assert runs.chunks("r1", 1) == []


def test_a_reopened_chunk_is_staged_again_from_elsewhere(runs: RunStore, clock: MemoryClock) -> None:
    staging(runs, clock)
    chunk = begun(runs)
    runs.finish_chunk(result(chunk))
    [staged] = runs.chunks("r1", 1)
    runs.reopen_chunk(staged, 12)
    run = runs.get("r1")
    assert run
    assert (run.staged, run.bytes_staged, run.counts) == (0, 0, Counts())
    [reopened] = runs.chunks("r1", 1)
    assert reopened == Chunk(run_id="r1", generation=1, number=1, start=12, stop=60, attempts=1)
    assert runs.begin_chunk(task()) is None
    assert runs.finish_chunk(result(chunk)).staged == 0
    again = begun(runs, start=12)
    assert again.attempts == 2
    assert runs.finish_chunk(result(again)).staged == 1


def test_a_chunk_is_reopened_once(runs: RunStore, clock: MemoryClock) -> None:
    staging(runs, clock)
    runs.finish_chunk(result(begun(runs)))
    [staged] = runs.chunks("r1", 1)
    runs.reopen_chunk(staged, 12)
    runs.reopen_chunk(staged, 13)
    before = runs.finish_chunk(result(begun(runs, start=12)))
    runs.reopen_chunk(staged, 13)
    assert runs.get("r1") == before
    assert [c.start for c in runs.chunks("r1", 1)] == [12]


def test_a_chunk_may_go_back_and_forth_without_time_passing(runs: RunStore, clock: MemoryClock) -> None:
    staging(runs, clock)
    for start in (10, 12, 10, 12):
        runs.finish_chunk(result(begun(runs, start=start)))
        [staged] = runs.chunks("r1", 1)
        assert (staged.start, staged.state) == (start, ChunkState.STAGED)
        runs.reopen_chunk(staged, 22 - start)
    run = runs.get("r1")
    assert run
    assert (run.staged, run.bytes_staged, run.counts) == (0, 0, Counts())


def test_chunks_come_by_number_and_generation(runs: RunStore, clock: MemoryClock) -> None:
    staging(runs, clock, chunks=12)
    for number in (12, 2, 10, 1):
        begun(runs, number)
    assert [c.number for c in runs.chunks("r1", 1)] == [1, 2, 10, 12]
    assert runs.chunks("r1", 2) == []
    assert runs.chunks("r9", 1) == []
