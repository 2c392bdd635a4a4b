"""Two workers at once, doubled and late events, and outages longer than a message's tries."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain.contract_files.contract_file import Contracts
from chalicelib.domain.run.group import Group, GroupState
from chalicelib.domain.run.lifecycle import ending
from chalicelib.domain.run.load_errors import meaning
from chalicelib.domain.run.model import RunState
from chalicelib.errors import Refused, Retryable
from chalicelib.ports import Conflict
from tests.support.simulated.crowds import about_to_load, being_staged
from tests.support.simulated.endings import ended, only_run
from tests.support.simulated.promises import TABLE as TARGET
from tests.support.simulated.world import World


def test_of_two_workers_that_would_submit_first_only_one_does(world: World) -> None:
    seen_by_both = about_to_load(world)
    asked = world.load_queue.groups[TARGET]
    assert asked.submitted_at
    with pytest.raises(Conflict):
        world.pipeline.loader._submit(seen_by_both)
    assert world.load_queue.groups[TARGET] == asked
    assert len(world.warehouse.statements) == 1


def test_of_two_settling_workers_the_second_gives_way(world: World) -> None:
    """Both see the group as it is before one of them takes it in hand."""
    about_to_load(world)
    seen_by_both = world.load_queue.groups[TARGET]
    world.clock.advance(60)
    world.warehouse.run_due()
    world.load_queue.change(seen_by_both, lease_until=world.clock.now() + 20)
    taken = world.load_queue.groups[TARGET]
    world.load_queue.group = lambda target: seen_by_both  # type: ignore[method-assign]
    world.pipeline.loader.advance_target(TARGET)
    assert world.load_queue.groups[TARGET] == taken
    assert only_run(world).state is RunState.LOADING


def test_an_outage_longer_than_a_chunks_tries_is_waited_for(world: World) -> None:
    down = being_staged(world)
    for _ in range(100):
        world._deliver_message()
        world.clock.advance(30)
    assert not world.queue.messages
    assert only_run(world).state is RunState.STAGING
    down.clear()
    world.run()
    assert not world.violations
    assert only_run(world).state is RunState.LOADED


def test_an_outage_without_end_fails_the_run(world: World) -> None:
    being_staged(world)
    world.clock.advance(world.pipeline.ctx.settings.give_up_hours * 3600)
    ended(world, RunState.FAILED, "THROTTLED", may_fail=True)


def deployed(world: World, **changes: Any) -> None:
    """A deployment of the contract with changes, while work goes on."""
    contract = replace(world.pipeline.ctx.contracts["thing"], fingerprint="of the new one", **changes)
    world.reconfigure(contracts=Contracts(by_name={contract.name: contract}))


def test_a_contract_deployed_during_staging_restarts_the_file(world: World) -> None:
    being_staged(world).clear()
    deployed(world)
    world.run()
    assert not world.violations
    run = only_run(world)
    assert (run.state, run.generation, run.fingerprint) == (RunState.LOADED, 2, "of the new one")


def test_a_contract_deployed_before_the_load_restarts_the_file(world: World) -> None:
    world.load_queue.groups[TARGET] = about_to_load(world)
    world.warehouse.statements.clear()
    deployed(world)
    world.run()
    assert not world.violations
    run = only_run(world)
    assert (run.state, run.generation, run.fingerprint) == (RunState.LOADED, 2, "of the new one")


def unanswered(world: World) -> None:
    """The load of the one run was asked for, and nobody has learnt the statement's id; the contract is a new one."""
    world.load_queue.groups[TARGET] = replace(
        about_to_load(world), submitted_at=world.clock.now(), state=GroupState.SUBMITTING
    )
    deployed(world)
    world.pipeline.ctx.queue.send_run(only_run(world).run_id)


def test_a_contract_deployed_before_a_commit_restarts_the_file(world: World) -> None:
    unanswered(world)
    world._deliver_message()
    (statement,) = world.warehouse.pending()
    assert statement.order.group_id in world.warehouse.fenced
    world.run()
    assert not world.violations
    assert (only_run(world).state, only_run(world).generation) == (RunState.LOADED, 2)
    assert world.warehouse.merged == [only_run(world).load_id]


def test_while_a_load_cannot_be_fenced_its_runs_do_not_end(world: World) -> None:
    """As where the functions' user has no right on etl.fenced."""
    unanswered(world)
    fence = world.warehouse.fence

    def refused(target: str, group_id: str) -> None:
        raise Refused("permission denied for relation fenced", code="NOT_FENCED")

    world.warehouse.fence = refused  # type: ignore[method-assign]
    with pytest.raises(Retryable, match=f"the load of {TARGET} is delayed: permission denied"):
        world.pipeline.loader.advance_target(TARGET)
    assert only_run(world).state is RunState.LOADING
    world.warehouse.fence = fence  # type: ignore[method-assign]
    world.run()
    assert not world.violations
    assert only_run(world).state is RunState.LOADED


def test_a_contract_deployed_after_a_commit_changes_nothing(world: World) -> None:
    unanswered(world)
    world.warehouse.run_due()
    world.run()
    assert not world.violations
    assert (only_run(world).state, only_run(world).generation) == (RunState.LOADED, 1)


def test_a_contract_that_is_gone_fails_its_runs(world: World) -> None:
    being_staged(world).clear()
    world.reconfigure(contracts=Contracts(by_name={}))
    world.run()
    assert not world.violations
    assert only_run(world).state is RunState.FAILED


def test_a_data_check_that_fails_is_the_files_fault() -> None:
    text = "ERROR: DATA_CHECK_FAILED: no future finds 2 rows that must not be"
    error = LoadFailed(text, code=meaning(text).code)
    assert ending(RunState.LOADING, error) is RunState.REJECTED
    assert ending(RunState.LOADING, LoadFailed("ERROR: permission denied")) is RunState.FAILED
