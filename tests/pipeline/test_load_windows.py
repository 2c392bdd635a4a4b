"""With `load_every` a file waits for the end of its window, and the windows of all targets end together."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.adapters.memory import Fate
from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.run.model import Run, RunState
from chalicelib.operations.cancels import cancel
from chalicelib.operations.lookup import details
from chalicelib.operations.reruns import Busy, rerun
from chalicelib.pipeline.load_windows import LONGEST_DELAY, loads_at
from chalicelib.pipeline.sweep import requeue_unfinished
from tests.support.simulated.crowds import done
from tests.support.simulated.deployment import SimulatedDeployment
from tests.support.simulated.endings import noted
from tests.support.simulated.outside import CONTRACTS
from tests.support.simulated.scenarios import numbered, put

WINDOW = st.sampled_from([0.0, 300.0, 900.0, 3600.0])
LATE = 3.0
"""Seconds after the end of a window by which its loads are submitted."""


def windowed(deployment: SimulatedDeployment, seconds: float) -> None:
    """Give every contract load windows, and begin a second after the end of one."""
    deployment.deploy(with_windows(seconds))
    now = deployment.clock.now()
    deployment.clock.advance(math.ceil(now / 3600) * 3600 + 1 - now)


def with_windows(seconds: float) -> dict[str, Contract]:
    return {name: replace(contract, load_every=seconds) for name, contract in CONTRACTS.items()}


def by_settings(deployment: SimulatedDeployment, seconds: float) -> None:
    """Give load windows to every contract that has none of its own."""
    settings = replace(deployment.pipeline.ctx.settings, load_every_seconds=seconds)
    deployment.reconfigure(settings=settings)


def with_another_fingerprint(seconds: float) -> dict[str, Contract]:
    return {n: replace(c, load_every=seconds, fingerprint=c.fingerprint[::-1]) for n, c in CONTRACTS.items()}


def both(deployment: SimulatedDeployment, name: str) -> None:
    """Put a file for each of the two targets."""
    for folder in ("thing", "unique"):
        deployment.put(f"incoming/{folder}/{name}.csv", f"id,value,amount\n{name},v,1\n".encode(), {name: "v,1"})


def work(deployment: SimulatedDeployment) -> None:
    """Handle what there is to handle now."""
    while deployment.deliver_event() or deployment.deliver_message():
        deployment.pass_time()


def only(deployment: SimulatedDeployment) -> Run:
    [run] = deployment.runs.runs.values()
    return run


def submitted(deployment: SimulatedDeployment) -> list[float]:
    return [statement.at for statement in deployment.warehouse.statements.values()]


@pytest.mark.parametrize("seconds", [300.0, 900.0, 3600.0])
def test_windows_are_shared_by_all_targets(deployment: SimulatedDeployment, seconds: float) -> None:
    windowed(deployment, seconds)
    start = deployment.clock.now() - 1
    for n in range(3):
        both(deployment, f"f{n}")
        work(deployment)
    assert submitted(deployment) == []
    done(deployment)
    assert len(submitted(deployment)) == 2
    assert all(seconds <= at - start <= seconds + LATE for at in submitted(deployment))


def test_a_file_that_comes_alone_waits_too(deployment: SimulatedDeployment) -> None:
    windowed(deployment, 300.0)
    put(deployment, "a.csv", numbered(2))
    work(deployment)
    assert only(deployment).state is RunState.STAGED
    done(deployment)
    assert deployment.clock.now() < only(deployment).arrived_at + 300 + 2 * LATE


def test_the_setting_is_for_contracts_without_their_own(deployment: SimulatedDeployment) -> None:
    windowed(deployment, 0.0)
    contracts = {**CONTRACTS, "unique": replace(CONTRACTS["unique"], load_every=0.0)}
    settings = replace(deployment.pipeline.ctx.settings, load_every_seconds=900.0)
    deployment.reconfigure(contracts=contracts, settings=settings)
    both(deployment, "a")
    work(deployment)
    assert [s.order.contract.name for s in deployment.warehouse.statements.values()] == ["unique"]


def test_no_message_is_delayed_for_longer_than_sqs_can(deployment: SimulatedDeployment) -> None:
    windowed(deployment, 3600.0)
    put(deployment, "a.csv", numbered(2))
    work(deployment)
    for _ in range(3):
        [message] = deployment.queue.messages
        assert deployment.clock.now() < message.visible_at <= deployment.clock.now() + LONGEST_DELAY
        deployment.clock.advance(message.visible_at - deployment.clock.now())
        work(deployment)
        assert submitted(deployment) == []


def test_a_rerun_does_not_wait(deployment: SimulatedDeployment) -> None:
    windowed(deployment, 900.0)
    put(deployment, "a.csv", numbered(2))
    done(deployment)
    rerun(deployment.pipeline, only(deployment))
    asked = deployment.clock.now()
    work(deployment)
    assert submitted(deployment)[1:] == [asked]


def test_a_rerun_in_the_window_names_its_end_and_the_way_out(deployment: SimulatedDeployment) -> None:
    windowed(deployment, 900.0)
    put(deployment, "a.csv", numbered(2))
    work(deployment)
    run = only(deployment)
    at = f"{datetime.fromtimestamp(loads_at(run), UTC):%Y-%m-%dT%H:%M:%SZ}"
    with pytest.raises(Busy, match=f"loaded at {at}; `landfall cancel {run.run_id}`, then `landfall rerun"):
        rerun(deployment.pipeline, run)
    cancel(deployment.pipeline, run)
    while not only(deployment).finished:
        deployment.deliver_message()
    asked = deployment.clock.now()
    rerun(deployment.pipeline, only(deployment))
    work(deployment)
    assert submitted(deployment) == [asked]
    assert asked < loads_at(run)


def test_a_new_contract_does_not_end_the_window(deployment: SimulatedDeployment) -> None:
    windowed(deployment, 3600.0)
    start = deployment.clock.now() - 1
    for n in range(3):
        put(deployment, f"f{n}.csv", numbered(2, base=10 * n))
        work(deployment)
        deployment.clock.advance(120)
    deployment.deploy(with_another_fingerprint(3600.0))
    done(deployment)
    assert {run.generation for run in deployment.runs.runs.values()} == {2}
    assert len(submitted(deployment)) == 1
    assert all(3600 <= at - start <= 3600 + LATE for at in submitted(deployment))


def test_a_rerun_that_a_new_contract_restarts_does_not_wait(deployment: SimulatedDeployment) -> None:
    windowed(deployment, 3600.0)
    put(deployment, "a.csv", numbered(2))
    done(deployment)
    rerun(deployment.pipeline, only(deployment))
    while only(deployment).state is RunState.ARRIVED:
        deployment.deliver_message()
    deployment.deploy(with_another_fingerprint(3600.0))
    asked = deployment.clock.now()
    work(deployment)
    assert only(deployment).generation == 3
    assert submitted(deployment)[1:] == [asked]


def test_a_load_that_failed_is_tried_again_at_once(deployment: SimulatedDeployment) -> None:
    windowed(deployment, 900.0)
    deployment.warehouse.fates.append(Fate.CONFLICT)
    put(deployment, "a.csv", numbered(2))
    done(deployment)
    first, second = submitted(deployment)
    assert second - first < 60


def test_the_sweep_leaves_a_run_in_its_window_alone(deployment: SimulatedDeployment) -> None:
    windowed(deployment, 3600.0)
    put(deployment, "a.csv", numbered(2))
    work(deployment)
    deployment.queue.messages.clear()
    ends, stuck = loads_at(only(deployment)), deployment.pipeline.ctx.settings.stuck_seconds
    deployment.clock.advance(stuck + 1)
    assert requeue_unfinished(deployment.pipeline, until=deployment.clock.now() + 60) == 0
    deployment.clock.advance(ends - deployment.clock.now())
    assert requeue_unfinished(deployment.pipeline, until=deployment.clock.now() + 60) == 1
    done(deployment)


def test_a_run_in_its_window_is_not_old(deployment: SimulatedDeployment) -> None:
    windowed(deployment, 3600.0)
    put(deployment, "a.csv", numbered(2))
    work(deployment)
    said = noted(deployment)
    deployment.clock.advance(3_500)
    requeue_unfinished(deployment.pipeline, until=deployment.clock.now() + 60)
    deployment.clock.advance(loads_at(only(deployment)) + 200 - deployment.clock.now())
    requeue_unfinished(deployment.pipeline, until=deployment.clock.now() + 60)
    assert [fields["oldest_seconds"] for name, fields in said if name == "swept"] == [0, 200]
    done(deployment)


def test_its_status_names_the_end_of_the_window(deployment: SimulatedDeployment) -> None:
    windowed(deployment, 900.0)
    put(deployment, "a.csv", numbered(2))
    work(deployment)
    ctx, run = deployment.pipeline.ctx, only(deployment)
    assert details(ctx, run.run_id).loads_at == loads_at(run) > deployment.clock.now()
    done(deployment)
    assert details(ctx, run.run_id).loads_at == 0


@given(first=WINDOW, then=WINDOW, by_setting=st.booleans(), seconds=st.integers(0, 3_600))
def test_the_window_of_a_waiting_file_is_kept(first: float, then: float, by_setting: bool, seconds: int) -> None:
    deployment = SimulatedDeployment()
    every: Callable[[float], None] = partial(by_settings if by_setting else windowed, deployment)
    every(first)
    deployment.clock.advance(seconds)
    put(deployment, "a.csv", numbered(2))
    work(deployment)
    named = details(deployment.pipeline.ctx, only(deployment).run_id).loads_at
    before = deployment.clock.now()
    by_settings(deployment, then) if by_setting else deployment.deploy(with_windows(then))
    if only(deployment).state is RunState.STAGED:
        assert details(deployment.pipeline.ctx, only(deployment).run_id).loads_at == named
    done(deployment)
    [at] = submitted(deployment)
    assert (named or before) <= at <= (named or before) + LATE


def test_the_end_is_unknown_once_the_contract_has_changed(deployment: SimulatedDeployment) -> None:
    windowed(deployment, 900.0)
    put(deployment, "a.csv", numbered(2))
    work(deployment)
    deployment.deploy(with_another_fingerprint(900.0))
    assert details(deployment.pipeline.ctx, only(deployment).run_id).loads_at == 0
    done(deployment)
