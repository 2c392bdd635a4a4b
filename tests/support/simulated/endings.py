"""What the tests of the story look for in a simulated deployment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.domain.run.model import Run, RunState
from chalicelib.errors import Throttled
from tests.support.simulated.deployment import SimulatedDeployment
from tests.support.simulated.faults import Fault
from tests.support.simulated.promises import liveness

KEY = "incoming/thing/a.csv"


def only_run(deployment: SimulatedDeployment) -> Run:
    (run,) = deployment.runs.runs.values()
    return run


def noted(deployment: SimulatedDeployment) -> list[tuple[str, Mapping[str, Any]]]:
    """What the pipeline says from now on."""
    said: list[tuple[str, Mapping[str, Any]]] = []
    deployment.reconfigure(note=lambda name, fields: said.append((name, fields)))
    return said


def arrive(deployment: SimulatedDeployment) -> None:
    """Deliver the one notification, and nothing after it."""
    deployment.handle_event(deployment.events.pop())


def ended(deployment: SimulatedDeployment, state: RunState, code: str, *, may_fail: bool = False) -> Run:
    """The deployment came to rest with its one run in that state, notified to support and nothing lost."""
    deployment.settle()
    assert not deployment.violations
    assert not liveness(deployment, may_fail=may_fail)
    run = only_run(deployment)
    assert run.state is state
    assert run.problem is not None
    assert run.problem.code == code
    assert [m["problem"]["code"] for m in deployment.notifier.failures] == [code]
    assert not deployment.notifier.successes
    return run


def once(
    deployment: SimulatedDeployment,
    where: str,
    act: Callable[[], Fault | None],
    when: Callable[[], bool] = lambda: True,
) -> None:
    """What becomes of the next call of that name, once it is time."""
    usual, left = deployment.schedule.next, [act]

    def next_fault(name: str) -> Fault | None:
        fault = usual(name)
        return left.pop()() if name == where and left and when() else fault

    deployment.schedule.next = next_fault  # type: ignore[method-assign]


def raising(error: BaseException) -> Callable[[], None]:
    def act() -> None:
        raise error

    return act


def fails_while(flag: list[bool], where: str) -> Callable[[str], object]:
    def next_fault(name: str) -> None:
        if flag and name == where:
            raise Throttled(f"{name} is paused")

    return next_fault
