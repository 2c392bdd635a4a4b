"""What seldom happens between two workers, and to plans, folders and files that are gone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from chalicelib.domain.file.file_plan import FilePlan
from chalicelib.domain.raw.bytesource import Range
from chalicelib.domain.run import keys
from chalicelib.domain.run.group import Group, GroupState
from chalicelib.domain.run.model import Run, RunState
from chalicelib.errors import Broken, Throttled
from chalicelib.pipeline import outcomes
from chalicelib.ports import Conflict
from tests.support.simulated.endings import KEY, arrive, only_run
from tests.support.simulated.faults import Fault, Killed
from tests.support.simulated.promises import liveness
from tests.support.simulated.scenarios import numbered, put
from tests.support.simulated.world import BUCKET, World

TARGET = "landing.things"


def once(world: World, where: str, act: Callable[[], Fault | None], when: Callable[[], bool] = lambda: True) -> None:
    """What becomes of the next call of that name, once it is time."""
    usual, left = world.schedule.next, [act]

    def next_fault(name: str) -> Fault | None:
        fault = usual(name)
        return left.pop()() if name == where and left and when() else fault

    world.schedule.next = next_fault  # type: ignore[method-assign]


def raising(error: BaseException) -> Callable[[], None]:
    def act() -> None:
        raise error

    return act


def loaded(world: World) -> Run:
    """It came to rest, loaded, with every promise kept."""
    world.run()
    assert not world.violations
    assert not liveness(world)
    run = only_run(world)
    assert run.state is RunState.LOADED
    return run


def until(world: World, true: Callable[[], bool]) -> None:
    for _ in range(500):
        if true():
            return
        world._statements()
        world._deliver_event() or world._deliver_message() or world.clock.advance(1)
    raise AssertionError("it did not happen")


def test_a_folder_is_no_file(world: World) -> None:
    world.objects.put(BUCKET, "incoming/thing/sub/", b"")
    assert world.pipeline.arrive(world.objects.head(BUCKET, "incoming/thing/sub/")) is None
    assert not world.runs.runs


def test_a_chunk_whose_store_is_slow_comes_again(world: World) -> None:
    put(world, "a.csv", numbered(12))
    once(world, "objects.upload", raising(Throttled("slow down")))
    assert loaded(world).chunks > 1
    attempts = [c.attempts for c in world.chunks.of_run(only_run(world).run_id, 1)]
    assert sorted(attempts)[-2:] == [1, 2]


def test_a_chunk_cut_within_a_record_is_staged_from_the_next_one(world: World) -> None:
    put(world, "a.csv", numbered(12))
    arrive(world)
    world.pipeline.advance(only_run(world).run_id)
    run = only_run(world)
    file_plan = FilePlan.from_json(world.objects.get(BUCKET, keys.plan(run)))
    first, second, *others = file_plan.ranges
    guess = first.stop + 2
    ranges = (Range(start=first.start, stop=guess), Range(start=guess, stop=second.stop), *others)
    world.objects.put(BUCKET, keys.plan(run), replace(file_plan, ranges=ranges).to_json())
    world.queue.messages.clear()  # they were cut as the plan was
    world.queue.send_run(run.run_id)
    assert loaded(world).counts.inserted == 12
    names = [part.key.rsplit("/", 1)[-1] for part in world.objects.list(BUCKET, f"processed/{run.prefix}/part-00002")]
    assert any("-from-" in name for name in names)


def test_an_overtaken_worker_leaves_the_load_to_the_other(world: World) -> None:
    put(world, "a.csv", numbered(3))
    once(world, "load_queue.change", raising(Conflict("somebody else was faster")))
    loaded(world)
    assert len(world.warehouse.statements) == 1


def test_a_slot_released_without_an_answer_is_not_released_again(world: World) -> None:
    put(world, "a.csv", numbered(3))
    once(world, "load_queue.release", lambda: Fault.UNKNOWN)
    loaded(world)
    assert world.load_queue.groups == {}


def test_a_group_of_ended_runs_releases_its_slot(world: World) -> None:
    put(world, "a.csv", numbered(3))
    once(world, "runs.change", raising(Killed("before it was admitted")), lambda: TARGET in world.load_queue.groups)
    until(world, lambda: TARGET in world.load_queue.groups)
    run = only_run(world)
    assert run.state is RunState.STAGED
    world.runs.change(run, state=RunState.FAILED, notified=True)
    put(world, "b.csv", numbered(3, tag="b"))
    world.run()
    assert [r.state for r in world.runs.runs.values()] == [RunState.FAILED, RunState.LOADED]
    assert world.load_queue.groups == {}


def test_a_run_that_ends_while_it_is_admitted_is_left_out(world: World) -> None:
    put(world, "a.csv", numbered(3))
    put(world, "b.csv", numbered(3, tag="b", base=50))

    def seen(world: World) -> bool:
        waits = [r for r in world.runs.runs.values() if r.state is RunState.STAGED]
        return world.schedule.calls[-1:] == ["runs.get_many"] and bool(waits) and TARGET in world.load_queue.groups

    def ends(world: World) -> None:
        run = next(r for r in world.runs.runs.values() if r.state is RunState.STAGED)
        world.runs.change(run, state=RunState.FAILED, notified=True)

    world.meanwhile.append((seen, ends))
    world.run()
    assert sorted(r.state.value for r in world.runs.runs.values()) == ["FAILED", "LOADED"]
    assert not world.meanwhile


def test_a_file_replaced_then_deleted_is_superseded(world: World) -> None:
    put(world, "a.csv", numbered(3, tag="old"))
    arrive(world)
    put(world, "a.csv", numbered(3, tag="new"))
    arrive(world)
    world.objects.delete(world.objects.head(BUCKET, KEY))
    world.landed.clear()
    world.run()
    states = [(r.state, r.problem.code) for r in world.runs.runs.values() if r.problem]
    assert states == [(RunState.SUPERSEDED, "SOURCE_CHANGED"), (RunState.FAILED, "SOURCE_GONE")]


def test_a_run_that_moved_on_is_not_ended_by_who_was_late(world: World) -> None:
    put(world, "a.csv", numbered(3))
    arrive(world)
    late = only_run(world)
    loaded(world)
    assert outcomes.fail(world.pipeline.ctx, late, Broken("it cannot go on")) is None
    assert only_run(world).state is RunState.LOADED


def test_there_is_nothing_to_stop_of_a_run_that_is_in_no_load(world: World) -> None:
    put(world, "a.csv", numbered(3))
    run = loaded(world)
    world.queue.messages.clear()
    outcomes.stop(world.pipeline.ctx, run)
    assert not world.queue.messages


def test_a_load_without_a_statement_is_stopped_at_the_next_look(world: World) -> None:
    put(world, "a.csv", numbered(3))
    until(world, lambda: bool(world.runs.runs) and only_run(world).state is RunState.LOADING)
    asked: Group = world.load_queue.groups[TARGET]
    world.load_queue.groups[TARGET] = replace(asked, statement_id="", state=GroupState.SUBMITTING)
    world.queue.messages.clear()
    outcomes.stop(world.pipeline.ctx, only_run(world))
    assert [m.body for m in world.queue.messages] == [f'{{"run_id": "{only_run(world).run_id}"}}']
    assert all(not s.error for s in world.warehouse.statements.values())
