"""Targets that are exported: loads settle while a file is being written, and the operator runs files again."""

from __future__ import annotations

from tests.simulation.live import LAMBDA_SECONDS
from tests.support.simulated import scenarios
from tests.support.simulated.deployment import SimulatedDeployment
from tests.support.simulated.exports import EXPORTED
from tests.support.simulated.faults import Killed
from tests.support.simulated.scenarios import numbered, put, text


def exported_once(deployment: SimulatedDeployment) -> None:
    """One file, and its export."""
    deployment.deploy(EXPORTED)
    put(deployment, "a.csv", numbered(2))


def exported_crowd(deployment: SimulatedDeployment) -> None:
    """Files of two targets. Some are loaded while an export is written, and the last one comes when all is done."""
    deployment.deploy(EXPORTED)
    for i in range(3):
        for name in ("thing", "unique"):
            deployment.put(f"incoming/{name}/f{i}.csv", text(rows := {f"{name}{i}": f"f{i},{i}"}), rows)
    deployment.when(SimulatedDeployment.settled).do(lambda w: put(w, "last.csv", numbered(2, tag="last")))


def exported_again(deployment: SimulatedDeployment) -> None:
    """A file whose rows change is run again while its export is written."""
    deployment.deploy(EXPORTED)
    put(deployment, "a.csv", numbered(2, tag="a"))
    deployment.when(SimulatedDeployment.settled).do(_again)


def _again(deployment: SimulatedDeployment) -> None:
    put(deployment, "b.csv", numbered(2, tag="b"))
    scenarios.ask_again(deployment)


def exported_late(deployment: SimulatedDeployment) -> None:
    """A worker stops just before it moves a file. A newer file is loaded by others meanwhile."""
    deployment.deploy(EXPORTED)
    put(deployment, "a.csv", numbered(2, tag="a"))
    deployment.when(_is_about_to_move, at_work=True).do(_overtake)


def _is_about_to_move(deployment: SimulatedDeployment) -> bool:
    return deployment.schedule.calls[-2:] == ["objects.list", "bookmarks.move"]


def _overtake(deployment: SimulatedDeployment) -> None:
    """Let others work for two minutes. Lambda stops the worker that waits if they take longer than it may live."""
    began = deployment.clock.now()
    put(deployment, "b.csv", numbered(2, tag="b"))
    for _ in range(120):
        deployment.pass_time()
        if not (deployment.deliver_event() or deployment.deliver_message()):
            deployment.clock.advance(1)
    if deployment.clock.now() - began > LAMBDA_SECONDS:
        raise Killed
