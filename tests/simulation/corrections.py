"""Rejected rows that people fix and send back."""

from __future__ import annotations

from chalicelib.api.requests import ResubmitRequest
from chalicelib.domain.run.model import Run, RunState
from chalicelib.errors import LandfallError
from chalicelib.operations.reruns import rerun
from chalicelib.operations.resubmits import resubmit
from tests.support.simulated.deployment import BUCKET, SimulatedDeployment
from tests.support.simulated.faults import Killed
from tests.support.simulated.scenarios import numbered, put, text

FILE = "a.csv"
BAD = ("x1,y,a", "x2,z,b", "x3,w,c")
COLUMNS = ("id", "value", "amount")
ONE_OF_THREE = {"x1": "y,7", "x2": "z,b", "x3": "old,9"}
FIRST = {"x1": "y,7", "x2": "z,8"}
SECOND = {"x2": "z,80", "x3": "w,9"}


def corrected_rows(deployment: SimulatedDeployment) -> None:
    """Rejected rows come back: one corrected, one still bad, one that a newer file has; then the same again."""
    put(deployment, FILE, numbered(3), BAD)
    put(deployment, "b.csv", {"x3": "newer,1"})
    deployment.when(_settled).do(lambda w: send(w, ONE_OF_THREE))
    deployment.when(lambda w: _settled(w) and len(w.later) == 1).do(lambda w: send(w, ONE_OF_THREE))


def corrected_by_two(deployment: SimulatedDeployment) -> None:
    """Two people fix rows of a file at once, one row both."""
    put(deployment, FILE, numbered(3), BAD)
    deployment.when(_settled).do(_two_send)


def _two_send(deployment: SimulatedDeployment) -> None:
    deployment.requests += [lambda: send(deployment, FIRST), lambda: send(deployment, SECOND)]


def corrected_and_run_again(deployment: SimulatedDeployment) -> None:
    """One operator reruns a file while another corrects its rows, perhaps too late, and then those of the new load."""
    put(deployment, FILE, numbered(3), BAD)
    deployment.when(_settled).do(_send_and_rerun)


def _send_and_rerun(deployment: SimulatedDeployment) -> None:
    deployment.requests += [lambda: rerun(deployment.pipeline, _file(deployment)), lambda: send(deployment, FIRST)]


def send(deployment: SimulatedDeployment, rows: dict[str, str]) -> None:
    """What `POST /rejects/<key>` does; who gets no answer sends again, once the file is loaded."""
    file = _file(deployment)
    body = text(numbered(3), BAD)
    values = {body.index(f"\n{key},".encode()) + 1: (key, *rest.split(",")) for key, rest in rows.items()}
    try:
        if file.state is RunState.FAILED:
            rerun(deployment.pipeline, file)
        resubmit(deployment.pipeline, file, ResubmitRequest(generation=file.generation, columns=COLUMNS, rows=values))
    except (LandfallError, Killed):
        deployment.later.insert(0, (_settled, lambda w: send(w, rows)))


def _settled(deployment: SimulatedDeployment) -> bool:
    """Whether all has come to its end, and the file was not overlooked: its event may be lost."""
    return deployment.settled() and any(run.source.name == FILE for run in deployment.runs.runs.values())


def _file(deployment: SimulatedDeployment) -> Run:
    return next(run for run in deployment.runs.runs.values() if run.source.name == FILE)


def rows_of(deployment: SimulatedDeployment, run: Run) -> dict[str, str]:
    """The good ones of the rows that a person sent."""
    lines = deployment.objects.get(BUCKET, run.source.key).decode().splitlines()[1:]
    rows = (line.partition(",") for line in lines)
    return {key: rest for key, _, rest in rows if rest.rpartition(",")[2].isdigit()}
