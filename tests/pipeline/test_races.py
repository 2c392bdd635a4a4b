"""Two workers at once, doubled and late events, and outages longer than a message's tries."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain.contract_files.contract_file import Contracts
from chalicelib.domain.run.group import GroupState
from chalicelib.domain.run.model import RunState
from chalicelib.errors import Refused, Retryable
from chalicelib.ports import Conflict
from tests.support.simulated.crowds import about_to_load, being_staged
from tests.support.simulated.deployment import SimulatedDeployment
from tests.support.simulated.endings import ended, only_run
from tests.support.simulated.promises import TABLE as TARGET


def test_of_two_workers_that_would_submit_first_only_one_does(deployment: SimulatedDeployment) -> None:
    seen_by_both = about_to_load(deployment)
    asked = deployment.load_queue.groups[TARGET]
    assert asked.submitted_at
    with pytest.raises(Conflict):
        deployment.pipeline.loader._submit(seen_by_both)
    assert deployment.load_queue.groups[TARGET] == asked
    assert len(deployment.warehouse.statements) == 1


def test_of_two_settling_workers_the_second_gives_way(deployment: SimulatedDeployment) -> None:
    """Both see the group as it is before one of them takes it in hand."""
    about_to_load(deployment)
    seen_by_both = deployment.load_queue.groups[TARGET]
    deployment.clock.advance(60)
    deployment.warehouse.run_due()
    deployment.load_queue.change(seen_by_both, lease_until=deployment.clock.now() + 20)
    taken = deployment.load_queue.groups[TARGET]
    deployment.load_queue.group = lambda target: seen_by_both  # type: ignore[method-assign]
    deployment.pipeline.loader.advance_target(TARGET)
    assert deployment.load_queue.groups[TARGET] == taken
    assert only_run(deployment).state is RunState.LOADING


def test_an_outage_longer_than_a_chunks_tries_is_waited_for(deployment: SimulatedDeployment) -> None:
    down = being_staged(deployment)
    for _ in range(100):
        deployment.deliver_message()
        deployment.clock.advance(30)
    assert not deployment.queue.messages
    assert only_run(deployment).state is RunState.STAGING
    down.clear()
    deployment.settle()
    assert not deployment.violations
    assert only_run(deployment).state is RunState.LOADED


def test_an_outage_without_end_fails_the_run(deployment: SimulatedDeployment) -> None:
    being_staged(deployment)
    deployment.clock.advance(deployment.pipeline.ctx.settings.give_up_hours * 3600)
    ended(deployment, RunState.FAILED, "THROTTLED", may_fail=True)


def deployed(deployment: SimulatedDeployment, **changes: Any) -> None:
    """A deployment of the contract with changes, while work goes on."""
    contract = replace(deployment.pipeline.ctx.contracts["thing"], fingerprint="of the new one", **changes)
    deployment.reconfigure(contracts=Contracts(by_name={contract.name: contract}))


def test_a_contract_deployed_during_staging_restarts_the_file(deployment: SimulatedDeployment) -> None:
    being_staged(deployment).clear()
    deployed(deployment)
    deployment.settle()
    assert not deployment.violations
    run = only_run(deployment)
    assert (run.state, run.generation, run.fingerprint) == (RunState.LOADED, 2, "of the new one")


def test_a_contract_deployed_before_the_load_restarts_the_file(deployment: SimulatedDeployment) -> None:
    deployment.load_queue.groups[TARGET] = about_to_load(deployment)
    deployment.warehouse.statements.clear()
    deployed(deployment)
    deployment.settle()
    assert not deployment.violations
    run = only_run(deployment)
    assert (run.state, run.generation, run.fingerprint) == (RunState.LOADED, 2, "of the new one")


def unanswered(deployment: SimulatedDeployment) -> None:
    """The load of the one run was asked for, and nobody has learnt the statement's id; the contract is a new one."""
    deployment.load_queue.groups[TARGET] = replace(
        about_to_load(deployment), submitted_at=deployment.clock.now(), state=GroupState.SUBMITTING
    )
    deployed(deployment)
    deployment.pipeline.ctx.queue.send_run(only_run(deployment).run_id)


def test_a_contract_deployed_before_a_commit_restarts_the_file(deployment: SimulatedDeployment) -> None:
    unanswered(deployment)
    deployment.deliver_message()
    (statement,) = deployment.warehouse.pending()
    assert statement.order.group_id in deployment.warehouse.fenced
    deployment.settle()
    assert not deployment.violations
    assert (only_run(deployment).state, only_run(deployment).generation) == (RunState.LOADED, 2)
    assert deployment.warehouse.merged == [only_run(deployment).load_id]


def test_while_a_load_cannot_be_fenced_its_runs_do_not_end(deployment: SimulatedDeployment) -> None:
    """As where the functions' user has no right on etl.fenced."""
    unanswered(deployment)
    fence = deployment.warehouse.fence

    def refused(target: str, group_id: str) -> None:
        raise Refused("permission denied for relation fenced", code="NOT_FENCED")

    deployment.warehouse.fence = refused  # type: ignore[method-assign]
    with pytest.raises(Retryable, match=f"the load of {TARGET} is delayed: permission denied"):
        deployment.pipeline.loader.advance_target(TARGET)
    assert only_run(deployment).state is RunState.LOADING
    deployment.warehouse.fence = fence  # type: ignore[method-assign]
    deployment.settle()
    assert not deployment.violations
    assert only_run(deployment).state is RunState.LOADED


def test_a_contract_deployed_after_a_commit_changes_nothing(deployment: SimulatedDeployment) -> None:
    unanswered(deployment)
    deployment.warehouse.run_due()
    deployment.settle()
    assert not deployment.violations
    assert (only_run(deployment).state, only_run(deployment).generation) == (RunState.LOADED, 1)


def test_a_contract_that_is_gone_fails_its_runs(deployment: SimulatedDeployment) -> None:
    being_staged(deployment).clear()
    deployment.reconfigure(contracts=Contracts(by_name={}))
    deployment.settle()
    assert not deployment.violations
    assert only_run(deployment).state is RunState.FAILED
