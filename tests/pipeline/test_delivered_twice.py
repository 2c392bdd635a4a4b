"""A file that is heard of twice, late, or by an event and the sweep at once: one run of each content that it had."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.domain.run.model import RunState
from chalicelib.errors import Throttled
from chalicelib.pipeline.pipeline import POINTER_TRIES
from chalicelib.pipeline.sweep import sweep
from tests.support.simulated.endings import KEY, arrive, only_run
from tests.support.simulated.promises import TABLE as TARGET
from tests.support.simulated.scenarios import numbered, put
from tests.support.simulated.world import BUCKET, World


def test_a_late_double_of_an_older_event_changes_nothing(world: World) -> None:
    put(world, "a.csv", numbered(2, tag="old"))
    [double] = world.events
    world.run()
    put(world, "a.csv", numbered(2, tag="new"), event=False)
    world.clock.advance(1_000)
    sweep(world.pipeline)
    world.run()
    newest = world.runs.newest(BUCKET, KEY)
    world.hear(double)
    world.run()
    assert not world.violations
    assert len(world.runs.runs) == 2
    assert world.runs.newest(BUCKET, KEY) == newest


def test_a_file_found_by_listing_is_the_newest_of_its_second(world: World) -> None:
    put(world, "a.csv", numbered(1))
    world.run()
    notified = only_run(world)
    found = replace(notified, source=replace(notified.source, sequencer=""))
    later = replace(notified, source=replace(notified.source, last_modified=notified.source.last_modified + 1))
    assert notified.source_order < found.source_order < later.source_order


@pytest.mark.parametrize("call", ["runs.get", "runs.newest"])
def test_an_event_and_the_sweep_at_once_make_one_run(world: World, call: str) -> None:
    put(world, "a.csv", numbered(3))
    world.clock.advance(world.pipeline.ctx.settings.stuck_seconds + 1)
    world.meanwhile.append((lambda world: world.schedule.calls[-1] == call, lambda world: sweep(world.pipeline)))
    arrive(world)
    assert not world.meanwhile
    world.run()
    assert not world.violations
    assert only_run(world).state is RunState.LOADED


@pytest.mark.parametrize("double", [False, True], ids=["the sweep", "its double"])
def test_two_events_of_a_returned_content_make_one_run(world: World, *, double: bool) -> None:
    """The event knows a sequencer, the sweep a time: the run's name is made of what is known."""
    for tag in ("a", "b", "a"):
        world.run()
        put(world, "a.csv", numbered(3, tag=tag))
    world.clock.advance(world.pipeline.ctx.settings.stuck_seconds + 1)
    calls = len(world.schedule.calls)
    heard, [event] = ["runs.get", "runs.newest"], world.events
    world.meanwhile.append(
        (lambda w: w.schedule.calls[calls:] == heard, lambda w: w.hear(event) if double else sweep(w.pipeline))
    )
    arrive(world)
    assert not world.meanwhile
    world.run()
    assert not world.violations
    assert len(world.runs.runs) == 3
    assert world.warehouse.rows(TARGET)[0]["value"] == "a0"


def test_a_late_event_does_not_make_an_overwritten_file_newest(world: World) -> None:
    """What was found by listing has no sequencer that the event's could be compared with."""
    put(world, "a.csv", numbered(3, tag="old"))
    put(world, "a.csv", numbered(3, tag="new"), event=False)
    world.clock.advance(world.pipeline.ctx.settings.stuck_seconds + 1)
    world.meanwhile.append((lambda w: w.schedule.calls[-1] == "runs.newest", lambda w: sweep(w.pipeline)))
    arrive(world)
    assert not world.meanwhile
    newest = world.runs.newest(BUCKET, KEY)
    assert newest
    assert newest.etag == world.objects.head(BUCKET, KEY).etag
    world.run()
    assert not world.violations


def test_a_content_returned_before_its_late_event_is_newest(
    world: World,
) -> None:
    for tag in ("a", "b", "a"):
        put(world, "a.csv", numbered(3, tag=tag))
    late, between, last = world.events
    world.events.clear()
    world.hear(between)
    calls = len(world.schedule.calls)
    heard = ["runs.get", "runs.newest"]
    world.meanwhile.append((lambda w: w.schedule.calls[calls:] == heard, lambda w: w.hear(late)))
    world.hear(last)
    assert not world.meanwhile
    newest = world.runs.newest(BUCKET, KEY)
    assert newest
    assert newest.etag == world.landed[-1].source.etag
    world.run()
    assert not world.violations
    assert world.warehouse.rows(TARGET)[0]["value"] == "a0"


def test_a_late_event_of_an_overwritten_content_changes_nothing(world: World) -> None:
    """It had come back, and was overwritten by a file whose event was lost: that was found, loaded and archived."""
    put(world, "a.csv", numbered(3, tag="a"))
    world.run()
    put(world, "a.csv", numbered(3, tag="a"))
    [late] = world.events
    world.events.clear()
    put(world, "a.csv", numbered(3, tag="b"), event=False)
    world.clock.advance(world.pipeline.ctx.settings.stuck_seconds + 1)
    sweep(world.pipeline)
    world.run()
    newest = world.runs.newest(BUCKET, KEY)
    world.hear(late)
    world.run()
    assert (world.runs.newest(BUCKET, KEY), len(world.runs.runs)) == (newest, 2)
    assert not world.violations


def test_a_version_of_a_busy_key_is_tried_again_later(world: World) -> None:
    put(world, "a.csv", numbered(3))
    asked = []
    world.runs.create = lambda run, seen: asked.append(run) is not None  # type: ignore[method-assign]
    with pytest.raises(Throttled):
        arrive(world)
    assert len(asked) == POINTER_TRIES


def test_a_content_seen_again_before_it_was_read_is_no_new_run() -> None:
    """Its successor, heard of meanwhile, was quicker; and the clock of the worker that heard of it was slow."""
    world = World(versioned=True)
    world.workers_clock.offset = -300.0
    put(world, "a.csv", numbered(3, tag="old"))
    put(world, "a.csv", numbered(3, tag="new"))
    old, new = (world.hear(event) for event in world.events)
    assert old
    assert new
    world.objects.delete(new.source)  # as after its archive
    world.clock.advance(3_600)
    assert sweep(world.pipeline)["found"] == 0
    world.pipeline.advance(old.run_id)
    assert sweep(world.pipeline)["found"] == 0
    world.objects.put(BUCKET, old.source.key, world.objects.get(BUCKET, old.source.key))
    world.clock.advance(3_600)
    assert sweep(world.pipeline)["found"] == 1
