"""A file that is delivered twice, late, or by an event and the sweep at once: one run of each content that it had."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.domain.run.model import RunState
from chalicelib.errors import Throttled
from chalicelib.pipeline.pipeline import POINTER_TRIES
from chalicelib.pipeline.sweep import sweep
from tests.support.simulated.deployment import BUCKET, SimulatedDeployment
from tests.support.simulated.endings import KEY, arrive, only_run
from tests.support.simulated.promises import TABLE as TARGET
from tests.support.simulated.scenarios import numbered, put


def test_a_late_double_of_an_older_event_changes_nothing(deployment: SimulatedDeployment) -> None:
    put(deployment, "a.csv", numbered(2, tag="old"))
    [double] = deployment.events
    deployment.settle()
    put(deployment, "a.csv", numbered(2, tag="new"), event=False)
    deployment.clock.advance(1_000)
    sweep(deployment.pipeline)
    deployment.settle()
    newest = deployment.runs.newest(BUCKET, KEY)
    deployment.handle_event(double)
    deployment.settle()
    assert not deployment.violations
    assert len(deployment.runs.runs) == 2
    assert deployment.runs.newest(BUCKET, KEY) == newest


def test_a_file_found_by_listing_is_the_newest_of_its_second(deployment: SimulatedDeployment) -> None:
    put(deployment, "a.csv", numbered(1))
    deployment.settle()
    notified = only_run(deployment)
    found = replace(notified, source=replace(notified.source, sequencer=""))
    later = replace(notified, source=replace(notified.source, last_modified=notified.source.last_modified + 1))
    assert notified.source_order < found.source_order < later.source_order


@pytest.mark.parametrize("call", ["runs.get", "runs.newest"])
def test_an_event_and_the_sweep_at_once_make_one_run(deployment: SimulatedDeployment, call: str) -> None:
    put(deployment, "a.csv", numbered(3))
    deployment.clock.advance(deployment.pipeline.ctx.settings.stuck_seconds + 1)
    deployment.when(lambda deployment: deployment.schedule.calls[-1] == call, at_work=True).do(
        lambda deployment: sweep(deployment.pipeline)
    )
    arrive(deployment)
    assert not deployment.meanwhile
    deployment.settle()
    assert not deployment.violations
    assert only_run(deployment).state is RunState.LOADED


@pytest.mark.parametrize("double", [False, True], ids=["the sweep", "its double"])
def test_two_events_of_a_returned_content_make_one_run(deployment: SimulatedDeployment, *, double: bool) -> None:
    """The event knows a sequencer, the sweep a time: the run's name is made of what is known."""
    for tag in ("a", "b", "a"):
        deployment.settle()
        put(deployment, "a.csv", numbered(3, tag=tag))
    deployment.clock.advance(deployment.pipeline.ctx.settings.stuck_seconds + 1)
    calls = len(deployment.schedule.calls)
    calls_made, [event] = ["runs.get", "runs.newest"], deployment.events
    deployment.when(lambda w: w.schedule.calls[calls:] == calls_made, at_work=True).do(
        lambda w: w.handle_event(event) if double else sweep(w.pipeline)
    )
    arrive(deployment)
    assert not deployment.meanwhile
    deployment.settle()
    assert not deployment.violations
    assert len(deployment.runs.runs) == 3
    assert deployment.warehouse.rows(TARGET)[0]["value"] == "a0"


def test_a_late_event_does_not_make_an_overwritten_file_newest(deployment: SimulatedDeployment) -> None:
    """What was found by listing has no sequencer that the event's could be compared with."""
    put(deployment, "a.csv", numbered(3, tag="old"))
    put(deployment, "a.csv", numbered(3, tag="new"), event=False)
    deployment.clock.advance(deployment.pipeline.ctx.settings.stuck_seconds + 1)
    deployment.when(lambda w: w.schedule.calls[-1] == "runs.newest", at_work=True).do(lambda w: sweep(w.pipeline))
    arrive(deployment)
    assert not deployment.meanwhile
    newest = deployment.runs.newest(BUCKET, KEY)
    assert newest
    assert newest.etag == deployment.objects.head(BUCKET, KEY).etag
    deployment.settle()
    assert not deployment.violations


def test_a_content_returned_before_its_late_event_is_newest(
    deployment: SimulatedDeployment,
) -> None:
    for tag in ("a", "b", "a"):
        put(deployment, "a.csv", numbered(3, tag=tag))
    late, between, last = deployment.events
    deployment.events.clear()
    deployment.handle_event(between)
    calls = len(deployment.schedule.calls)
    calls_made = ["runs.get", "runs.newest"]
    deployment.when(lambda w: w.schedule.calls[calls:] == calls_made, at_work=True).do(lambda w: w.handle_event(late))
    deployment.handle_event(last)
    assert not deployment.meanwhile
    newest = deployment.runs.newest(BUCKET, KEY)
    assert newest
    assert newest.etag == deployment.landed[-1].source.etag
    deployment.settle()
    assert not deployment.violations
    assert deployment.warehouse.rows(TARGET)[0]["value"] == "a0"


def test_a_late_event_of_an_overwritten_content_changes_nothing(deployment: SimulatedDeployment) -> None:
    """It had come back, and was overwritten by a file whose event was lost: that was found, loaded and archived."""
    put(deployment, "a.csv", numbered(3, tag="a"))
    deployment.settle()
    put(deployment, "a.csv", numbered(3, tag="a"))
    [late] = deployment.events
    deployment.events.clear()
    put(deployment, "a.csv", numbered(3, tag="b"), event=False)
    deployment.clock.advance(deployment.pipeline.ctx.settings.stuck_seconds + 1)
    sweep(deployment.pipeline)
    deployment.settle()
    newest = deployment.runs.newest(BUCKET, KEY)
    deployment.handle_event(late)
    deployment.settle()
    assert (deployment.runs.newest(BUCKET, KEY), len(deployment.runs.runs)) == (newest, 2)
    assert not deployment.violations


def test_a_version_of_a_busy_key_is_tried_again_later(deployment: SimulatedDeployment) -> None:
    put(deployment, "a.csv", numbered(3))
    asked = []
    deployment.runs.create = lambda run, seen: asked.append(run) is not None  # type: ignore[method-assign]
    with pytest.raises(Throttled):
        arrive(deployment)
    assert len(asked) == POINTER_TRIES


def test_a_content_seen_again_before_it_was_read_is_no_new_run() -> None:
    """Its successor, delivered meanwhile, was quicker; and the clock of the worker that received it was slow."""
    deployment = SimulatedDeployment(versioned=True)
    deployment.workers_clock.offset = -300.0
    put(deployment, "a.csv", numbered(3, tag="old"))
    put(deployment, "a.csv", numbered(3, tag="new"))
    old, new = (deployment.handle_event(event) for event in deployment.events)
    assert old
    assert new
    deployment.objects.delete(new.source)  # as after its archive
    deployment.clock.advance(3_600)
    assert sweep(deployment.pipeline)["found"] == 0
    deployment.pipeline.advance(old.run_id)
    assert sweep(deployment.pipeline)["found"] == 0
    deployment.objects.put(BUCKET, old.source.key, deployment.objects.get(BUCKET, old.source.key))
    deployment.clock.advance(3_600)
    assert sweep(deployment.pipeline)["found"] == 1
