"""Files that were found by listing, whose events come late or never: one run each, about the right version."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.domain.run.model import RunState, Source
from chalicelib.pipeline.sweep import sweep
from tests.support.simulated.promises import liveness
from tests.support.simulated.scenarios import numbered, put
from tests.support.simulated.world import BUCKET, World


def listed(world: World) -> None:
    """The sweep finds what lies there."""
    world.clock.advance(world.pipeline.ctx.settings.stuck_seconds + 1)
    sweep(world.pipeline)


def overwritten(world: World) -> tuple[Source, Source]:
    """Two contents of one key, of which only the second is there to be listed; their events are still on their way."""
    old = put(world, "a.csv", numbered(3, tag="old"), event=False)
    new = put(world, "a.csv", numbered(3, tag="new"), event=False)
    listed(world)
    return old, new


def ends(world: World) -> list[str]:
    world.run()
    assert not world.violations
    assert not liveness(world)
    return [run.state.value for run in world.runs.runs.values()]


@pytest.mark.parametrize("at_rest", [False, True])
def test_late_events_of_listed_contents_change_nothing(world: World, at_rest: bool) -> None:
    for source in overwritten(world):
        if at_rest:
            world.run()
        world.pipeline.arrive(source)
    assert ends(world) == ["LOADED"]


def test_a_version_still_there_is_loaded_however_late_its_event() -> None:
    world = World(versioned=True)
    for source in overwritten(world):
        world.pipeline.arrive(source)
    assert ends(world) == ["LOADED", "LOADED"]
    assert {str(row["value"])[:3] for row in world.warehouse.rows("landing.things")} == {"new"}


def test_a_listed_content_put_again_after_another_runs_again(world: World) -> None:
    put(world, "a.csv", numbered(2, tag="a"), event=False)
    listed(world)
    assert ends(world) == ["LOADED"]
    put(world, "a.csv", numbered(2, tag="b"))
    assert ends(world) == ["LOADED", "LOADED"]
    put(world, "a.csv", numbered(2, tag="a"))
    assert ends(world) == ["LOADED"] * 3
    assert {str(row["value"])[:1] for row in world.warehouse.rows("landing.things")} == {"a"}


def test_two_workers_that_find_a_file_at_once_make_one_run(world: World) -> None:
    put(world, "a.csv", numbered(2), event=False)
    source = replace(world.landed[0].source)
    heard = ["runs.get", "runs.newest"]
    world.meanwhile.append((lambda w: w.schedule.calls == heard, lambda w: w.pipeline.arrive(source)))
    world.pipeline.arrive(source)
    assert not world.meanwhile
    assert len(world.runs.runs) == 1


def test_a_listed_version_is_archived_though_another_is_on_top() -> None:
    world = World(versioned=True)
    put(world, "a.csv", numbered(3, tag="old"), event=False)
    listed(world)
    world.meanwhile.append((lambda w: any(run.state is RunState.LOADED for run in w.runs.runs.values()), _put_newer))
    assert ends(world) == ["LOADED", "LOADED"]
    assert not list(world.objects.list(BUCKET, "incoming/"))
    assert {run.archive_key for run in world.runs.runs.values()} - {"-", ""} == {
        file.key for file in world.objects.list(BUCKET, "archive/")
    }


def _put_newer(world: World) -> None:
    put(world, "a.csv", numbered(3, tag="new"))
