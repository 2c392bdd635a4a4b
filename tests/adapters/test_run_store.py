"""What the pipeline may count on from any run store: runs are made once, and change as they may."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.adapters.memory import MemoryClock
from chalicelib.domain.run.model import Counts, Problem, RunState, SourceObject
from chalicelib.ports import Bookmarks, Conflict, Newest, Runs
from tests.adapters.a_run import a_run

# ---- create ---------------------------------------------------------------------------------------------------------


def test_a_run_is_kept_as_it_was(runs: Runs, clock: MemoryClock) -> None:
    problem = Problem(code="BAD", message="line ü", line=3, byte_offset=0, column="c")
    source = SourceObject(bucket="b", key="in/ü +%.csv", etag="e", size=1 << 40, version_id="v", sequencer="0F")
    run = a_run(
        clock,
        source=source,
        reads=replace(source, key="archive/x", version_id=None),
        problem=problem,
        counts=Counts(read=9, good=8, rejected=1, duplicate=2, inserted=3, updated=1, unchanged=1, superseded=1),
        fingerprint="f",
        archive_key="archive/x",
        failed_loads=2,
        max_group_size=3,
        target="shop.things",
        shape="f00",
    )
    assert runs.create(run)
    assert runs.get("r1") == run
    assert runs.get("r2") is None


def test_a_run_is_made_once(runs: Runs, clock: MemoryClock) -> None:
    assert runs.create(a_run(clock))
    assert not runs.create(a_run(clock))
    assert not runs.create(a_run(clock, object="other"))
    assert runs.get("r1") == a_run(clock)


@pytest.mark.parametrize("sequencer", ["0B", ""])
def test_a_pointer_that_has_moved_is_not_moved_again(runs: Runs, clock: MemoryClock, sequencer: str) -> None:
    later = replace(a_run(clock).source, etag="later", sequencer=sequencer)
    assert runs.create(a_run(clock))
    seen = pointed(runs)
    assert runs.create(a_run(clock, "r2", source=later), seen)
    for outdated in (None, seen):
        assert not runs.create(a_run(clock, "r3", source=replace(later, etag="latest", sequencer="0C")), outdated)
    assert runs.get("r3") is None
    assert runs.create(a_run(clock, "r4", source=replace(later, etag="older", sequencer="09")), seen)
    assert pointed(runs) == Newest(run_id="r2", etag="later", sequencer=sequencer)


def pointed(runs: Runs) -> Newest | None:
    return runs.newest("landing", "incoming/a.csv")


def test_many_runs_and_newest_pointers_are_read_at_once(runs: Runs, clock: MemoryClock) -> None:
    """In batches of a hundred: none, one, a whole one, one more, several. Made once: moto copies its tables a lot."""
    keys = {f"r{n}": f"incoming/ü {n}.csv" for n in range(201)}
    for name, key in keys.items():
        assert runs.create(a_run(clock, name, source=replace(a_run(clock).source, key=key, etag=f"e-{name}")))
    alone = {name: runs.get(name) for name in keys}
    pointers = {key: runs.newest("landing", key) for key in keys.values()}
    for count in (0, 1, 100, 101, 201):
        names = list(keys)[:count]
        found = runs.get_many([*reversed(names), "nobody"])
        assert found == [alone[name] for name in reversed(names)]
        newest = runs.newest_of("landing", [*map(keys.__getitem__, names), "incoming/never.csv"])
        assert newest == {keys[name]: pointers[keys[name]] for name in names}
        assert len(newest) == count
        assert runs.newest_of("elsewhere", list(keys.values())[:count]) == {}


def test_a_bookmark_is_kept_until_another_replaces_it(bookmarks: Bookmarks) -> None:
    assert bookmarks.get("sweep") == ""
    for text in ("incoming/ü.csv", "incoming/z.csv", ""):
        bookmarks.set("sweep", text)
        assert bookmarks.get("sweep") == text
    bookmarks.set("other", "x")
    assert bookmarks.get("sweep") == ""


def test_a_bookmark_moves_only_from_where_it_was_seen(bookmarks: Bookmarks) -> None:
    for seen, text, moved in (("", "a", True), ("", "b", False), ("a", "b", True), ("a", "c", False), ("a", "b", True)):
        assert bookmarks.move("sweep", seen, text) is moved
    assert bookmarks.get("sweep") == "b"
    bookmarks.set("sweep", "")
    assert bookmarks.move("sweep", "", "d")
    assert bookmarks.get("sweep") == "d"


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
    runs: Runs, clock: MemoryClock, first: str, second: str, newest: str
) -> None:
    assert pointed(runs) is None
    for run_id, sequencer in (("r1", first), ("r2", second)):
        source = replace(a_run(clock).source, sequencer=sequencer, etag=f"e-{run_id}")
        assert runs.create(a_run(clock, run_id, source=source), pointed(runs))
    sequencer = {"r1": first, "r2": second}[newest]
    assert pointed(runs) == Newest(run_id=newest, etag=f"e-{newest}", sequencer=sequencer)
    assert runs.newest("landing", "incoming/b.csv") is None


# ---- change ---------------------------------------------------------------------------------------------------------


def test_a_change_shows_at_once_with_its_time_and_moment(runs: Runs, clock: MemoryClock) -> None:
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


def test_a_change_without_a_new_state_leaves_the_moments(runs: Runs, clock: MemoryClock) -> None:
    run = a_run(clock)
    runs.create(run)
    clock.advance(1)
    changed = runs.change(run, fingerprint="f", problem=Problem(code="C", message="m"), state=RunState.ARRIVED)
    assert (changed.moments, changed.fingerprint, changed.updated_at) == (run.moments, "f", clock.now())
    assert runs.change(changed, problem=None).problem is None


def test_a_change_keeps_what_others_changed_in_the_meantime(runs: Runs, clock: MemoryClock) -> None:
    run = a_run(clock)
    runs.create(run)
    runs.change(run, fingerprint="f")
    assert runs.change(run, archive_key="k").fingerprint == "f"


@pytest.mark.parametrize("moved", [{"state": RunState.STAGING}, {"load_attempt": 1}, {"generation": 2}])
def test_a_change_decided_on_an_old_run_conflicts(runs: Runs, clock: MemoryClock, moved: dict[str, Any]) -> None:
    run = a_run(clock)
    runs.create(run)
    newer = runs.change(run, **moved)
    with pytest.raises(Conflict):
        runs.change(run, fingerprint="late")
    assert runs.get("r1") == newer


def test_a_change_of_an_unknown_run_conflicts(runs: Runs, clock: MemoryClock) -> None:
    with pytest.raises(Conflict):
        runs.change(a_run(clock), chunks=1)
    assert runs.get("r1") is None


@pytest.mark.parametrize("state", [RunState.LOADED, RunState.LOADING, RunState.UNROUTED])
def test_a_move_that_lifecycle_forbids_conflicts(runs: Runs, clock: MemoryClock, state: RunState) -> None:
    run = a_run(clock)
    runs.create(run)
    with pytest.raises(Conflict):
        runs.change(run, state=state)
    assert runs.get("r1") == run


def test_a_rerun_starts_over(runs: Runs, clock: MemoryClock) -> None:
    run = a_run(clock)
    runs.create(run)
    failed = runs.change(run, state=RunState.FAILED, notified=True, counts=Counts(read=4, good=4), object="")
    clock.advance(60)
    again = runs.change(
        failed,
        state=RunState.ARRIVED,
        object="orders",
        generation=2,
        counts=Counts(),
        notified=False,
        moments={"ARRIVED": clock.now()},
        reads=replace(run.source, key="archive/a"),
    )
    assert (again.generation, again.counts, again.notified, again.reads) == (
        2, Counts(), False, replace(run.source, key="archive/a"),
    )  # fmt: skip
    assert again.moments == {"ARRIVED": clock.now()}
    assert runs.change(again, reads=None).reads is None
