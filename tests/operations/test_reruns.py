"""A file is run again only when nothing of its last run is on its way."""

from __future__ import annotations

import pytest

from chalicelib.domain.run.model import RunState
from chalicelib.operations.reruns import Busy, rerun
from tests.support.simulated.endings import fails_while, only_run
from tests.support.simulated.scenarios import numbered, put
from tests.support.simulated.world import World


def test_a_loaded_file_is_not_run_again_before_it_is_archived(world: World) -> None:
    down = [True]
    world.schedule.next = fails_while(down, "objects.delete")  # type: ignore[method-assign]
    put(world, "a.csv", numbered(3))
    for _ in range(40):
        world._statements()
        world._deliver_event() or world._deliver_message()
        world.clock.advance(5)
    assert only_run(world).state is RunState.LOADED
    with pytest.raises(Busy):
        rerun(world.pipeline, only_run(world))
    down.clear()
    world.run()
    assert not world.violations
    rerun(world.pipeline, only_run(world))
    world.run()
    assert (only_run(world).state, only_run(world).generation) == (RunState.LOADED, 2)
