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
from tests.support.simulated.deployment import SimulatedDeployment
from tests.support.simulated.faults import Killed
from tests.support.simulated.scenarios import text


def test_files_that_come_while_a_load_runs_are_the_next_load(deployment: SimulatedDeployment) -> None:
    crowd(deployment)
    all_staged(deployment)
    assert len(deployment.warehouse.statements) == 1
    done(deployment)
    assert states(deployment) == ["LOADED"]
    assert len(deployment.warehouse.statements) == 2
    assert len(deployment.notifier.successes) == FILES
    assert all(run.counts.settled and run.counts.inserted == 1 for run in deployment.runs.runs.values())


def test_a_group_is_of_so_many_files_and_bytes_at_most(deployment: SimulatedDeployment) -> None:
    deployment.reconfigure(settings=replace(deployment.pipeline.ctx.settings, group_files=10))
    crowd(deployment)
    all_staged(deployment)
    done(deployment)
    assert len(deployment.warehouse.statements) == 1 + -(-(FILES - 1) // 10)


def test_files_with_other_columns_are_another_group(deployment: SimulatedDeployment) -> None:
    crowd(deployment, 10)
    deployment.put("incoming/thing/other.csv", b"amount,id,value\n5,o,x\n", {"o": "x,5"})
    all_staged(deployment)
    done(deployment)
    assert states(deployment) == ["LOADED"]
    assert len(deployment.warehouse.statements) == 3


def test_a_sick_file_fails_alone_after_a_few_loads(deployment: SimulatedDeployment) -> None:
    crowd(deployment, folder="unique")
    deployment.put("incoming/unique/sick.csv", SICK, {})
    all_staged(deployment)
    deployment.settle()
    ends = {run.source.name: run.state for run in deployment.runs.runs.values()}
    assert ends.pop("sick.csv") is RunState.REJECTED
    assert set(ends.values()) == {RunState.LOADED}
    assert len(deployment.warehouse.rows("landing.uniques")) == FILES
    [notified] = deployment.notifier.failures
    assert notified["problem"]["code"] == "DUPLICATE_KEYS"
    assert notified["problem"]["line"] == 3
    assert (
        len(deployment.warehouse.statements) <= 14
    )  # 1 + 1 failed of 40, then halves: 20, 10, 5, 3, 2, 1 and their others


def test_a_missing_right_fails_all_at_once(deployment: SimulatedDeployment) -> None:
    deployment.warehouse.fates += [Fate.FINE, Fate.REFUSED]
    crowd(deployment)
    all_staged(deployment)
    done(deployment, may_fail=True)
    assert states(deployment) == ["FAILED", "LOADED"]
    assert len(deployment.warehouse.statements) == 2


@pytest.mark.parametrize("fate", [Fate.CONFLICT, Fate.ABORTED, Fate.LOST, Fate.STUCK])
def test_a_passing_failure_is_tried_again_after_a_pause(deployment: SimulatedDeployment, fate: Fate) -> None:
    deployment.reconfigure(settings=replace(deployment.pipeline.ctx.settings, load_timeout_seconds=900.0))
    deployment.warehouse.fates += [Fate.FINE, fate]
    crowd(deployment, 5)
    all_staged(deployment)
    done(deployment)
    assert states(deployment) == ["LOADED"]
    assert max(run.load_attempt for run in deployment.runs.runs.values()) == 2
    assert len(deployment.warehouse.statements) <= 5


def test_a_failure_that_does_not_pass_ends_the_runs(deployment: SimulatedDeployment) -> None:
    deployment.warehouse.fates += [Fate.CONFLICT] * 50
    crowd(deployment, 3)
    all_staged(deployment)
    done(deployment, may_fail=True)
    assert states(deployment) == ["FAILED"]
    assert {run.failed_loads for run in deployment.runs.runs.values()} == {
        deployment.pipeline.ctx.settings.max_load_attempts - 1
    }


def test_a_run_behind_a_dead_worker_is_found_by_the_sweep(deployment: SimulatedDeployment) -> None:
    crowd(deployment, 5)
    all_staged(deployment)
    deployment.queue.messages.clear()
    deployment.warehouse.run_due(deployment.clock.now() + 10)
    deployment.clock.advance(deployment.pipeline.ctx.settings.stuck_seconds + 1)
    sweep(deployment.pipeline)
    done(deployment)
    assert states(deployment) == ["LOADED"]


def test_a_run_that_ended_meanwhile_is_left_out(deployment: SimulatedDeployment) -> None:
    crowd(deployment, 4)
    all_staged(deployment)
    waiting = [run for run in deployment.runs.runs.values() if run.state is RunState.STAGED]
    deployment.runs.change(waiting[0], state=RunState.FAILED, notified=True)
    deployment.settle()
    assert sorted(run.state.value for run in deployment.runs.runs.values()) == ["FAILED", "LOADED", "LOADED", "LOADED"]
    assert deployment.load_queue.waiting_runs == {"landing.things": {}}
    assert deployment.load_queue.groups == {}


# ---- who does it, and when ------------------------------------------------------------------------------------------

TARGET = "landing.things"


def staged(deployment: SimulatedDeployment, count: int, first: int = 0) -> list[Run]:
    """So many files whose chunks are all in, before anybody has asked for their load."""
    for n in range(first, first + count):
        rows = {f"k{n}": f"v{n},{n}"}
        deployment.put(f"incoming/thing/f{n}.csv", text(rows), rows)
    while deployment.deliver_event():
        pass
    while any(run.state is not RunState.STAGED for run in deployment.runs.runs.values()):
        message = deployment.queue.receive()
        assert message
        if "number" in message.body:
            deployment.pipeline.stage(task_of(message.body))
        else:
            run = deployment.runs.runs[run_of(message.body)]
            deployment.pipeline.seal(deployment.pipeline.plan(run) if run.state is RunState.ARRIVED else run)
        deployment.queue.ack(message)
    runs = [run for run in deployment.runs.runs.values() if run.state is RunState.STAGED]
    for run in runs:
        deployment.load_queue.enqueue(TARGET, run)
    deployment.queue.messages.clear()
    return runs


def test_a_file_that_comes_alone_is_loaded_at_once(deployment: SimulatedDeployment) -> None:
    staged(deployment, 1)
    deployment.pipeline.loader.advance_target(TARGET)
    assert len(deployment.warehouse.statements) == 1


def test_files_in_a_flood_wait_for_others_but_not_for_ever(deployment: SimulatedDeployment) -> None:
    staged(deployment, 2)
    deployment.pipeline.loader.advance_target(TARGET)
    [wake] = deployment.queue.messages
    seconds = deployment.pipeline.ctx.settings.group_seconds
    assert deployment.clock.now() < wake.visible_at <= deployment.clock.now() + seconds + 1
    runs = staged(deployment, 1, first=2)
    deployment.pipeline.loader.advance_target(TARGET)
    assert not deployment.warehouse.statements
    deployment.clock.advance(wake.visible_at - deployment.clock.now())
    deployment.pipeline.loader.advance_target(TARGET)
    [statement] = deployment.warehouse.statements.values()
    assert {share.run_id for share in statement.order.shares} == {run.run_id for run in runs}
    assert len(runs) == 3


def test_files_that_have_waited_for_a_load_wait_for_no_others(deployment: SimulatedDeployment) -> None:
    staged(deployment, 2)
    deployment.clock.advance(deployment.pipeline.ctx.settings.group_seconds)
    deployment.pipeline.loader.advance_target(TARGET)
    assert len(deployment.warehouse.statements) == 1


def test_as_many_as_may_be_loaded_together_wait_for_no_others(deployment: SimulatedDeployment) -> None:
    deployment.reconfigure(settings=replace(deployment.pipeline.ctx.settings, group_files=2))
    staged(deployment, 3)
    deployment.pipeline.loader.advance_target(TARGET)
    [statement] = deployment.warehouse.statements.values()
    assert len(statement.order.shares) == 2


@pytest.mark.parametrize(
    "call", ["load_queue.claim", "runs.change", "warehouse.submit", "warehouse.ledger", "load_queue.remove"]
)
def test_what_one_worker_has_in_hand_others_leave_alone(deployment: SimulatedDeployment, call: str) -> None:
    staged(deployment, 1)
    seen: list[list[str]] = []

    def other(deployment: SimulatedDeployment) -> None:
        before = len(deployment.schedule.calls)
        deployment.pipeline.loader.advance_target(TARGET)
        seen.append(deployment.schedule.calls[before:])

    deployment.when(lambda deployment: deployment.schedule.calls[-1] == call, at_work=True).do(other)
    deployment.pipeline.loader.advance_target(TARGET)
    deployment.warehouse.run_due(deployment.clock.now() + 10)
    deployment.pipeline.loader.advance_target(TARGET)
    assert seen == [["load_queue.group"]]
    assert states(deployment) == ["LOADED"]
    assert len(deployment.warehouse.statements) == 1


def struck(deployment: SimulatedDeployment, call: str, error: BaseException) -> None:
    """A worker that drives the target's load until that call, which is its last."""

    def strike(deployment: SimulatedDeployment) -> None:
        raise error

    deployment.when(lambda deployment: deployment.schedule.calls[-1] == call, at_work=True).do(strike)
    with pytest.raises(type(error)):
        deployment.pipeline.loader.advance_target(TARGET)


@pytest.mark.parametrize("call", ["load_queue.claim", "runs.change", "load_queue.change", "warehouse.submit"])
def test_a_killed_workers_lease_is_taken_up_before_its_message(deployment: SimulatedDeployment, call: str) -> None:
    staged(deployment, 1)
    struck(deployment, call, Killed())
    calls = len(deployment.schedule.calls)
    deployment.pipeline.loader.advance_target(TARGET)
    assert deployment.schedule.calls[calls:] == ["load_queue.group"]
    deployment.clock.advance(LEASE_SECONDS)
    deployment.pipeline.loader.advance_target(TARGET)
    assert len(deployment.warehouse.statements) == 1
    assert deployment.queue.visibility > LEASE_SECONDS


@pytest.mark.parametrize("call", ["runs.get_many", "runs.change", "warehouse.submit", "queue.send_run"])
def test_a_worker_that_fails_to_ask_lets_the_group_go(deployment: SimulatedDeployment, call: str) -> None:
    staged(deployment, 1)
    deployment.pipeline.ctx.load_queue.claim(Group(target=TARGET, members=()))
    struck(deployment, call, Retryable("no answer"))
    deployment.pipeline.loader.advance_target(TARGET)
    assert len(deployment.warehouse.statements) == 1


@pytest.mark.parametrize("call", ["warehouse.ledger", "runs.change", "queue.send_runs", "load_queue.remove"])
def test_a_worker_that_fails_to_settle_lets_the_group_go(deployment: SimulatedDeployment, call: str) -> None:
    [run] = staged(deployment, 1)
    deployment.pipeline.loader.advance_target(TARGET)
    deployment.warehouse.run_due(deployment.clock.now() + 10)
    deployment.queue.messages.clear()
    struck(deployment, call, Retryable("no answer"))
    deployment.pipeline.loader.advance_target(TARGET)
    assert states(deployment) == ["LOADED"]
    assert run_body(run.run_id) in [message.body for message in deployment.queue.messages], "nobody would archive it"
    assert deployment.load_queue.groups == {}
