"""Many small files: few transactions, and one sick file hurts only itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.adapters.memory import Fate
from chalicelib.adapters.messages import run_body
from chalicelib.domain.run.events import run_of, task_of
from chalicelib.domain.run.group import Group
from chalicelib.domain.run.model import Run, RunState
from chalicelib.errors import Retryable
from chalicelib.pipeline.loading import LEASE_SECONDS
from chalicelib.pipeline.sweep import sweep
from tests.support.simulated.crowds import FILES, SICK, all_staged, crowd, done, states
from tests.support.simulated.faults import Killed
from tests.support.simulated.scenarios import text
from tests.support.simulated.world import World


def test_files_that_come_while_a_load_runs_are_the_next_load(world: World) -> None:
    crowd(world)
    all_staged(world)
    assert len(world.warehouse.statements) == 1
    done(world)
    assert states(world) == ["LOADED"]
    assert len(world.warehouse.statements) == 2
    assert len(world.notifier.successes) == FILES
    assert all(run.counts.settled and run.counts.inserted == 1 for run in world.runs.runs.values())


def test_a_group_is_of_so_many_files_and_bytes_at_most(world: World) -> None:
    world.reconfigure(settings=replace(world.pipeline.ctx.settings, group_files=10))
    crowd(world)
    all_staged(world)
    done(world)
    assert len(world.warehouse.statements) == 1 + -(-(FILES - 1) // 10)


def test_files_with_other_columns_are_another_group(world: World) -> None:
    crowd(world, 10)
    world.put("incoming/thing/other.csv", b"amount,id,value\n5,o,x\n", {"o": "x,5"})
    all_staged(world)
    done(world)
    assert states(world) == ["LOADED"]
    assert len(world.warehouse.statements) == 3


def test_a_sick_file_fails_alone_after_a_few_loads(world: World) -> None:
    crowd(world, folder="unique")
    world.put("incoming/unique/sick.csv", SICK, {})
    all_staged(world)
    world.run()
    ends = {run.source.name: run.state for run in world.runs.runs.values()}
    assert ends.pop("sick.csv") is RunState.REJECTED
    assert set(ends.values()) == {RunState.LOADED}
    assert len(world.warehouse.rows("landing.uniques")) == FILES
    [notified] = world.notifier.failures
    assert notified["problem"]["code"] == "DUPLICATE_KEYS"
    assert notified["problem"]["line"] == 3
    assert len(world.warehouse.statements) <= 14  # 1 + 1 failed of 40, then halves: 20, 10, 5, 3, 2, 1 and their others


def test_a_missing_right_fails_all_at_once(world: World) -> None:
    world.warehouse.fates += [Fate.FINE, Fate.REFUSED]
    crowd(world)
    all_staged(world)
    done(world, may_fail=True)
    assert states(world) == ["FAILED", "LOADED"]
    assert len(world.warehouse.statements) == 2


@pytest.mark.parametrize("fate", [Fate.CONFLICT, Fate.ABORTED, Fate.LOST, Fate.STUCK])
def test_a_passing_failure_is_tried_again_after_a_pause(world: World, fate: Fate) -> None:
    world.reconfigure(settings=replace(world.pipeline.ctx.settings, load_timeout_seconds=900.0))
    world.warehouse.fates += [Fate.FINE, fate]
    crowd(world, 5)
    all_staged(world)
    done(world)
    assert states(world) == ["LOADED"]
    assert max(run.load_attempt for run in world.runs.runs.values()) == 2
    assert len(world.warehouse.statements) <= 5


def test_a_failure_that_does_not_pass_ends_the_runs(world: World) -> None:
    world.warehouse.fates += [Fate.CONFLICT] * 50
    crowd(world, 3)
    all_staged(world)
    done(world, may_fail=True)
    assert states(world) == ["FAILED"]
    assert {run.failed_loads for run in world.runs.runs.values()} == {world.pipeline.ctx.settings.max_load_attempts - 1}


def test_a_run_behind_a_dead_worker_is_found_by_the_sweep(world: World) -> None:
    crowd(world, 5)
    all_staged(world)
    world.queue.messages.clear()
    world.warehouse.run_due(world.clock.now() + 10)
    world.clock.advance(world.pipeline.ctx.settings.stuck_seconds + 1)
    sweep(world.pipeline)
    done(world)
    assert states(world) == ["LOADED"]


def test_a_run_that_ended_meanwhile_is_left_out(world: World) -> None:
    crowd(world, 4)
    all_staged(world)
    waiting = [run for run in world.runs.runs.values() if run.state is RunState.STAGED]
    world.runs.change(waiting[0], state=RunState.FAILED, notified=True)
    world.run()
    assert sorted(run.state.value for run in world.runs.runs.values()) == ["FAILED", "LOADED", "LOADED", "LOADED"]
    assert world.load_queue.waiting_runs == {"landing.things": {}}
    assert world.load_queue.groups == {}


# ---- who does it, and when ------------------------------------------------------------------------------------------

TARGET = "landing.things"


def staged(world: World, count: int, first: int = 0) -> list[Run]:
    """So many files whose chunks are all in, before anybody has asked for their load."""
    for n in range(first, first + count):
        rows = {f"k{n}": f"v{n},{n}"}
        world.put(f"incoming/thing/f{n}.csv", text(rows), rows)
    while world._deliver_event():
        pass
    while any(run.state is not RunState.STAGED for run in world.runs.runs.values()):
        message = world.queue.receive()
        assert message
        if "number" in message.body:
            world.pipeline.stage(task_of(message.body))
        else:
            run = world.runs.runs[run_of(message.body)]
            world.pipeline.seal(world.pipeline.plan(run) if run.state is RunState.ARRIVED else run)
        world.queue.ack(message)
    runs = [run for run in world.runs.runs.values() if run.state is RunState.STAGED]
    for run in runs:
        world.load_queue.enqueue(TARGET, run)
    world.queue.messages.clear()
    return runs


def test_a_file_that_comes_alone_is_loaded_at_once(world: World) -> None:
    staged(world, 1)
    world.pipeline.loader.advance_target(TARGET)
    assert len(world.warehouse.statements) == 1


def test_files_in_a_flood_wait_for_others_but_not_for_ever(world: World) -> None:
    staged(world, 2)
    world.pipeline.loader.advance_target(TARGET)
    [wake] = world.queue.messages
    seconds = world.pipeline.ctx.settings.group_seconds
    assert world.clock.now() < wake.visible_at <= world.clock.now() + seconds + 1
    runs = staged(world, 1, first=2)
    world.pipeline.loader.advance_target(TARGET)
    assert not world.warehouse.statements
    world.clock.advance(wake.visible_at - world.clock.now())
    world.pipeline.loader.advance_target(TARGET)
    [statement] = world.warehouse.statements.values()
    assert {share.run_id for share in statement.order.shares} == {run.run_id for run in runs}
    assert len(runs) == 3


def test_files_that_have_waited_for_a_load_wait_for_no_others(world: World) -> None:
    staged(world, 2)
    world.clock.advance(world.pipeline.ctx.settings.group_seconds)
    world.pipeline.loader.advance_target(TARGET)
    assert len(world.warehouse.statements) == 1


def test_as_many_as_may_be_loaded_together_wait_for_no_others(world: World) -> None:
    world.reconfigure(settings=replace(world.pipeline.ctx.settings, group_files=2))
    staged(world, 3)
    world.pipeline.loader.advance_target(TARGET)
    [statement] = world.warehouse.statements.values()
    assert len(statement.order.shares) == 2


@pytest.mark.parametrize(
    "call", ["load_queue.claim", "runs.change", "warehouse.submit", "warehouse.ledger", "load_queue.remove"]
)
def test_what_one_worker_has_in_hand_others_leave_alone(world: World, call: str) -> None:
    staged(world, 1)
    seen: list[list[str]] = []

    def other(world: World) -> None:
        before = len(world.schedule.calls)
        world.pipeline.loader.advance_target(TARGET)
        seen.append(world.schedule.calls[before:])

    world.meanwhile.append((lambda world: world.schedule.calls[-1] == call, other))
    world.pipeline.loader.advance_target(TARGET)
    world.warehouse.run_due(world.clock.now() + 10)
    world.pipeline.loader.advance_target(TARGET)
    assert seen == [["load_queue.group"]]
    assert states(world) == ["LOADED"]
    assert len(world.warehouse.statements) == 1


def struck(world: World, call: str, error: BaseException) -> None:
    """A worker that drives the target's load until that call, which is its last."""

    def strike(world: World) -> None:
        raise error

    world.meanwhile.append((lambda world: world.schedule.calls[-1] == call, strike))
    with pytest.raises(type(error)):
        world.pipeline.loader.advance_target(TARGET)


