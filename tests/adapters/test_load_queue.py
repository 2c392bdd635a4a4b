"""What the pipeline may count on from the line before a target: strongly consistent, and one group at a time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.adapters.memory import MemoryClock
from chalicelib.domain.run.group import Group, GroupState, Member
from chalicelib.domain.run.model import Run, RunState, SourceObject
from chalicelib.ports import Conflict, LoadQueue

SHOP, OTHER = "shop.things", "shop.others"
SUBMITTING = GroupState.SUBMITTING


def a_run(name: str, *, age: float = 1.0) -> Run:
    """Waiting since that age."""
    source = SourceObject(bucket="b", key=f"in/{name}.csv", etag=name, size=9, sequencer="0A", last_modified=age)
    return Run(run_id=name, object="thing", source=source, state=RunState.STAGED, arrived_at=age, updated_at=age)


def group_of(*runs: Run, target: str = SHOP) -> Group:
    return Group(target=target, members=tuple(map(Member.of, runs)))


def test_who_arrived_first_is_first_whoever_was_enqueued_first(load_queue: LoadQueue) -> None:
    for run in (a_run("young", age=30.0), a_run("old", age=5.0), a_run("middle", age=29.0)):
        load_queue.enqueue(SHOP, run)
    load_queue.enqueue(SHOP, a_run("old", age=5.0))
    assert list(load_queue.waiting(SHOP)) == ["old", "middle", "young"]
    assert list(load_queue.waiting(OTHER)) == []


def test_a_run_is_not_taken_before_its_time(load_queue: LoadQueue, clock: MemoryClock) -> None:
    load_queue.enqueue(SHOP, a_run("later"), clock.now() + 10)
    load_queue.enqueue(SHOP, a_run("now", age=2.0))
    assert list(load_queue.waiting(SHOP)) == ["now"]
    clock.advance(10)
    assert list(load_queue.waiting(SHOP)) == ["later", "now"]


def test_to_join_again_changes_nothing_but_another_turn_does(load_queue: LoadQueue, clock: MemoryClock) -> None:
    run = a_run("a")
    load_queue.enqueue(SHOP, run, clock.now() + 10)
    load_queue.enqueue(SHOP, run)
    assert list(load_queue.waiting(SHOP)) == []
    load_queue.enqueue(SHOP, replace(run, load_attempt=1))
    assert list(load_queue.waiting(SHOP)) == ["a"]
    load_queue.enqueue(SHOP, run, clock.now() + 10)
    assert list(load_queue.waiting(SHOP)) == ["a"]


def test_who_leaves_waits_no_longer(load_queue: LoadQueue) -> None:
    runs = [a_run("a"), a_run("b")]
    for run in runs:
        load_queue.enqueue(SHOP, run)
    load_queue.remove(SHOP, [runs[0], a_run("nobody")])
    load_queue.remove(SHOP, [])
    assert list(load_queue.waiting(SHOP)) == ["b"]


def test_a_late_worker_does_not_take_out_a_run_that_waits_again(load_queue: LoadQueue) -> None:
    seen = replace(a_run("a"), state=RunState.LOADING, load_attempt=1)
    for again in (replace(a_run("a"), load_attempt=1), replace(a_run("a"), generation=2)):
        load_queue.enqueue(SHOP, again)
        load_queue.remove(SHOP, [seen])
        assert list(load_queue.waiting(SHOP)) == ["a"]


def test_a_target_has_one_group_at_a_time(load_queue: LoadQueue) -> None:
    first, second = group_of(a_run("a"), a_run("b")), group_of(a_run("c"))
    assert load_queue.group(SHOP) is None
    assert load_queue.claim(first)
    assert load_queue.claim(first)
    assert not load_queue.claim(second)
    assert load_queue.claim(replace(second, target=OTHER))
    assert (load_queue.group(SHOP), load_queue.group(OTHER)) == (first, replace(second, target=OTHER))
    load_queue.release(second)
    assert load_queue.group(SHOP) == first
    load_queue.release(first)
    load_queue.release(first)
    assert load_queue.group(SHOP) is None
    assert load_queue.claim(second)


def test_a_group_changes_only_as_it_was_read(load_queue: LoadQueue) -> None:
    taken = group_of(a_run("a"), a_run("b"))
    load_queue.claim(taken)
    asked = load_queue.change(taken, members=taken.members[:1], submitted_at=5.5, lease_until=25.25, state=SUBMITTING)
    assert asked == replace(taken, members=taken.members[:1], submitted_at=5.5, lease_until=25.25, state=SUBMITTING)
    assert load_queue.group(SHOP) == asked
    with pytest.raises(Conflict):
        load_queue.change(taken, submitted_at=6.0)
    submitted = load_queue.change(asked, statement_id="s", lease_until=0.0, state=GroupState.SUBMITTED)
    assert submitted == replace(asked, statement_id="s", lease_until=0.0, state=GroupState.SUBMITTED)
    load_queue.release(taken)
    assert load_queue.group(SHOP) == submitted
    assert load_queue.change(submitted, lease_until=1.0).state is GroupState.SUBMITTED
    with pytest.raises(ValueError, match="from SUBMITTED to GATHERED"):
        load_queue.change(replace(submitted, lease_until=1.0), state=GroupState.GATHERED)
    load_queue.release(submitted)
    with pytest.raises(Conflict):
        load_queue.change(submitted, statement_id="t")


def test_a_slot_may_be_claimed_before_it_is_known_by_whom(load_queue: LoadQueue) -> None:
    awaited = Group(target=SHOP, members=(), lease_until=7.5, state=GroupState.AWAITING)
    assert load_queue.claim(awaited)
    assert not load_queue.claim(replace(awaited, lease_until=8.5))
    known = load_queue.change(awaited, members=group_of(a_run("a")).members, state=GroupState.GATHERED)
    load_queue.release(awaited)
    assert load_queue.group(SHOP) == known == replace(group_of(a_run("a")), lease_until=7.5)


def test_hundreds_of_members_are_kept_as_they_are(load_queue: LoadQueue) -> None:
    group = group_of(*(replace(a_run(f"{n:032x}"), generation=n + 1, load_attempt=n) for n in range(500)))
    assert load_queue.claim(group)
    assert load_queue.group(SHOP) == group
    assert len({group.group_id, replace(group, members=group.members[1:]).group_id}) == 2
