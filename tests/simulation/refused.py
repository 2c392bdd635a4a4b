"""Files that are refused for their bad rows, and what the operator and the pipeline do about it."""

from __future__ import annotations

from chalicelib.domain.run.model import Run, RunState
from chalicelib.errors import LandfallError
from chalicelib.operations.commands import RerunRequest
from chalicelib.operations.rerun_files import rerun_files
from chalicelib.operations.reruns import rerun
from tests.support.simulated.deployment import SimulatedDeployment
from tests.support.simulated.faults import Killed
from tests.support.simulated.scenarios import numbered, put, text

FILE = "a.csv"
MOSTLY_BAD = tuple(f"x{n},y,notanumber" for n in range(5))


def accepted_rejects(deployment: SimulatedDeployment) -> None:
    """A file with too many bad rows: two operators have its good rows loaded at once, beside an older file."""
    put(deployment, "b.csv", {"k1": "older,1"})
    put(deployment, FILE, numbered(3), MOSTLY_BAD)
    deployment.when(_settled).do(_two_accept)


def refused_by_copy(deployment: SimulatedDeployment) -> None:
    """Files of one load, in two of which COPY refuses rows that the checks passed: they are loaded without these."""
    deployment.warehouse.refuses = {"strange", "odd"}
    for number in range(4):
        rows = {f"k{number}": f"f{number},{number}"} | {f"own{number}-{at}": "x,1" for at in range(4)}
        strange = (f"s{number},strange,1", f"o{number},odd,2")[: 3 - number] if number in (1, 2) else ()
        deployment.put(f"incoming/thing/f{number}.csv", text(rows, strange), rows)


def _two_accept(deployment: SimulatedDeployment) -> None:
    deployment.requests += [lambda: accept(deployment)] * 2


def accept(deployment: SimulatedDeployment) -> None:
    """What `POST /runs/<key>` with `accept_rejects` does; who gets no answer sends again, once all has ended."""
    run = _file(deployment)
    if run.state is RunState.LOADED or (run.state is RunState.REJECTED and run.accepted_by):
        return
    try:
        if run.state is RunState.FAILED:
            rerun(deployment.pipeline, run)
        rerun_files(deployment.pipeline, run.source.key, RerunRequest(accepted_by="operator"))
    except (LandfallError, Killed):
        deployment.later.insert(0, (_settled, accept))


def _settled(deployment: SimulatedDeployment) -> bool:
    """Whether all has come to its end, and the file was not overlooked: its event may be lost."""
    return deployment.settled() and any(run.source.name == FILE for run in deployment.runs.runs.values())


def _file(deployment: SimulatedDeployment) -> Run:
    return next(run for run in deployment.runs.runs.values() if run.source.name == FILE)