@pytest.mark.parametrize("call", ["load_queue.claim", "runs.change", "load_queue.change", "warehouse.submit"])
def test_a_killed_workers_lease_is_taken_up_before_its_message(world: World, call: str) -> None:
    staged(world, 1)
    struck(world, call, Killed())
    calls = len(world.schedule.calls)
    world.pipeline.loader.advance_target(TARGET)
    assert world.schedule.calls[calls:] == ["load_queue.group"]
    world.clock.advance(LEASE_SECONDS)
    world.pipeline.loader.advance_target(TARGET)
    assert len(world.warehouse.statements) == 1
    assert world.queue.visibility > LEASE_SECONDS


@pytest.mark.parametrize("call", ["runs.get_many", "runs.change", "warehouse.submit", "queue.send_run"])
def test_a_worker_that_fails_to_ask_lets_the_group_go(world: World, call: str) -> None:
    staged(world, 1)
    world.pipeline.ctx.load_queue.claim(Group(target=TARGET, members=()))
    struck(world, call, Retryable("no answer"))
    world.pipeline.loader.advance_target(TARGET)
    assert len(world.warehouse.statements) == 1


@pytest.mark.parametrize("call", ["warehouse.ledger", "runs.change", "queue.send_runs", "load_queue.remove"])
def test_a_worker_that_fails_to_settle_lets_the_group_go(world: World, call: str) -> None:
    [run] = staged(world, 1)
    world.pipeline.loader.advance_target(TARGET)
    world.warehouse.run_due(world.clock.now() + 10)
    world.queue.messages.clear()
    struck(world, call, Retryable("no answer"))
    world.pipeline.loader.advance_target(TARGET)
    assert states(world) == ["LOADED"]
    assert run_body(run.run_id) in [message.body for message in world.queue.messages], "nobody would archive it"
    assert world.load_queue.groups == {}
