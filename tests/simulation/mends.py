"""Rejected rows that people mend and send back."""

from __future__ import annotations

from chalicelib.domain.model import RunState
from chalicelib.errors import LandfallError
from chalicelib.questions import MendOrder
from chalicelib.reruns import rerun
from chalicelib.resubmits import resubmit
from tests.simulation.faults import Killed
from tests.simulation.outside import Landed
from tests.simulation.scenarios import numbered, put, text, then
from tests.simulation.world import World

BAD = ("x1,y,a", "x2,z,b")


def mended_rows(world: World) -> None:
    """Rejected rows come back, one mended, one still bad; then the same again."""
    put(world, "a.csv", numbered(2), BAD)
    then(world, World.settled, send)
    then(world, lambda w: w.settled() and len(w.later) == 1, send)


def send(world: World) -> None:
    """What `POST /rejects/<key>` does; who gets no answer sends again, once the file is loaded."""
    file = next(run for run in world.runs.runs.values() if run.mends is None)
    rows = {"x1": ("x1", "y", "7"), "x2": ("x2", "z", "b")}
    body = text(numbered(2), BAD)
    offsets = {body.index(key.encode()): values for key, values in rows.items()}
    order = MendOrder(generation=file.generation, columns=("id", "value", "amount"), rows=offsets)
    try:
        if file.state is RunState.FAILED:
            rerun(world.pipeline, file)
        resubmit(world.pipeline, file, order)
    except (LandfallError, Killed):
        world.later.insert(0, (World.settled, send))
    known = {x.source.key for x in world.landed}
    mends = [r.source for r in world.runs.runs.values() if r.mends and r.source.key not in known]
    world.landed += [Landed(source=source, rows={"x1": "y,7"}) for source in mends]
