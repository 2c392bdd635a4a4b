"""What no event moves on: found within a sweep or two, whatever lies beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain.run.model import NOT_KEPT, RunState, Source
from chalicelib.errors import Refused, Retryable, Throttled
from chalicelib.operations.reruns import rerun
from chalicelib.pipeline.sweep import STOPPED_AT, find_landed, sweep
from tests.support.simulated.endings import KEY, arrive, noted, only_run
from tests.support.simulated.promises import liveness
from tests.support.simulated.scenarios import numbered, put, text
from tests.support.simulated.world import BUCKET, SETTINGS, World


def unheard(world: World, *names: str) -> None:
    for n, name in enumerate(names):
        put(world, name, numbered(2, base=10 * n), event=False)


def later(world: World) -> None:
    world.clock.advance(SETTINGS.stuck_seconds + 1)


def names(world: World) -> list[str]:
    return sorted(run.source.name for run in world.runs.runs.values())


def test_files_are_looked_up_by_the_hundred(world: World) -> None:
    for n in range(250):
        world.objects.put(BUCKET, f"incoming/thing/f{n:03}.csv", text({"k": "v,1"}))
    later(world)
    assert sweep(world.pipeline)["found"] == 250
    later(world)
    before = len(world.schedule.calls)
    assert sweep(world.pipeline)["found"] == 0
    calls = world.schedule.calls[before:]
    assert calls.count("runs.newest_of") == calls.count("runs.get_many") == 3
    assert calls.count("runs.newest") == calls.count("runs.get") == 0


def test_files_younger_than_their_events_may_be_are_left_alone(world: World) -> None:
    unheard(world, "a.csv")
    assert sweep(world.pipeline)["found"] == 0
    later(world)
    assert sweep(world.pipeline)["found"] == 1


def test_a_sweep_that_runs_out_of_time_is_gone_on_with(world: World) -> None:
    for n in range(250):
        world.objects.put(BUCKET, f"incoming/thing/f{n:03}.csv", text({"k": "v,1"}))
    later(world)
    out_of_time = world.clock.now() - 1
    found = []
    while len(world.runs.runs) < 250:
        found.append(find_landed(world.pipeline, until=out_of_time))
        assert world.bookmarks.get(STOPPED_AT) == f"incoming/thing/f{sum(found) - 1:03}.csv"
        assert len(found) < 10
    assert found == [100, 100, 50]
    assert find_landed(world.pipeline, until=out_of_time) == 0
    assert world.bookmarks.get(STOPPED_AT) == ""
    unheard(world, "a.csv")
    later(world)
    assert find_landed(world.pipeline, until=out_of_time) == 1


def test_runs_leave_time_for_files(world: World) -> None:
    said = noted(world)
    world.reconfigure(settings=replace(SETTINGS, sweep_budget_seconds=-1.0))
    put(world, "a.csv", numbered(2))
    arrive(world)
    unheard(world, "b.csv")
    later(world)
    assert sweep(world.pipeline) == {"requeued": 0, "late": 0, "found": 1}
    assert ("swept", {"requeued": 0, "oldest_seconds": 0.0}) in said


def test_one_sick_file_hides_no_other(world: World) -> None:
    unheard(world, "a.csv", "sick.csv", "z.csv")
    later(world)
    said = noted(world)
    create = world.runs.create

    def fails(run: Any, seen: Any) -> bool:
        if run.source.name == "sick.csv":
            raise ValueError("a value that nobody should see")
        return create(run, seen)

    world.runs.create = fails  # type: ignore[method-assign]
    assert sweep(world.pipeline)["found"] == 2
    assert ("passed_over", {"file": "incoming/thing/sick.csv", "error": "ValueError"}) in said
    assert ("listed", {"started": 2, "archived": 0, "failed": 1}) in said
    world.runs.create = create  # type: ignore[method-assign]
    world.run()
    assert not liveness(world)


def test_one_folder_that_cannot_be_listed_hides_no_other(world: World) -> None:
    thing = world.pipeline.ctx.contracts["thing"]
    moved = replace(thing, name="moved", lands_at=("denied/*",))
    world.reconfigure(contracts={**world.pipeline.ctx.contracts, "moved": moved})
    unheard(world, "a.csv")
    later(world)
    listed = world.objects.list

    def denied(bucket: str, prefix: str, after: str = "") -> Iterator[Source]:
        if prefix == "denied/":
            raise Refused("LIST: AccessDenied")
        return listed(bucket, prefix, after)

    world.objects.list = denied  # type: ignore[method-assign]
    assert sweep(world.pipeline)["found"] == 1


@pytest.mark.parametrize("where", ["runs.newest_of", "runs.get_many", "search.unfinished", "queue.send_runs"])
def test_what_cannot_be_read_now_is_read_by_the_next_sweep(world: World, where: str) -> None:
    put(world, "known.csv", numbered(2))
    arrive(world)
    unheard(world, "a.csv")
    later(world)
    down = [True]

    def fault(name: str) -> None:
        if down and name == where:
            raise Throttled(f"{name}: slow down")

    world.schedule.next = fault  # type: ignore[method-assign]
    sweep(world.pipeline)
    down.clear()
    sweep(world.pipeline)
    assert names(world) == ["a.csv", "known.csv"]
    world.run()
    assert not world.violations
    assert not liveness(world)


# ---- unfinished runs ------------------------------------------------------------------------------------------------


def test_the_age_of_the_oldest_unfinished_run_is_always_reported(world: World) -> None:
    put(world, "a.csv", numbered(2))
    arrive(world)
    world.clock.advance(5_000)
    world.runs.change(only_run(world))
    world.clock.advance(1)
    said = noted(world)
    assert sweep(world.pipeline)["requeued"] == 0
    assert ("swept", {"requeued": 0, "oldest_seconds": 5_001.0}) in said
    world.run()
    sweep(world.pipeline)
    assert said[-2] == ("swept", {"requeued": 0, "oldest_seconds": 0.0})


def test_a_queue_that_is_behind_is_not_put_further_behind(world: World) -> None:
    """Each sweep would add a message for each run, faster than workers answer them, for ever."""
    for name in "abc":
        put(world, f"{name}.csv", numbered(2))
        arrive(world)
    later(world)
    before = world.queue.waiting()
    assert before >= 3
    assert sweep(world.pipeline)["requeued"] == 0
    assert world.queue.waiting() == before
    world.queue.messages.clear()
    assert sweep(world.pipeline)["requeued"] == 3
    assert world.queue.waiting() == 3


def test_an_unknown_age_is_not_reported_as_none(world: World) -> None:
    put(world, "a.csv", numbered(2))
    arrive(world)

    def fault(name: str) -> None:
        if name == "search.unfinished":
            raise Throttled(f"{name}: slow down")

    world.schedule.next = fault  # type: ignore[method-assign]
    said = noted(world)
    sweep(world.pipeline)
    assert ("swept", {"requeued": 0}) in said
    assert ("passed_over", {"error": "Throttled"}) in said


def test_an_outcome_without_a_notice_is_notified(world: World) -> None:
    put(world, "a.csv", numbered(2))
    down = [True]

    def fault(name: str) -> None:
        if down and name == "notifier.success":
            raise Retryable("SNS is away")

    world.schedule.next = fault  # type: ignore[method-assign]
    for _ in range(100):
        world._statements()
        world._deliver_event() or world._deliver_message()
        world.clock.advance(30)
    assert (only_run(world).state, only_run(world).notified) == (RunState.LOADED, False)
    down.clear()
    world.run()
    assert not liveness(world)
    assert len(world.notifier.successes) == 1


@pytest.mark.parametrize("where", ["warehouse.submit", "warehouse.describe", "warehouse.ledger"])
def test_a_paused_warehouse_is_waited_for_however_long(world: World, where: str) -> None:
    paused = [True]

    def fault(name: str) -> None:
        if paused and name == where:
            raise Retryable(f"{name}: the warehouse is not ready")

    world.schedule.next = fault  # type: ignore[method-assign]
    put(world, "a.csv", numbered(6))
    for hour in range(30):
        for _ in range(12):
            while world._deliver_event() or world._deliver_message():
                pass
            world._statements()
            world.clock.advance(300)
        sweep(world.pipeline)
        assert only_run(world).state in (RunState.STAGED, RunState.LOADING), f"in hour {hour}"
    paused.clear()
    world.run()
    assert not world.violations
    assert not liveness(world)
    assert only_run(world).state is RunState.LOADED
    assert only_run(world).failed_loads <= 1, "a pause counts once, however long it is"


# ---- second drops ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("versioned", [False, True])
def test_a_second_drop_of_what_is_loaded_is_put_away_once(versioned: bool) -> None:
    world = World(versioned=versioned)
    put(world, "a.csv", numbered(3))
    world.run()
    first = only_run(world)
    put(world, "a.csv", numbered(3))
    world.run()
    assert [x.key for x in world.objects.list(BUCKET, "incoming/")] == [KEY]
    later(world)
    said = noted(world)
    assert sweep(world.pipeline)["found"] == 0
    assert ("listed", {"started": 0, "archived": 1, "failed": 0}) in said
    world.run()
    assert list(world.objects.list(BUCKET, "incoming/")) == []
    assert [x.key for x in world.objects.list(BUCKET, "archive/")] == [first.archive_key]
    assert replace(only_run(world), updated_at=0.0) == replace(first, updated_at=0.0)
    assert not liveness(world)
    assert len(world.notifier.successes) == 1
    sweep(world.pipeline)
    assert said[-1] == ("listed", {"started": 0, "archived": 0, "failed": 0})


def test_a_second_drop_stands_in_for_a_source_that_was_lost(world: World) -> None:
    put(world, "a.csv", numbered(3))
    world.meanwhile.append((lambda w: bool(w.warehouse.book), lambda w: w.objects.delete(w.objects.head(BUCKET, KEY))))
    world.run()
    assert only_run(world).archive_key == NOT_KEPT
    put(world, "a.csv", numbered(3))
    later(world)
    sweep(world.pipeline)
    world.run()
    archived = only_run(world).archive_key
    assert [x.key for x in world.objects.list(BUCKET, "archive/")] == [archived]
    assert list(world.objects.list(BUCKET, "incoming/")) == []


def test_a_rerun_reads_the_archive_despite_a_second_drop(world: World) -> None:
    put(world, "a.csv", numbered(3))
    world.run()
    put(world, "a.csv", numbered(3))
    world.run()
    again = rerun(world.pipeline, only_run(world))
    assert again.reads
    assert again.reads.key == again.archive_key
    later(world)
    sweep(world.pipeline)
    assert [x.key for x in world.objects.list(BUCKET, "incoming/")] == [KEY], "not while the run is on its way"
    world.run()
    assert (only_run(world).state, only_run(world).generation) == (RunState.LOADED, 2)


def test_a_refused_file_stays_where_it_landed(world: World) -> None:
    world.put(KEY, b"", {})
    world.run()
    later(world)
    assert sweep(world.pipeline) == {"requeued": 0, "late": 0, "found": 0}
    assert [x.key for x in world.objects.list(BUCKET, "incoming/")] == [KEY]
