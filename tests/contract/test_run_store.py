"""What the pipeline may count on from any run store."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.adapters.memory import MemoryClock
from chalicelib.domain.model import Chunk, ChunkState, ChunkTask, Counts, Problem, Run, RunState, Source
from chalicelib.errors import Broken, Refused
from chalicelib.ports import Conflict, Newest, RunStore


def a_run(clock: MemoryClock, run_id: str = "r1", **fields: Any) -> Run:
    source = Source(bucket="landing", key="incoming/a.csv", etag="e1", size=100, sequencer="0A", last_modified=7.25)
    now = clock.now()
    made = Run(
        run_id=run_id,
        object="orders",
        source=source,
        state=RunState.ARRIVED,
        arrived_at=now,
        updated_at=now,
        moments={"ARRIVED": now},
    )
    return replace(made, **fields)


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


# ---- create ---------------------------------------------------------------------------------------------------------


def test_a_run_is_kept_as_it_was(runs: RunStore, clock: MemoryClock) -> None:
    problem = Problem(code="BAD", message="line ü", line=3, byte_offset=0, column="c")
    source = Source(bucket="b", key="in/ü +%.csv", etag="e", size=1 << 40, version_id="v", sequencer="0F")
    run = a_run(
        clock,
        source=source,
        reads=replace(source, key="archive/x", version_id=None),
        problem=problem,
        counts=Counts(read=9, good=8, rejected=1, duplicate=2, inserted=3, updated=1, unchanged=1, superseded=1),
        fingerprint="f",
        archive_key="archive/x",
        submitted_at=0.1 + 0.2,
    )
    assert runs.create(run)
    assert runs.get("r1") == run
    assert runs.get("r2") is None


def test_a_run_is_made_once(runs: RunStore, clock: MemoryClock) -> None:
    assert runs.create(a_run(clock))
    assert not runs.create(a_run(clock))
    assert not runs.create(a_run(clock, object="other"))
    assert runs.get("r1") == a_run(clock)


def pointed(runs: RunStore) -> Newest | None:
    return runs.newest("landing", "incoming/a.csv")


@pytest.mark.parametrize(
    ("first", "second", "newest"),
    [
        ("0A", "0B", "r2"),
        ("0B", "0A", "r1"),
        ("", "0A", "r2"),
        ("0A", "", "r2"),
        ("0A", "0A", "r1"),
        ("0A", "0AF", "r2"),
    ],
)
def test_the_key_points_at_its_newest_version(
    runs: RunStore, clock: MemoryClock, first: str, second: str, newest: str
) -> None:
    assert pointed(runs) is None
    for run_id, sequencer in (("r1", first), ("r2", second)):
        source = replace(a_run(clock).source, sequencer=sequencer, etag=f"e-{run_id}")
        assert runs.create(a_run(clock, run_id, source=source))
    sequencer = {"r1": first, "r2": second}[newest]
    assert pointed(runs) == Newest(run_id=newest, etag=f"e-{newest}", sequencer=sequencer)
    assert runs.newest("landing", "incoming/b.csv") is None


# ---- change ---------------------------------------------------------------------------------------------------------


def test_a_change_shows_at_once_with_its_time_and_moment(runs: RunStore, clock: MemoryClock) -> None:
    run = a_run(clock)
    runs.create(run)
    clock.advance(2.5)
    changed = runs.change(run, state=RunState.STAGING, chunks=3)
    assert changed == runs.get("r1")
    assert changed == replace(
        run,
        state=RunState.STAGING,
        chunks=3,
        updated_at=clock.now(),
        moments={"ARRIVED": run.arrived_at, "STAGING": clock.now()},
    )


def test_a_change_without_a_new_state_leaves_the_moments(runs: RunStore, clock: MemoryClock) -> None:
    run = a_run(clock)
    runs.create(run)
    clock.advance(1)
    changed = runs.change(run, fingerprint="f", problem=Problem(code="C", message="m"), state=RunState.ARRIVED)
    assert (changed.moments, changed.fingerprint, changed.updated_at) == (run.moments, "f", clock.now())
    assert runs.change(changed, problem=None).problem is None


def test_a_change_keeps_what_others_changed_in_the_meantime(runs: RunStore, clock: MemoryClock) -> None:
    run = a_run(clock)
    runs.create(run)
    runs.change(run, fingerprint="f")
    assert runs.change(run, archive_key="k").fingerprint == "f"


@pytest.mark.parametrize(
    "moved", [{"state": RunState.STAGING}, {"load_attempt": 1}, {"generation": 2}, {"submitted_at": 1.5}]
)
def test_a_change_decided_on_an_old_run_conflicts(runs: RunStore, clock: MemoryClock, moved: dict[str, Any]) -> None:
    run = a_run(clock)
    runs.create(run)
    newer = runs.change(run, **moved)
    with pytest.raises(Conflict):
        runs.change(run, fingerprint="late")
    assert runs.get("r1") == newer


def test_a_change_of_an_unknown_run_conflicts(runs: RunStore, clock: MemoryClock) -> None:
    with pytest.raises(Conflict):
        runs.change(a_run(clock), chunks=1)
    assert runs.get("r1") is None


@pytest.mark.parametrize("state", [RunState.LOADED, RunState.LOADING, RunState.UNROUTED])
def test_a_move_that_lifecycle_forbids_conflicts(runs: RunStore, clock: MemoryClock, state: RunState) -> None:
    run = a_run(clock)
    runs.create(run)
    with pytest.raises(Conflict):
        runs.change(run, state=state)
    assert runs.get("r1") == run


def test_a_rerun_starts_over(runs: RunStore, clock: MemoryClock) -> None:
    run = a_run(clock)
    runs.create(run)
    failed = runs.change(run, state=RunState.FAILED, told=True, counts=Counts(read=4, good=4), object="")
    clock.advance(60)
    again = runs.change(
        failed,
        state=RunState.ARRIVED,
        object="orders",
        generation=2,
        counts=Counts(),
        told=False,
        moments={"ARRIVED": clock.now()},
        reads=replace(run.source, key="archive/a"),
    )
    assert (again.generation, again.counts, again.told, again.reads) == (
        2, Counts(), False, replace(run.source, key="archive/a"),
    )  # fmt: skip
    assert again.moments == {"ARRIVED": clock.now()}
    assert runs.change(again, reads=None).reads is None


# ---- chunks ---------------------------------------------------------------------------------------------------------


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


# ---- searches -------------------------------------------------------------------------------------------------------


def many(runs: RunStore, clock: MemoryClock, count: int = 7) -> list[Run]:
    """Runs newest first; every third is of another object, and every second FAILED."""
    made = []
    for number in range(count):
        clock.advance(1)
        key = f"incoming/{number}/{'odd' if number % 2 else 'even'}.csv"
        source = Source(bucket="landing", key=key, etag="e", size=1)
        run = a_run(clock, f"r{number}", source=source, object="users" if number % 3 == 0 else "orders")
        runs.create(run)
        made.append(runs.change(run, state=RunState.FAILED) if number % 2 else run)
    return made[::-1]


def pages(runs: RunStore, **asked: Any) -> list[Run]:
    found, cursor = [], ""
    while True:
        page = runs.search(cursor=cursor, **asked)
        assert len(page.runs) <= asked.get("limit", 50)
        found += page.runs
        if not (cursor := page.cursor):
            return found


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 50])
def test_a_search_gives_every_run_newest_first(runs: RunStore, clock: MemoryClock, limit: int) -> None:
    made = many(runs, clock)
    assert pages(runs, limit=limit) == made
    assert pages(runs, object="users", limit=limit) == [r for r in made if r.object == "users"]
    assert pages(runs, state=RunState.FAILED, limit=limit) == [r for r in made if r.state is RunState.FAILED]
    since = made[3].arrived_at
    assert pages(runs, object="orders", since=since, limit=limit) == [r for r in made[:4] if r.object == "orders"]
    assert pages(runs, object="nothing", limit=limit) == []


def test_an_unrouted_run_is_found_too(runs: RunStore, clock: MemoryClock) -> None:
    run = a_run(clock, object="", state=RunState.UNROUTED)
    runs.create(run)
    assert pages(runs) == [run]
    assert runs.by_name("a.csv") == [run]
    assert pages(runs, state=RunState.UNROUTED) == [run]


def test_a_made_up_cursor_is_refused(runs: RunStore) -> None:
    for cursor in ("x", "W10=", "e30=", "é"):
        with pytest.raises(Refused):
            runs.search(cursor=cursor)


def test_runs_are_found_by_file_name(runs: RunStore, clock: MemoryClock) -> None:
    made = many(runs, clock)
    assert runs.by_name("odd.csv") == [r for r in made if r.source.name == "odd.csv"]
    assert runs.by_name("d.csv") == []
    assert runs.by_name("") == []


def test_unfinished_runs_are_found_until_they_are_finished(runs: RunStore, clock: MemoryClock) -> None:
    made = many(runs, clock, 4)
    clock.advance(1)
    assert list(runs.unfinished(clock.now())) == made[::-1]
    assert list(runs.unfinished(made[2].updated_at)) == made[3:]
    failed = runs.change(made[0], told=True)
    assert failed.finished
    assert list(runs.unfinished(clock.now() + 1)) == made[:0:-1]
    rerun = runs.change(failed, state=RunState.ARRIVED, generation=2, told=False)
    assert list(runs.unfinished(clock.now() + 1)) == [*made[:0:-1], rerun]


def test_a_run_finished_by_two_at_once_is_not_unfinished(runs: RunStore, clock: MemoryClock) -> None:
    run = a_run(clock)
    runs.create(run)
    failed = runs.change(run, state=RunState.FAILED)
    runs.change(failed, told=True)
    runs.change(failed, archive_key="-")
    for _ in range(2):
        assert list(runs.unfinished(clock.now() + 1)) == []
