"""A run is stopped in whichever state it is: nothing of it in the target, or all of it, and others are not held up."""

from __future__ import annotations

import itertools

import pytest

from chalicelib.adapters.memory import Fate
from chalicelib.domain.run.model import Run, RunState
from chalicelib.errors import Retryable
from chalicelib.operations.cancels import Ended, cancel
from chalicelib.operations.reruns import rerun
from chalicelib.ports import Conflict
from tests.simulation.cases import Case, play
from tests.support.simulated.crowds import all_staged, crowd
from tests.support.simulated.deployment import SimulatedDeployment
from tests.support.simulated.endings import only_run
from tests.support.simulated.promises import liveness
from tests.support.simulated.scenarios import numbered, put

TARGET = "landing.things"


def moved_to(deployment: SimulatedDeployment, state: RunState) -> Run:
    """The one run, once it is in a state, with the work that is under way still under way."""
    put(deployment, "a.csv", numbered(12))
    for _ in range(500):
        if deployment.runs.runs and only_run(deployment).state is state:
            return only_run(deployment)
        deployment.deliver_event() or deployment.deliver_message()
    raise AssertionError(f"it was never {state.value}")


def come_to_rest(deployment: SimulatedDeployment, *, may_fail: bool = False) -> None:
    deployment.settle()
    assert not deployment.violations
    assert not liveness(deployment, may_fail=may_fail)


@pytest.mark.parametrize("state", [RunState.ARRIVED, RunState.STAGING])
def test_before_its_load_a_run_ends_at_once(deployment: SimulatedDeployment, state: RunState) -> None:
    ended = cancel(deployment.pipeline, moved_to(deployment, state))
    assert ended.state is RunState.CANCELLED
    come_to_rest(deployment)
    run = only_run(deployment)
    assert (run.state, run.notified) == (RunState.CANCELLED, True)
    assert [(m["state"], m["problem"]["code"]) for m in deployment.notifier.failures] == [("CANCELLED", "CANCELLED")]
    assert not deployment.notifier.successes
    assert not deployment.warehouse.statements
    assert deployment.objects.head(run.source.bucket, run.source.key).etag == run.source.etag


def test_a_worker_that_still_has_a_chunk_lets_the_run_go(deployment: SimulatedDeployment) -> None:
    run = moved_to(deployment, RunState.STAGING)
    cut_in = iter([lambda w: cancel(w.pipeline, w.runs.runs[run.run_id])])
    deployment.when(lambda w: "objects.upload" in w.schedule.calls[-1:], at_work=True).do(next(cut_in))
    come_to_rest(deployment)
    assert only_run(deployment).state is RunState.CANCELLED
    assert only_run(deployment).staged < only_run(deployment).chunks


def waiting_and_loading(deployment: SimulatedDeployment) -> tuple[list[Run], list[Run]]:
    """Of six runs that all wait for one target, those that are being loaded and those that are not."""
    crowd(deployment, 6)
    all_staged(deployment)
    runs = sorted(deployment.runs.runs.values(), key=lambda run: run.source_order)
    by_state = {state: list(found) for state, found in itertools.groupby(runs, key=lambda run: run.state)}
    return by_state[RunState.STAGED], by_state[RunState.LOADING]


def test_a_run_that_waits_for_its_load_is_left_out_of_it(deployment: SimulatedDeployment) -> None:
    waiting, _ = waiting_and_loading(deployment)
    assert cancel(deployment.pipeline, waiting[1]).state is RunState.CANCELLED
    come_to_rest(deployment)
    ends = [run.state for run in deployment.runs.runs.values()]
    assert sorted(state.value for state in ends) == ["CANCELLED", *["LOADED"] * 5]
    assert len(deployment.warehouse.statements) == 2
    assert deployment.load_queue.waiting_runs == {TARGET: {}}


def all_loading(deployment: SimulatedDeployment) -> list[Run]:
    """Five runs in one load that takes a while."""
    _, [first] = waiting_and_loading(deployment)
    deployment.warehouse.latency = 300.0
    deployment.warehouse.run_due(deployment.clock.now() + 10)
    deployment.clock.advance(deployment.pipeline.ctx.settings.group_seconds)
    deployment.queue.send_run(first.run_id)
    all_staged(deployment)
    return [run for run in deployment.runs.runs.values() if run.state is RunState.LOADING]


def test_a_load_is_stopped_and_the_others_wait_for_another(deployment: SimulatedDeployment) -> None:
    runs = all_loading(deployment)
    assert len(runs) == 5
    asked = cancel(deployment.pipeline, runs[2])
    assert (asked.state, asked.cancel_requested) == (RunState.LOADING, True)
    come_to_rest(deployment)
    ends = {run.run_id: run for run in deployment.runs.runs.values()}
    assert ends.pop(asked.run_id).state is RunState.CANCELLED
    assert {run.state for run in ends.values()} == {RunState.LOADED}
    assert {run.failed_loads for run in ends.values()} == {0}
    assert len(deployment.warehouse.statements) == 3


