"""What no event moves on: found within a sweep or two, whatever lies beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain.run.model import NOT_KEPT, RunState, SourceObject
from chalicelib.errors import Refused, Retryable, Throttled
from chalicelib.operations.reruns import rerun
from chalicelib.pipeline.sweep import STOPPED_AT, find_landed, sweep
from tests.support.simulated.deployment import BUCKET, SETTINGS, SimulatedDeployment
from tests.support.simulated.endings import KEY, arrive, noted, only_run
from tests.support.simulated.promises import liveness
from tests.support.simulated.scenarios import numbered, put, text


def without_event(deployment: SimulatedDeployment, *names: str) -> None:
    for n, name in enumerate(names):
        put(deployment, name, numbered(2, base=10 * n), event=False)


def later(deployment: SimulatedDeployment) -> None:
    deployment.clock.advance(SETTINGS.stuck_seconds + 1)


def names(deployment: SimulatedDeployment) -> list[str]:
    return sorted(run.source.name for run in deployment.runs.runs.values())


def test_files_are_looked_up_by_the_hundred(deployment: SimulatedDeployment) -> None:
    for n in range(250):
        deployment.objects.put(BUCKET, f"incoming/thing/f{n:03}.csv", text({"k": "v,1"}))
    later(deployment)
    assert sweep(deployment.pipeline)["found"] == 250
    later(deployment)
    before = len(deployment.schedule.calls)
    assert sweep(deployment.pipeline)["found"] == 0
    calls = deployment.schedule.calls[before:]
    assert calls.count("runs.newest_of") == calls.count("runs.get_many") == 3
    assert calls.count("runs.newest") == calls.count("runs.get") == 0


def test_files_younger_than_their_events_may_be_are_left_alone(deployment: SimulatedDeployment) -> None:
    without_event(deployment, "a.csv")
    assert sweep(deployment.pipeline)["found"] == 0
    later(deployment)
    assert sweep(deployment.pipeline)["found"] == 1


def test_a_sweep_that_runs_out_of_time_is_gone_on_with(deployment: SimulatedDeployment) -> None:
    for n in range(250):
        deployment.objects.put(BUCKET, f"incoming/thing/f{n:03}.csv", text({"k": "v,1"}))
    later(deployment)
    out_of_time = deployment.clock.now() - 1
    found = []
    while len(deployment.runs.runs) < 250:
        found.append(find_landed(deployment.pipeline, until=out_of_time))
        assert deployment.bookmarks.get(STOPPED_AT) == f"incoming/thing/f{sum(found) - 1:03}.csv"
        assert len(found) < 10
    assert found == [100, 100, 50]
    assert find_landed(deployment.pipeline, until=out_of_time) == 0
    assert deployment.bookmarks.get(STOPPED_AT) == ""
    without_event(deployment, "a.csv")
    later(deployment)
    assert find_landed(deployment.pipeline, until=out_of_time) == 1


def test_runs_leave_time_for_files(deployment: SimulatedDeployment) -> None:
    said = noted(deployment)
    deployment.reconfigure(settings=replace(SETTINGS, sweep_budget_seconds=-1.0))
    put(deployment, "a.csv", numbered(2))
    arrive(deployment)
    without_event(deployment, "b.csv")
    later(deployment)
    assert sweep(deployment.pipeline) == {"requeued": 0, "exports": 0, "late": 0, "found": 1}
    assert ("swept", {"requeued": 0, "oldest_seconds": 0.0}) in said


def test_one_sick_file_hides_no_other(deployment: SimulatedDeployment) -> None:
    without_event(deployment, "a.csv", "sick.csv", "z.csv")
    later(deployment)
    said = noted(deployment)
    create = deployment.runs.create

    def fails(run: Any, seen: Any) -> bool:
        if run.source.name == "sick.csv":
            raise ValueError("a value that nobody should see")
        return create(run, seen)

    deployment.runs.create = fails  # type: ignore[method-assign]
    assert sweep(deployment.pipeline)["found"] == 2
    assert ("passed_over", {"file": "incoming/thing/sick.csv", "error": "ValueError"}) in said
    assert ("listed", {"started": 2, "archived": 0, "failed": 1, "ignored": 0}) in said
    deployment.runs.create = create  # type: ignore[method-assign]
    deployment.settle()
    assert not liveness(deployment)


def test_one_folder_that_cannot_be_listed_hides_no_other(deployment: SimulatedDeployment) -> None:
    thing = deployment.pipeline.ctx.contracts["thing"]
    moved = replace(thing, name="moved", lands_at=("denied/*",))
    deployment.reconfigure(contracts={**deployment.pipeline.ctx.contracts, "moved": moved})
    without_event(deployment, "a.csv")
    later(deployment)
    listed = deployment.objects.list

    def denied(bucket: str, prefix: str, after: str = "") -> Iterator[SourceObject]:
        if prefix == "denied/":
            raise Refused("LIST: AccessDenied")
        return listed(bucket, prefix, after)

    deployment.objects.list = denied  # type: ignore[method-assign]
    assert sweep(deployment.pipeline)["found"] == 1


@pytest.mark.parametrize("where", ["runs.newest_of", "runs.get_many", "search.unfinished", "queue.send_runs"])
def test_what_cannot_be_read_now_is_read_by_the_next_sweep(deployment: SimulatedDeployment, where: str) -> None:
    put(deployment, "known.csv", numbered(2))
    arrive(deployment)
    without_event(deployment, "a.csv")
    later(deployment)
    down = [True]

    def fault(name: str) -> None:
        if down and name == where:
            raise Throttled(f"{name}: slow down")

    deployment.schedule.next = fault  # type: ignore[method-assign]
    sweep(deployment.pipeline)
    down.clear()
    sweep(deployment.pipeline)
    assert names(deployment) == ["a.csv", "known.csv"]
    deployment.settle()
    assert not deployment.violations
    assert not liveness(deployment)


# ---- unfinished runs ------------------------------------------------------------------------------------------------


def test_the_age_of_the_oldest_unfinished_run_is_always_reported(deployment: SimulatedDeployment) -> None:
    put(deployment, "a.csv", numbered(2))
    arrive(deployment)
    deployment.clock.advance(5_000)
    deployment.runs.change(only_run(deployment))
    deployment.clock.advance(1)
    said = noted(deployment)
    assert sweep(deployment.pipeline)["requeued"] == 0
    assert ("swept", {"requeued": 0, "oldest_seconds": 5_001.0}) in said
    deployment.settle()
    sweep(deployment.pipeline)
    assert said[-2] == ("swept", {"requeued": 0, "oldest_seconds": 0.0})


def test_a_queue_that_is_behind_is_not_put_further_behind(deployment: SimulatedDeployment) -> None:
    """Each sweep would add a message for each run, faster than workers answer them, for ever."""
    for name in "abc":
        put(deployment, f"{name}.csv", numbered(2))
        arrive(deployment)
    later(deployment)
    before = deployment.queue.waiting()
    assert before >= 3
    assert sweep(deployment.pipeline)["requeued"] == 0
    assert deployment.queue.waiting() == before
    deployment.queue.messages.clear()
    assert sweep(deployment.pipeline)["requeued"] == 3
    assert deployment.queue.waiting() == 3


def test_an_unknown_age_is_not_reported_as_none(deployment: SimulatedDeployment) -> None:
    put(deployment, "a.csv", numbered(2))
    arrive(deployment)

    def fault(name: str) -> None:
        if name == "search.unfinished":
            raise Throttled(f"{name}: slow down")

    deployment.schedule.next = fault  # type: ignore[method-assign]
    said = noted(deployment)
    sweep(deployment.pipeline)
    assert ("swept", {"requeued": 0}) in said
    assert ("passed_over", {"error": "Throttled"}) in said


def test_an_outcome_without_a_notice_is_notified(deployment: SimulatedDeployment) -> None:
    put(deployment, "a.csv", numbered(2))
    down = [True]

    def fault(name: str) -> None:
        if down and name == "notifier.success":
            raise Retryable("SNS is away")

    deployment.schedule.next = fault  # type: ignore[method-assign]
    for _ in range(100):
        deployment.run_statements()
        deployment.deliver_event() or deployment.deliver_message()
        deployment.clock.advance(30)
    assert (only_run(deployment).state, only_run(deployment).notified) == (RunState.LOADED, False)
    down.clear()
    deployment.settle()
    assert not liveness(deployment)
    assert len(deployment.notifier.successes) == 1


@pytest.mark.parametrize("where", ["warehouse.submit", "warehouse.describe", "warehouse.ledger"])
def test_a_paused_warehouse_is_waited_for_however_long(deployment: SimulatedDeployment, where: str) -> None:
    paused = [True]

    def fault(name: str) -> None:
        if paused and name == where:
            raise Retryable(f"{name}: the warehouse is not ready")

    deployment.schedule.next = fault  # type: ignore[method-assign]
    put(deployment, "a.csv", numbered(6))
    for hour in range(30):
        for _ in range(12):
            while deployment.deliver_event() or deployment.deliver_message():
                pass
            deployment.run_statements()
            deployment.clock.advance(300)
        sweep(deployment.pipeline)
        assert only_run(deployment).state in (RunState.STAGED, RunState.LOADING), f"in hour {hour}"
    paused.clear()
    deployment.settle()
    assert not deployment.violations
    assert not liveness(deployment)
    assert only_run(deployment).state is RunState.LOADED
    assert only_run(deployment).failed_loads <= 1, "a pause counts once, however long it is"


# ---- second drops ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("versioned", [False, True])
def test_a_second_drop_of_what_is_loaded_is_archived_once(versioned: bool) -> None:
    deployment = SimulatedDeployment(versioned=versioned)
    put(deployment, "a.csv", numbered(3))
    deployment.settle()
    first = only_run(deployment)
    put(deployment, "a.csv", numbered(3))
    deployment.settle()
    assert [x.key for x in deployment.objects.list(BUCKET, "incoming/")] == [KEY]
    later(deployment)
    said = noted(deployment)
    assert sweep(deployment.pipeline)["found"] == 0
    assert ("listed", {"started": 0, "archived": 1, "failed": 0, "ignored": 0}) in said
    deployment.settle()
    assert list(deployment.objects.list(BUCKET, "incoming/")) == []
    assert [x.key for x in deployment.objects.list(BUCKET, "archive/")] == [first.archive_key]
    assert replace(only_run(deployment), updated_at=0.0) == replace(first, updated_at=0.0)
    assert not liveness(deployment)
    assert len(deployment.notifier.successes) == 1
    sweep(deployment.pipeline)
    assert said[-1] == ("listed", {"started": 0, "archived": 0, "failed": 0, "ignored": 0})


def test_a_second_drop_stands_in_for_a_source_that_was_lost(deployment: SimulatedDeployment) -> None:
    put(deployment, "a.csv", numbered(3))
    deployment.when(lambda w: bool(w.warehouse.book), at_work=True).do(
        lambda w: w.objects.delete(w.objects.head(BUCKET, KEY))
    )
    deployment.settle()
    assert only_run(deployment).archive_key == NOT_KEPT
    put(deployment, "a.csv", numbered(3))
    later(deployment)
    sweep(deployment.pipeline)
    deployment.settle()
    archived = only_run(deployment).archive_key
    assert [x.key for x in deployment.objects.list(BUCKET, "archive/")] == [archived]
    assert list(deployment.objects.list(BUCKET, "incoming/")) == []


def test_a_rerun_reads_the_archive_despite_a_second_drop(deployment: SimulatedDeployment) -> None:
    put(deployment, "a.csv", numbered(3))
    deployment.settle()
    put(deployment, "a.csv", numbered(3))
    deployment.settle()
    again = rerun(deployment.pipeline, only_run(deployment))
    assert again.reads
    assert again.reads.key == again.archive_key
    later(deployment)
    sweep(deployment.pipeline)
    assert [x.key for x in deployment.objects.list(BUCKET, "incoming/")] == [KEY], "not while the run is on its way"
    deployment.settle()
    assert (only_run(deployment).state, only_run(deployment).generation) == (RunState.LOADED, 2)


def test_a_refused_file_stays_where_it_landed(deployment: SimulatedDeployment) -> None:
    deployment.put(KEY, b"", {})
    deployment.settle()
    later(deployment)
    assert sweep(deployment.pipeline) == {"requeued": 0, "exports": 0, "late": 0, "found": 0}
    assert [x.key for x in deployment.objects.list(BUCKET, "incoming/")] == [KEY]
