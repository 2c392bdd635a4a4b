"""Many files in a simulated deployment, played to a certain moment."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.domain.run.group import Group, GroupState
from chalicelib.domain.run.model import RunState
from tests.support.simulated.deployment import SimulatedDeployment
from tests.support.simulated.endings import arrive, fails_while, only_run
from tests.support.simulated.promises import TABLE as TARGET
from tests.support.simulated.promises import liveness
from tests.support.simulated.scenarios import HEADER, numbered, put, text

FILES = 40


SICK = (HEADER + "k,v,1\nk,again,2\n").encode()


def crowd(deployment: SimulatedDeployment, count: int = FILES, folder: str = "thing") -> None:
    for n in range(count):
        rows = {f"{folder}{n}": f"v{n},{n}"}
        deployment.put(f"incoming/{folder}/f{n}.csv", text(rows), rows)


def all_staged(deployment: SimulatedDeployment) -> None:
    """Deliver everything, while the warehouse is at its first load."""
    while deployment.deliver_event():
        pass
    for _ in range(2_000):
        if not deployment.deliver_message():
            break


def states(deployment: SimulatedDeployment) -> list[str]:
    return sorted({run.state.value for run in deployment.runs.runs.values()})


def done(deployment: SimulatedDeployment, **may: bool) -> None:
    deployment.settle()
    assert not deployment.violations
    assert not liveness(deployment, **may)


def about_to_load(deployment: SimulatedDeployment) -> Group:
    """The one run as a group, its transaction not asked for yet."""
    put(deployment, "a.csv", numbered(3))
    while not (group := deployment.load_queue.group(TARGET)):
        deployment.deliver_event() or deployment.deliver_message()
        deployment.clock.advance(1)
    return replace(group, submitted_at=0.0, statement_id="", state=GroupState.GATHERED)


def being_staged(deployment: SimulatedDeployment) -> list[bool]:
    """The one run, cut into chunks, and a store that takes nothing until the list is cleared."""
    put(deployment, "a.csv", numbered(12))
    arrive(deployment)
    deployment.pipeline.advance(only_run(deployment).run_id)
    assert only_run(deployment).state is RunState.STAGING
    down = [True]
    deployment.schedule.next = fails_while(down, "objects.put")  # type: ignore[method-assign]
    return down
