"""What the tests of the story look for in a simulated world."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.domain.run.model import Run, RunState
from chalicelib.errors import Throttled
from tests.support.simulated.promises import liveness
from tests.support.simulated.world import World

KEY = "incoming/thing/a.csv"


def only_run(world: World) -> Run:
    (run,) = world.runs.runs.values()
    return run


def noted(world: World) -> list[tuple[str, Mapping[str, Any]]]:
    """What the pipeline says from now on."""
    said: list[tuple[str, Mapping[str, Any]]] = []
    world.reconfigure(note=lambda name, fields: said.append((name, fields)))
    return said


def arrive(world: World) -> None:
    """Deliver the one notification, and nothing after it."""
    world.hear(world.events.pop())


def ended(world: World, state: RunState, code: str, *, may_fail: bool = False) -> Run:
    """The world came to rest with its one run in that state, told to support and nothing lost."""
    world.run()
    assert not world.violations
    assert not liveness(world, may_fail=may_fail)
    run = only_run(world)
    assert run.state is state
    assert run.problem is not None
    assert run.problem.code == code
    assert [m["problem"]["code"] for m in world.notifier.failures] == [code]
    assert not world.notifier.successes
    return run


def fails_while(flag: list[bool], where: str) -> Callable[[str], object]:
    def next_fault(name: str) -> None:
        if flag and name == where:
            raise Throttled(f"{name} is paused")

    return next_fault
