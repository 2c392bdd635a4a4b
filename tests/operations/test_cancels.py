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
from tests.support.simulated.endings import only_run
from tests.support.simulated.promises import liveness
from tests.support.simulated.scenarios import numbered, put
from tests.support.simulated.world import World

TARGET = "landing.things"


def moved_to(world: World, state: RunState) -> Run:
    """The one run, once it is in a state, with the work that is under way still under way."""
    put(world, "a.csv", numbered(12))
    for _ in range(500):
        if world.runs.runs and only_run(world).state is state:
            return only_run(world)
        world._deliver_event() or world._deliver_message()
    raise AssertionError(f"it was never {state.value}")


def come_to_rest(world: World, *, may_fail: bool = False) -> None:
    world.run()
    assert not world.violations
    assert not liveness(world, may_fail=may_fail)


@pytest.mark.parametrize("state", [RunState.ARRIVED, RunState.STAGING])
def test_before_its_load_a_run_ends_at_once(world: World, state: RunState) -> None:
    ended = cancel(world.pipeline, moved_to(world, state))
    assert ended.state is RunState.CANCELLED
    come_to_rest(world)
    run = only_run(world)
    assert (run.state, run.notified) == (RunState.CANCELLED, True)
    assert [(m["state"], m["problem"]["code"]) for m in world.notifier.failures] == [("CANCELLED", "CANCELLED")]
    assert not world.notifier.successes
    assert not world.warehouse.statements
    assert world.objects.head(run.source.bucket, run.source.key).etag == run.source.etag


def test_a_worker_that_still_has_a_chunk_lets_the_run_go(world: World) -> None:
    run = moved_to(world, RunState.STAGING)
    cut_in = iter([lambda w: cancel(w.pipeline, w.runs.runs[run.run_id])])
    world.meanwhile.append((lambda w: "objects.upload" in w.schedule.calls[-1:], next(cut_in)))
    come_to_rest(world)
    assert only_run(world).state is RunState.CANCELLED
    assert only_run(world).staged < only_run(world).chunks


def waiting_and_loading(world: World) -> tuple[list[Run], list[Run]]:
    """Of six runs that all wait for one target, those that are being loaded and those that are not."""
    crowd(world, 6)
    all_staged(world)
    runs = sorted(world.runs.runs.values(), key=lambda run: run.source_order)
    by_state = {state: list(found) for state, found in itertools.groupby(runs, key=lambda run: run.state)}
    return by_state[RunState.STAGED], by_state[RunState.LOADING]


def test_a_run_that_waits_for_its_load_is_left_out_of_it(world: World) -> None:
    waiting, _ = waiting_and_loading(world)
    assert cancel(world.pipeline, waiting[1]).state is RunState.CANCELLED
    come_to_rest(world)
    ends = [run.state for run in world.runs.runs.values()]
    assert sorted(state.value for state in ends) == ["CANCELLED", *["LOADED"] * 5]
    assert len(world.warehouse.statements) == 2
    assert world.load_queue.waiting_runs == {TARGET: {}}


def all_loading(world: World) -> list[Run]:
    """Five runs in one load that takes a while."""
    _, [first] = waiting_and_loading(world)
    world.warehouse.latency = 300.0
    world.warehouse.run_due(world.clock.now() + 10)
    world.clock.advance(world.pipeline.ctx.settings.group_seconds)
    world.queue.send_run(first.run_id)
    all_staged(world)
    return [run for run in world.runs.runs.values() if run.state is RunState.LOADING]


def test_a_load_is_stopped_and_the_others_wait_for_another(world: World) -> None:
    runs = all_loading(world)
    assert len(runs) == 5
    asked = cancel(world.pipeline, runs[2])
    assert (asked.state, asked.cancel_requested) == (RunState.LOADING, True)
    come_to_rest(world)
    ends = {run.run_id: run for run in world.runs.runs.values()}
    assert ends.pop(asked.run_id).state is RunState.CANCELLED
    assert {run.state for run in ends.values()} == {RunState.LOADED}
    assert {run.failed_loads for run in ends.values()} == {0}
    assert len(world.warehouse.statements) == 3


