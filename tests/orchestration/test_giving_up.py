"""The end of a state of the machine that failed at each try: the run ends, or waits for the sweep."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib import errors
from chalicelib.domain.run.model import RunState
from chalicelib.errors import LandfallError
from chalicelib.orchestration.step_functions import MAY_PASS, UNEXPECTED
from tests.orchestration.steps import give_up, staged, step
from tests.support.simulated.deployment import SimulatedDeployment
from tests.support.simulated.endings import noted, only_run

KINDS = {n: kind for n, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, LandfallError)}
RETRYABLE = sorted(name for name, kind in KINDS.items() if issubclass(kind, errors.Retryable))
OURS = sorted({*KINDS} - {*RETRYABLE, *MAY_PASS, "ContractChanged"})
ENDS = {"Rejected": RunState.REJECTED, "SourceChanged": RunState.SUPERSEDED}
"""How a run ends, if not FAILED."""


@pytest.mark.parametrize("name", sorted({*RETRYABLE, *MAY_PASS}))
def test_a_fault_that_may_pass_is_left_to_the_sweep(machine: SimulatedDeployment, name: str) -> None:
    said = noted(machine)
    before = only_run(machine)
    assert give_up(machine, name)["next"] == "Pause"
    assert only_run(machine) == before
    assert said == [("left_to_sweep", {"run": before.run_id, "error": name})]


@pytest.mark.parametrize("name", sorted({*RETRYABLE, *MAY_PASS}))
def test_after_the_hours_of_giving_up_it_ends_the_run(machine: SimulatedDeployment, name: str) -> None:
    machine.clock.advance(machine.pipeline.ctx.settings.give_up_hours * 3_600 + 1)
    assert give_up(machine, name)["next"] == "Notify"
    assert only_run(machine).state is RunState.FAILED


@pytest.mark.parametrize(
    ("name", "code"),
    [
        *((name, getattr(errors, name).code) for name in OURS),
        (UNEXPECTED, "INTERNAL"),
        ("Sandbox.Timedout", "DEAD_LETTER"),
        ("Lambda.Unknown", "DEAD_LETTER"),
        ("Runtime.ExitError", "DEAD_LETTER"),
        ("States.Timeout", "DEAD_LETTER"),
        ("annotations", "DEAD_LETTER"),
    ],
)
def test_any_other_fault_ends_the_run(machine: SimulatedDeployment, name: str, code: str) -> None:
    assert give_up(machine, name)["next"] == "Notify"
    run = only_run(machine)
    assert run.problem
    assert (run.state, run.problem.code) == (ENDS.get(name, RunState.FAILED), code)
    assert "secret" not in run.problem.message, "the cause may quote a row"
    assert step(machine, "Notify")["next"] == ("Failed" if run.state is RunState.FAILED else "Ended")
    assert [message["problem"]["code"] for message in machine.notifier.failures] == [code]


def test_a_contract_that_was_changed_starts_the_run_again(machine: SimulatedDeployment) -> None:
    assert give_up(machine, "ContractChanged")["next"] == "Plan"
    assert only_run(machine).generation == 2


@pytest.mark.parametrize("name", ["Sandbox.Timedout", UNEXPECTED, "Throttled"])
@pytest.mark.parametrize("state", [RunState.STAGED, RunState.LOADING])
def test_a_run_before_its_load_is_never_failed(machine: SimulatedDeployment, name: str, state: RunState) -> None:
    """Its statement might still commit."""
    staged(machine)
    run = only_run(machine)
    machine.runs.runs[run.run_id] = replace(run, state=state)
    assert give_up(machine, name)["next"] == "Pause"
    assert only_run(machine).state is state


def test_a_chunk_of_an_older_generation_ends_nothing(machine: SimulatedDeployment) -> None:
    step(machine, "Plan")
    assert give_up(machine, "Sandbox.Timedout", generation=0)["next"] == "Pause"
    assert only_run(machine).state is RunState.STAGING
