"""Loads of which it is not known whether they may still commit: nothing ends on their account before that is sure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain.run.group import GroupState
from chalicelib.domain.run.model import Run, RunState
from chalicelib.domain.warehouse.load import LoadOrder
from chalicelib.domain.warehouse.statement import Statement, StatementState
from chalicelib.errors import Refused
from chalicelib.operations.cancels import cancel
from chalicelib.pipeline.loading import Loader
from chalicelib.ports import Conflict
from tests.simulation.cases import Case, play
from tests.support.simulated.crowds import about_to_load
from tests.support.simulated.deployment import SimulatedDeployment
from tests.support.simulated.endings import only_run
from tests.support.simulated.faults import Fault, Killed
from tests.support.simulated.promises import TABLE as TARGET

GONE = Statement(statement_id="s", state=StatementState.GONE)
ABORTED = Statement(statement_id="s", state=StatementState.FAILED, retryable=True)


@pytest.mark.parametrize("looks", [[GONE], [ABORTED, ABORTED]], ids=["not known at first", "aborted"])
def test_a_statement_that_may_commit_after_all_is_fenced(
    deployment: SimulatedDeployment, looks: list[Statement]
) -> None:
    """The Data API may not know a statement yet that it has taken, and calls aborted what it was asked to stop."""
    about_to_load(deployment)
    cancel(deployment.pipeline, only_run(deployment))
    describe, hasty = deployment.warehouse.describe, list(looks)
    deployment.warehouse.describe = lambda id_: hasty.pop(0) if hasty else describe(id_)  # type: ignore[method-assign]
    deployment.pipeline.loader.advance_target(TARGET)
    (statement,) = deployment.warehouse.pending()
    assert statement.order.group_id in deployment.warehouse.fenced
    deployment.warehouse.describe = describe  # type: ignore[method-assign]
    deployment.settle()
    assert not deployment.violations
    assert only_run(deployment).state is RunState.CANCELLED


def test_a_refused_load_is_not_resubmitted_while_its_runs_end(deployment: SimulatedDeployment) -> None:
    group = about_to_load(deployment)
    deployment.warehouse.statements.clear()
    deployment.load_queue.groups[TARGET] = first = replace(group, lease_until=deployment.clock.now() + 20)
    submit, change = deployment.warehouse.submit, deployment.runs.change

    def refused(order: LoadOrder, *, token: str, name: str) -> str:
        deployment.warehouse.submit = submit  # type: ignore[method-assign]
        raise Refused("not allowed")

    def slow(run: Run, **changes: Any) -> Run:
        if changes["state"] is RunState.FAILED:
            deployment.runs.change = change  # type: ignore[method-assign]
            deployment.clock.advance(30)
            deployment.pipeline.loader.advance_target(TARGET)
        return change(run, **changes)

    deployment.warehouse.submit, deployment.runs.change = refused, slow  # type: ignore[method-assign]
    assert deployment.pipeline.loader._submit(first)
    deployment.settle()
    assert not deployment.violations
    assert only_run(deployment).state is RunState.LOADED
    assert [s.order.group_id for s in deployment.warehouse.statements.values()] != [first.group_id]


def test_a_late_refusal_does_not_end_anothers_submitted_load(deployment: SimulatedDeployment) -> None:
    group = about_to_load(deployment)
    deployment.warehouse.statements.clear()
    deployment.load_queue.groups[TARGET] = first = replace(group, lease_until=deployment.clock.now() + 20)
    submit = deployment.warehouse.submit

    def slow(order: LoadOrder, *, token: str, name: str) -> str:
        deployment.warehouse.submit = submit  # type: ignore[method-assign]
        deployment.clock.advance(30)
        deployment.pipeline.loader.advance_target(TARGET)
        raise Refused("not allowed")

    deployment.warehouse.submit = slow  # type: ignore[method-assign]
    with pytest.raises(Conflict):
        deployment.pipeline.loader._submit(first)
    assert only_run(deployment).state is RunState.LOADING
    deployment.settle()
    assert not deployment.violations
    assert only_run(deployment).state is RunState.LOADED


def test_a_load_that_may_be_accepted_is_not_given_up_by_the_next(deployment: SimulatedDeployment) -> None:
    group = about_to_load(deployment)
    deployment.load_queue.groups[TARGET] = replace(
        group, submitted_at=deployment.clock.now(), state=GroupState.SUBMITTING
    )  # whose answer was lost
    cancel(deployment.pipeline, only_run(deployment))
    submit, fence = deployment.warehouse.submit, deployment.warehouse.fence

    def refused(order: LoadOrder, *, token: str, name: str) -> str:
        raise Refused("not allowed")

    def killed(target: str, group_id: str) -> None:
        raise Killed

    deployment.warehouse.submit, deployment.warehouse.fence = refused, killed  # type: ignore[method-assign]
    with pytest.raises(Killed):
        deployment.pipeline.loader.advance_target(TARGET)
    deployment.warehouse.submit, deployment.warehouse.fence = submit, fence  # type: ignore[method-assign]
    deployment.clock.advance(30)
    deployment.pipeline.loader.advance_target(TARGET)
    assert only_run(deployment).state is RunState.LOADING  # by the same token it is the statement of the first time
    deployment.settle()
    assert not deployment.violations
    assert only_run(deployment).state is RunState.LOADED


@pytest.mark.parametrize("fault", [Fault.KILLED_AFTER, Fault.UNKNOWN, Fault.ASLEEP])
def test_ending_the_runs_of_a_refused_load_may_stop_anywhere(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then another worker gives back what is left, to a load of another name."""
    left, leave = [], Loader._return_members
    monkeypatch.setattr(Loader, "_return_members", lambda self, group: left.append(group) or leave(self, group))
    asked = play(Case(scenario="two_small")).schedule.calls.index("warehouse.submit") + 1
    refused = ("call", asked, Fault.REFUSED.name)
    worlds = [
        play(Case(scenario="two_small", twists=(refused, ("call", later, fault.name))))
        for later in range(asked + 1, asked + 25)
    ]
    assert not set().union(*(deployment.violations for deployment in worlds))
    assert all(run.finished for deployment in worlds for run in deployment.runs.runs.values())
    assert len(left) > 5
