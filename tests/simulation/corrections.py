"""Rejected rows that people fix and send back."""

from __future__ import annotations

from chalicelib.api.requests import ResubmitRequest
from chalicelib.domain.run.model import Run, RunState
from chalicelib.errors import LandfallError
from chalicelib.operations.reruns import rerun
from chalicelib.operations.resubmits import resubmit
from tests.support.simulated.faults import Killed
from tests.support.simulated.scenarios import numbered, put, text, then
from tests.support.simulated.world import BUCKET, World

FILE = "a.csv"
BAD = ("x1,y,a", "x2,z,b", "x3,w,c")
COLUMNS = ("id", "value", "amount")
ONE_OF_THREE = {"x1": "y,7", "x2": "z,b", "x3": "old,9"}
FIRST = {"x1": "y,7", "x2": "z,8"}
SECOND = {"x2": "z,80", "x3": "w,9"}


def corrected_rows(world: World) -> None:
    """Rejected rows come back: one corrected, one still bad, one that a newer file has; then the same again."""
    put(world, FILE, numbered(3), BAD)
    put(world, "b.csv", {"x3": "newer,1"})
    then(world, _settled, lambda w: send(w, ONE_OF_THREE))
    then(world, lambda w: _settled(w) and len(w.later) == 1, lambda w: send(w, ONE_OF_THREE))


def corrected_by_two(world: World) -> None:
    """Two people fix rows of a file at once, one row both."""
    put(world, FILE, numbered(3), BAD)
    then(world, _settled, _two_send)


def _two_send(world: World) -> None:
    world.asked += [lambda: send(world, FIRST), lambda: send(world, SECOND)]


def corrected_and_run_again(world: World) -> None:
    """One operator reruns a file while another corrects its rows, perhaps too late, and then those of the new load."""
    put(world, FILE, numbered(3), BAD)
    then(world, _settled, _send_and_rerun)


def _send_and_rerun(world: World) -> None:
    world.asked += [lambda: rerun(world.pipeline, _file(world)), lambda: send(world, FIRST)]


def send(world: World, rows: dict[str, str]) -> None:
    """What `POST /rejects/<key>` does; who gets no answer sends again, once the file is loaded."""
    file = _file(world)
    body = text(numbered(3), BAD)
    values = {body.index(f"\n{key},".encode()) + 1: (key, *rest.split(",")) for key, rest in rows.items()}
    try:
        if file.state is RunState.FAILED:
            rerun(world.pipeline, file)
        resubmit(world.pipeline, file, ResubmitRequest(generation=file.generation, columns=COLUMNS, rows=values))
    except (LandfallError, Killed):
        world.later.insert(0, (_settled, lambda w: send(w, rows)))


def _settled(world: World) -> bool:
    """Whether all has come to its end, and the file was not overlooked: its event may be lost."""
    return world.settled() and any(run.source.name == FILE for run in world.runs.runs.values())


def _file(world: World) -> Run:
    return next(run for run in world.runs.runs.values() if run.source.name == FILE)


def rows_of(world: World, run: Run) -> dict[str, str]:
    """The good ones of the rows that a person sent."""
    lines = world.objects.get(BUCKET, run.source.key).decode().splitlines()[1:]
    rows = (line.partition(",") for line in lines)
    return {key: rest for key, _, rest in rows if rest.rpartition(",")[2].isdigit()}
