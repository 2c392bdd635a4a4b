"""What seldom happens between two workers, and to plans, folders and files that are gone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from chalicelib.domain.file.file_plan import FilePlan
from chalicelib.domain.raw.bytesource import Range
from chalicelib.domain.run import keys
from chalicelib.domain.run.group import Group, GroupState
from chalicelib.domain.run.model import Run, RunState
from chalicelib.errors import Broken, Throttled
from chalicelib.pipeline import outcomes
from chalicelib.ports import Conflict
from tests.support.simulated.deployment import BUCKET, SimulatedDeployment
from tests.support.simulated.endings import KEY, arrive, once, only_run, raising
from tests.support.simulated.faults import Fault, Killed
from tests.support.simulated.promises import liveness
from tests.support.simulated.scenarios import numbered, put

TARGET = "landing.things"


def loaded(deployment: SimulatedDeployment) -> Run:
    """It came to rest, loaded, with every promise kept."""
    deployment.settle()
    assert not deployment.violations
    assert not liveness(deployment)
    run = only_run(deployment)
    assert run.state is RunState.LOADED
    return run


def until(deployment: SimulatedDeployment, true: Callable[[], bool]) -> None:
    for _ in range(500):
        if true():
            return
        deployment.run_statements()
        deployment.deliver_event() or deployment.deliver_message() or deployment.clock.advance(1)
    raise AssertionError("it did not happen")


def test_a_folder_is_no_file(deployment: SimulatedDeployment) -> None:
    deployment.objects.put(BUCKET, "incoming/thing/sub/", b"")
    assert deployment.pipeline.arrive(deployment.objects.head(BUCKET, "incoming/thing/sub/")) is None
    assert not deployment.runs.runs


def test_a_chunk_whose_store_is_slow_comes_again(deployment: SimulatedDeployment) -> None:
    put(deployment, "a.csv", numbered(12))
    once(deployment, "objects.upload", raising(Throttled("slow down")))
    assert loaded(deployment).chunks > 1
    attempts = [c.attempts for c in deployment.chunks.of_run(only_run(deployment).run_id, 1)]
    assert sorted(attempts)[-2:] == [1, 2]


def test_a_chunk_cut_within_a_record_is_staged_from_the_next_one(deployment: SimulatedDeployment) -> None:
    put(deployment, "a.csv", numbered(12))
    arrive(deployment)
    deployment.pipeline.advance(only_run(deployment).run_id)
    run = only_run(deployment)
    file_plan = FilePlan.from_json(deployment.objects.get(BUCKET, keys.plan(run)))
    first, second, *others = file_plan.ranges
    guess = first.stop + 2
    ranges = (Range(start=first.start, stop=guess), Range(start=guess, stop=second.stop), *others)
    deployment.objects.put(BUCKET, keys.plan(run), replace(file_plan, ranges=ranges).to_json())
    deployment.queue.messages.clear()  # they were cut as the plan was
    deployment.queue.send_run(run.run_id)
    assert loaded(deployment).counts.inserted == 12
    names = [
        part.key.rsplit("/", 1)[-1] for part in deployment.objects.list(BUCKET, f"processed/{run.prefix}/part-00002")
    ]
    assert any("-from-" in name for name in names)


def test_an_overtaken_worker_leaves_the_load_to_the_other(deployment: SimulatedDeployment) -> None:
    put(deployment, "a.csv", numbered(3))
    once(deployment, "load_queue.change", raising(Conflict("somebody else was faster")))
    loaded(deployment)
    assert len(deployment.warehouse.statements) == 1


def test_a_slot_released_without_an_answer_is_not_released_again(deployment: SimulatedDeployment) -> None:
    put(deployment, "a.csv", numbered(3))
    once(deployment, "load_queue.release", lambda: Fault.UNKNOWN)
    loaded(deployment)
    assert deployment.load_queue.groups == {}


def test_a_group_of_ended_runs_releases_its_slot(deployment: SimulatedDeployment) -> None:
    put(deployment, "a.csv", numbered(3))
    once(
        deployment,
        "runs.change",
        raising(Killed("before it was admitted")),
        lambda: TARGET in deployment.load_queue.groups,
    )
    until(deployment, lambda: TARGET in deployment.load_queue.groups)
    run = only_run(deployment)
    assert run.state is RunState.STAGED
    deployment.runs.change(run, state=RunState.FAILED, notified=True)
    put(deployment, "b.csv", numbered(3, tag="b"))
    deployment.settle()
    assert [r.state for r in deployment.runs.runs.values()] == [RunState.FAILED, RunState.LOADED]
    assert deployment.load_queue.groups == {}


def test_a_run_that_ends_while_it_is_admitted_is_left_out(deployment: SimulatedDeployment) -> None:
    put(deployment, "a.csv", numbered(3))
    put(deployment, "b.csv", numbered(3, tag="b", base=50))

    def seen(deployment: SimulatedDeployment) -> bool:
        waits = [r for r in deployment.runs.runs.values() if r.state is RunState.STAGED]
        return (
            deployment.schedule.calls[-1:] == ["runs.get_many"]
            and bool(waits)
            and TARGET in deployment.load_queue.groups
        )

    def ends(deployment: SimulatedDeployment) -> None:
        run = next(r for r in deployment.runs.runs.values() if r.state is RunState.STAGED)
        deployment.runs.change(run, state=RunState.FAILED, notified=True)

    deployment.when(seen, at_work=True).do(ends)
    deployment.settle()
    assert sorted(r.state.value for r in deployment.runs.runs.values()) == ["FAILED", "LOADED"]
    assert not deployment.meanwhile


def test_a_file_replaced_then_deleted_is_superseded(deployment: SimulatedDeployment) -> None:
    put(deployment, "a.csv", numbered(3, tag="old"))
    arrive(deployment)
    put(deployment, "a.csv", numbered(3, tag="new"))
    arrive(deployment)
    deployment.objects.delete(deployment.objects.head(BUCKET, KEY))
    deployment.landed.clear()
    deployment.settle()
    states = [(r.state, r.problem.code) for r in deployment.runs.runs.values() if r.problem]
    assert states == [(RunState.SUPERSEDED, "SOURCE_CHANGED"), (RunState.FAILED, "SOURCE_GONE")]


def test_a_run_that_moved_on_is_not_ended_by_who_was_late(deployment: SimulatedDeployment) -> None:
    put(deployment, "a.csv", numbered(3))
    arrive(deployment)
    late = only_run(deployment)
    loaded(deployment)
    assert outcomes.fail(deployment.pipeline.ctx, late, Broken("it cannot go on")) is None
    assert only_run(deployment).state is RunState.LOADED


def test_there_is_nothing_to_stop_of_a_run_that_is_in_no_load(deployment: SimulatedDeployment) -> None:
    put(deployment, "a.csv", numbered(3))
    run = loaded(deployment)
    deployment.queue.messages.clear()
    outcomes.stop(deployment.pipeline.ctx, run)
    assert not deployment.queue.messages


def test_a_load_without_a_statement_is_stopped_at_the_next_look(deployment: SimulatedDeployment) -> None:
    put(deployment, "a.csv", numbered(3))
    until(deployment, lambda: bool(deployment.runs.runs) and only_run(deployment).state is RunState.LOADING)
    asked: Group = deployment.load_queue.groups[TARGET]
    deployment.load_queue.groups[TARGET] = replace(asked, statement_id="", state=GroupState.SUBMITTING)
    deployment.queue.messages.clear()
    outcomes.stop(deployment.pipeline.ctx, only_run(deployment))
    assert [m.body for m in deployment.queue.messages] == [f'{{"run_id": "{only_run(deployment).run_id}"}}']
    assert all(not s.error for s in deployment.warehouse.statements.values())
