"""Many files in a simulated deployment, played to a certain moment."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.domain.run.group import Group, GroupState
from chalicelib.domain.run.model import RunState
from tests.support.simulated.endings import arrive, fails_while, only_run
from tests.support.simulated.promises import TABLE as TARGET
from tests.support.simulated.promises import liveness
from tests.support.simulated.scenarios import HEADER, numbered, put, text
from tests.support.simulated.world import World

FILES = 40


SICK = (HEADER + "k,v,1\nk,again,2\n").encode()


def crowd(world: World, count: int = FILES, folder: str = "thing") -> None:
    for n in range(count):
        rows = {f"{folder}{n}": f"v{n},{n}"}
        world.put(f"incoming/{folder}/f{n}.csv", text(rows), rows)


def all_staged(world: World) -> None:
    """Deliver everything, while the warehouse is at its first load."""
    while world._deliver_event():
        pass
    for _ in range(2_000):
        if not world._deliver_message():
            break


def states(world: World) -> list[str]:
    return sorted({run.state.value for run in world.runs.runs.values()})


def done(world: World, **may: bool) -> None:
    world.run()
    assert not world.violations
    assert not liveness(world, **may)


def about_to_load(world: World) -> Group:
    """The one run as a group, its transaction not asked for yet."""
    put(world, "a.csv", numbered(3))
    while not (group := world.load_queue.group(TARGET)):
        world._deliver_event() or world._deliver_message()
        world.clock.advance(1)
    return replace(group, submitted_at=0.0, statement_id="", state=GroupState.GATHERED)


def being_staged(world: World) -> list[bool]:
    """The one run, cut into chunks, and a store that takes nothing until the list is cleared."""
    put(world, "a.csv", numbered(12))
    arrive(world)
    world.pipeline.advance(only_run(world).run_id)
    assert only_run(world).state is RunState.STAGING
    down = [True]
    world.schedule.next = fails_while(down, "objects.put")  # type: ignore[method-assign]
    return down