def test_what_the_ledger_has_is_loaded(deployment: SimulatedDeployment) -> None:
    runs = all_loading(deployment)
    deployment.warehouse.run_due(deployment.clock.now() + 1_000)
    asked = cancel(deployment.pipeline, runs[2])
    assert asked.state is RunState.LOADING
    come_to_rest(deployment)
    assert {run.state for run in deployment.runs.runs.values()} == {RunState.LOADED}
    assert len(deployment.notifier.successes) == 6


def test_a_lasting_load_failure_ends_the_run_as_cancelled(deployment: SimulatedDeployment) -> None:
    deployment.warehouse.fates.append(Fate.REFUSED)
    run = moved_to(deployment, RunState.LOADING)
    cancel(deployment.pipeline, run)
    come_to_rest(deployment)
    assert only_run(deployment).state is RunState.CANCELLED


def test_while_the_warehouse_is_paused_nobody_knows(deployment: SimulatedDeployment) -> None:
    paused = [True]

    def fault(name: str) -> None:
        if paused and name.startswith("warehouse."):
            raise Retryable(f"{name}: the warehouse is not ready")

    deployment.schedule.next = fault  # type: ignore[method-assign]
    asked = cancel(deployment.pipeline, moved_to(deployment, RunState.LOADING))
    for _ in range(200):
        deployment.deliver_message()
        deployment.clock.advance(10)
    assert only_run(deployment).state is RunState.LOADING
    paused.clear()
    deployment.settle()
    assert not deployment.violations
    assert only_run(deployment).state is RunState.CANCELLED
    assert asked.cancel_requested


def test_a_cancel_that_meets_the_move_to_staged_holds(deployment: SimulatedDeployment) -> None:
    deployment.warehouse.fates.append(Fate.CONFLICT)
    run = moved_to(deployment, RunState.LOADING)
    deployment.warehouse.run_due(deployment.clock.now() + 10)
    deployment.runs.change(run, cancel_requested=True)
    deployment.runs.change(run, state=RunState.STAGED, failed_loads=1)
    come_to_rest(deployment)
    assert only_run(deployment).state is RunState.CANCELLED


@pytest.mark.parametrize("end", [RunState.LOADED, RunState.CANCELLED])
def test_what_has_ended_cannot_be_stopped(deployment: SimulatedDeployment, end: RunState) -> None:
    if end is RunState.CANCELLED:
        cancel(deployment.pipeline, moved_to(deployment, RunState.ARRIVED))
    else:
        put(deployment, "a.csv", numbered(3))
    deployment.settle()
    before = only_run(deployment)
    with pytest.raises(Ended, match=f"it is {end.value}"):
        cancel(deployment.pipeline, before)
    assert only_run(deployment) == before


def test_a_run_that_moves_on_meanwhile_is_looked_at_again(deployment: SimulatedDeployment) -> None:
    run = moved_to(deployment, RunState.STAGING)
    deployment.runs.change(run, state=RunState.STAGED)
    assert cancel(deployment.pipeline, run).state is RunState.CANCELLED


def test_a_run_that_never_stands_still_is_not_stopped_for_ever(deployment: SimulatedDeployment) -> None:
    run = moved_to(deployment, RunState.ARRIVED)

    def moved_on(*_: object, **__: object) -> Run:
        raise Conflict("moved on")

    deployment.runs.change = moved_on  # type: ignore[method-assign]
    with pytest.raises(Conflict):
        cancel(deployment.pipeline, run)


def test_a_cancelled_run_can_be_run_again(deployment: SimulatedDeployment) -> None:
    asked = cancel(deployment.pipeline, moved_to(deployment, RunState.LOADING))
    deployment.settle()
    assert only_run(deployment).state is RunState.CANCELLED
    again = rerun(deployment.pipeline, only_run(deployment))
    assert (again.cancel_requested, again.problem) == (False, None)
    come_to_rest(deployment)
    assert only_run(deployment).state is RunState.LOADED
    assert only_run(deployment).load_id != asked.load_id


def test_the_scenario_of_the_simulation_meets_each_state() -> None:
    deployment = play(Case(scenario="cancelled"))
    assert not deployment.violations
    before = {
        run.source.name: max((RunState(s) for s in run.moments if s != "CANCELLED"), key=list(RunState).index).value
        for run in deployment.runs.runs.values()
        if run.state is RunState.CANCELLED
    }
    assert before == {f"{name}.csv": name for name in ("ARRIVED", "STAGING", "STAGED", "LOADING")}
