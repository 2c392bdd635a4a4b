"""The end of a run is the decision of its error's type, its state and its contract; each end is noted once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain.contract_files.contract_file import Contracts
from chalicelib.domain.file.books import UNBALANCED
from chalicelib.domain.run.model import Run, RunState
from chalicelib.errors import Broken, ContractChanged, LandfallError, Rejected, SourceGone, Throttled
from chalicelib.pipeline.outcomes import contract_of, end, fail
from tests.support.simulated.deployment import CONTRACTS, SimulatedDeployment
from tests.support.simulated.endings import arrive, noted, only_run
from tests.support.simulated.scenarios import numbered, put

CHANGED = ContractChanged("changed")


def arrived(deployment: SimulatedDeployment, state: RunState = RunState.ARRIVED, **changes: Any) -> Run:
    """The one run, moved to that state."""
    put(deployment, "a.csv", numbered(3))
    arrive(deployment)
    run = replace(only_run(deployment), state=state, **changes)
    deployment.runs.runs[run.run_id] = run
    return run


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (Rejected("bad"), RunState.REJECTED),
        (Broken("a fault"), RunState.FAILED),
        (SourceGone("gone"), RunState.FAILED),
    ],
)
def test_the_type_of_the_error_decides(deployment: SimulatedDeployment, error: LandfallError, state: RunState) -> None:
    run, events = arrived(deployment), noted(deployment)
    ended = end(deployment.pipeline.ctx, run, error)
    assert ended is not None
    assert ended.state is state
    assert ended.problem is not None
    assert ended.problem.code == error.code
    [(event, fields)] = events
    assert (event, fields["state"], fields["code"]) == ("ended", state.value, error.code)
    assert (fields["failed"], fields["unbalanced"]) == (int(state is RunState.FAILED), 0)


def test_unbalanced_books_are_counted(deployment: SimulatedDeployment) -> None:
    run, events = arrived(deployment), noted(deployment)
    end(deployment.pipeline.ctx, run, Broken("a row is lost", code=UNBALANCED))
    assert [fields["unbalanced"] for _, fields in events] == [1]


@pytest.mark.parametrize("state", [RunState.STAGED, RunState.LOADING, RunState.LOADED, RunState.REJECTED])
def test_only_the_load_ends_a_run_that_is_in_it(deployment: SimulatedDeployment, state: RunState) -> None:
    run, events = arrived(deployment, state), noted(deployment)
    error = Broken("a fault")
    with pytest.raises(Broken) as caught:
        end(deployment.pipeline.ctx, run, error)
    assert caught.value is error
    assert (only_run(deployment), events) == (run, [])


def test_an_error_that_may_pass_is_raised(deployment: SimulatedDeployment) -> None:
    run = arrived(deployment)
    with pytest.raises(Throttled):
        end(deployment.pipeline.ctx, run, Throttled("slow down"))
    assert only_run(deployment) == run


@pytest.mark.parametrize("state", [RunState.ARRIVED, RunState.STAGING, RunState.STAGED])
def test_a_changed_contract_restarts_the_run(deployment: SimulatedDeployment, state: RunState) -> None:
    run, events = arrived(deployment, state), noted(deployment)
    restarted = end(deployment.pipeline.ctx, run, CHANGED)
    assert restarted is not None
    assert (restarted.state, restarted.generation, restarted.problem) == (RunState.ARRIVED, 2, None)
    assert [(event, fields["failed"]) for event, fields in events] == [("restarted", 0)]


def _without_its_contract(deployment: SimulatedDeployment) -> RunState:
    deployment.reconfigure(contracts=Contracts({}))
    return RunState.STAGING


@pytest.mark.parametrize(
    "given", [_without_its_contract, lambda _: RunState.LOADING], ids=["removed", "while it loads"]
)
def test_a_run_that_cannot_restart_fails(
    deployment: SimulatedDeployment, given: Callable[[SimulatedDeployment], RunState]
) -> None:
    run = arrived(deployment)
    run = replace(run, state=given(deployment))
    deployment.runs.runs[run.run_id] = run
    ended = fail(deployment.pipeline.ctx, run, CHANGED)
    assert ended is not None
    assert (ended.state, ended.generation) == (RunState.FAILED, 1)


def test_a_file_that_was_overwritten_is_superseded(deployment: SimulatedDeployment) -> None:
    run = arrived(deployment)
    put(deployment, "a.csv", numbered(4))
    deployment.handle_event(deployment.events.pop())
    ended = fail(deployment.pipeline.ctx, run, SourceGone("gone"))
    assert ended is not None
    assert ended.state is RunState.SUPERSEDED


def test_a_run_that_another_worker_moved_on_is_left(deployment: SimulatedDeployment) -> None:
    run, events = arrived(deployment), noted(deployment)
    moved = replace(run, state=RunState.REJECTED)
    deployment.runs.runs[run.run_id] = moved
    assert fail(deployment.pipeline.ctx, run, Broken("a fault")) is None
    assert (only_run(deployment), events) == (moved, [])


def test_a_contract_is_the_same_from_plan_to_load(deployment: SimulatedDeployment) -> None:
    run, ctx = arrived(deployment, fingerprint="of another"), deployment.pipeline.ctx
    assert contract_of(ctx, run) is CONTRACTS["thing"]  # it is not planned yet
    with pytest.raises(ContractChanged):
        contract_of(ctx, replace(run, state=RunState.STAGING))
    with pytest.raises(ContractChanged, match="no longer exists"):
        contract_of(replace(ctx, contracts=Contracts({})), run)