def test_what_the_ledger_has_is_loaded(world: World) -> None:
    runs = all_loading(world)
    world.warehouse.run_due(world.clock.now() + 1_000)
    asked = cancel(world.pipeline, runs[2])
    assert asked.state is RunState.LOADING
    come_to_rest(world)
    assert {run.state for run in world.runs.runs.values()} == {RunState.LOADED}
    assert len(world.notifier.successes) == 6


def test_a_lasting_load_failure_ends_the_run_as_cancelled(world: World) -> None:
    world.warehouse.fates.append(Fate.REFUSED)
    run = moved_to(world, RunState.LOADING)
    cancel(world.pipeline, run)
    come_to_rest(world)
    assert only_run(world).state is RunState.CANCELLED


def test_while_the_warehouse_is_paused_nobody_knows(world: World) -> None:
    paused = [True]

    def fault(name: str) -> None:
        if paused and name.startswith("warehouse."):
            raise Retryable(f"{name}: the warehouse is not ready")

    world.schedule.next = fault  # type: ignore[method-assign]
    asked = cancel(world.pipeline, moved_to(world, RunState.LOADING))
    for _ in range(200):
        world._deliver_message()
        world.clock.advance(10)
    assert only_run(world).state is RunState.LOADING
    paused.clear()
    world.run()
    assert not world.violations
    assert only_run(world).state is RunState.CANCELLED
    assert asked.cancel_requested


def test_a_cancel_that_meets_the_move_to_staged_holds(world: World) -> None:
    world.warehouse.fates.append(Fate.CONFLICT)
    run = moved_to(world, RunState.LOADING)
    world.warehouse.run_due(world.clock.now() + 10)
    world.runs.change(run, cancel_requested=True)
    world.runs.change(run, state=RunState.STAGED, failed_loads=1)
    come_to_rest(world)
    assert only_run(world).state is RunState.CANCELLED


@pytest.mark.parametrize("end", [RunState.LOADED, RunState.CANCELLED])
def test_what_has_ended_cannot_be_stopped(world: World, end: RunState) -> None:
    if end is RunState.CANCELLED:
        cancel(world.pipeline, moved_to(world, RunState.ARRIVED))
    else:
        put(world, "a.csv", numbered(3))
    world.run()
    before = only_run(world)
    with pytest.raises(Ended, match=f"it is {end.value}"):
        cancel(world.pipeline, before)
    assert only_run(world) == before


def test_a_run_that_moves_on_meanwhile_is_looked_at_again(world: World) -> None:
    run = moved_to(world, RunState.STAGING)
    world.runs.change(run, state=RunState.STAGED)
    assert cancel(world.pipeline, run).state is RunState.CANCELLED


def test_a_run_that_never_stands_still_is_not_stopped_for_ever(world: World) -> None:
    run = moved_to(world, RunState.ARRIVED)

    def moved_on(*_: object, **__: object) -> Run:
        raise Conflict("moved on")

    world.runs.change = moved_on  # type: ignore[method-assign]
    with pytest.raises(Conflict):
        cancel(world.pipeline, run)


def test_a_cancelled_run_can_be_run_again(world: World) -> None:
    asked = cancel(world.pipeline, moved_to(world, RunState.LOADING))
    world.run()
    assert only_run(world).state is RunState.CANCELLED
    again = rerun(world.pipeline, only_run(world))
    assert (again.cancel_requested, again.problem) == (False, None)
    come_to_rest(world)
    assert only_run(world).state is RunState.LOADED
    assert only_run(world).load_id != asked.load_id


def test_the_scenario_of_the_simulation_meets_each_state() -> None:
    world = play(Case(scenario="cancelled"))
    assert not world.violations
    before = {
        run.source.name: max((RunState(s) for s in run.moments if s != "CANCELLED"), key=list(RunState).index).value
        for run in world.runs.runs.values()
        if run.state is RunState.CANCELLED
    }
    assert before == {f"{name}.csv": name for name in ("ARRIVED", "STAGING", "STAGED", "LOADING")}
