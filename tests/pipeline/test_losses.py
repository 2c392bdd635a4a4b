"""What was lost on the way: our own files, messages, the right to archive. Each costs its file, and nobody else's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.domain.run import keys
from chalicelib.domain.run.model import Run, RunState
from chalicelib.errors import Refused
from tests.support.simulated.crowds import all_staged, crowd
from tests.support.simulated.endings import arrive, ended, only_run
from tests.support.simulated.promises import liveness
from tests.support.simulated.scenarios import numbered, put
from tests.support.simulated.world import BUCKET, SETTINGS, World

FILES = 6


def parts_of(world: World, run: Run) -> list[str]:
    return [part.key for part in world.objects.list(BUCKET, f"processed/{run.prefix}/part-")]


GONE: list[Callable[[World, Run], list[str]]] = [
    lambda world, run: [keys.plan(run)],
    lambda world, run: [keys.manifest(run)],
    parts_of,
]


@pytest.mark.parametrize(
    ("gone", "which"),
    [(GONE[0], 0), *((gone, which) for gone in GONE[1:] for which in (0, 1, -1))],
    ids=["plan of the first", *(f"{what} {n}" for what in ("manifest", "parts") for n in (1, 2, "last"))],
)
def test_what_was_staged_and_is_gone_fails_its_file_alone(
    world: World, gone: Callable[[World, Run], list[str]], which: int
) -> None:
    crowd(world, FILES)
    all_staged(world)
    waiting = [world.runs.runs[run_id] for run_id in world.load_queue.waiting("landing.things")]
    waiting = [run for run in waiting if run.state is RunState.STAGED]
    sick = waiting[which]
    for key in gone(world, sick):
        world.objects.remove(BUCKET, key)
    world.run()
    assert not world.violations
    ends = {run.run_id: run for run in world.runs.runs.values()}
    problem = ends[sick.run_id].problem
    assert problem
    assert problem.code == "WORK_GONE"
    assert "run the file again" in problem.message
    assert ends.pop(sick.run_id).state is RunState.FAILED
    assert {run.state for run in ends.values()} == {RunState.LOADED}


def test_a_plan_gone_before_all_is_staged_is_reported(world: World) -> None:
    put(world, "a.csv", numbered(12))
    arrive(world)
    world.pipeline.advance(only_run(world).run_id)
    world.objects.remove(BUCKET, keys.plan(only_run(world)))
    ended(world, RunState.FAILED, "WORK_GONE", may_fail=True)


def test_success_is_notified_although_the_archive_refuses(world: World) -> None:
    refusing = [True]

    def fault(name: str) -> None:
        if refusing and name == "objects.copy":
            raise Refused(f"{name}: AccessDenied")

    world.schedule.next = fault  # type: ignore[method-assign]
    put(world, "a.csv", numbered(3))
    for _ in range(60):
        world._statements()
        world._deliver_event() or world._deliver_message()
        world.clock.advance(5)
    run = only_run(world)
    assert (run.state, run.notified, run.archive_key, run.finished) == (RunState.LOADED, True, "", False)
    assert [m["archived_at"] for m in world.notifier.successes] == [""]
    assert not world.queue.messages
    refusing.clear()
    world.run()
    assert not world.violations
    assert not liveness(world)
    assert only_run(world).finished
    assert len(world.notifier.successes) == 1


def test_chunks_that_vanish_are_given_up_in_the_end(world: World) -> None:
    put(world, "a.csv", numbered(12))
    arrive(world)
    send_chunks: Any = world.queue.send_chunks
    world.queue.send_chunks = lambda tasks: None  # type: ignore[method-assign]
    world.pipeline.advance(only_run(world).run_id)
    world.clock.advance(SETTINGS.give_up_hours * 3600 - 2 * SETTINGS.stuck_seconds)
    world.pipeline.advance(only_run(world).run_id)
    assert only_run(world).state is RunState.STAGING
    world.clock.advance(3 * SETTINGS.stuck_seconds)
    world.queue.send_chunks = send_chunks  # type: ignore[method-assign]
    ended(world, RunState.FAILED, "CHUNKS_LOST", may_fail=True)


def test_chunks_that_come_in_are_hoped_for_however_long_it_takes(world: World) -> None:
    put(world, "a.csv", numbered(12))
    arrive(world)
    world.pipeline.advance(only_run(world).run_id)
    world.clock.advance(SETTINGS.give_up_hours * 3600 + 1)
    world.queue.messages = [m for m in world.queue.messages if m.queue == "chunks"]
    assert world._deliver_message()
    assert only_run(world).staged == 1
    world.pipeline.advance(only_run(world).run_id)
    assert only_run(world).state is RunState.STAGING
    world.run()
    assert only_run(world).state is RunState.LOADED
