"""What the pipeline may count on from the line before a target: strongly consistent, and one group at a time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.adapters.memory import MemoryClock
from chalicelib.domain.group import Group, Member
from chalicelib.domain.model import Run, RunState, Source
from chalicelib.ports import Conflict, Line

SHOP, OTHER = "shop.things", "shop.others"


def a_run(name: str, *, age: float = 1.0) -> Run:
    """Waiting since that age."""
    source = Source(bucket="b", key=f"in/{name}.csv", etag=name, size=9, sequencer="0A", last_modified=age)
    return Run(run_id=name, object="thing", source=source, state=RunState.STAGED, arrived_at=age, updated_at=age)


def group_of(*runs: Run, target: str = SHOP) -> Group:
    return Group(target=target, members=tuple(map(Member.of, runs)))


def test_who_arrived_first_is_first_in_line_whoever_joined_first(line: Line) -> None:
    for run in (a_run("young", age=30.0), a_run("old", age=5.0), a_run("middle", age=29.0)):
        line.join(SHOP, run)
    line.join(SHOP, a_run("old", age=5.0))
    assert list(line.waiting(SHOP)) == ["old", "middle", "young"]
    assert list(line.waiting(OTHER)) == []


def test_a_run_is_not_taken_before_its_time(line: Line, clock: MemoryClock) -> None:
    line.join(SHOP, a_run("later"), clock.now() + 10)
    line.join(SHOP, a_run("now", age=2.0))
    assert list(line.waiting(SHOP)) == ["now"]
    clock.advance(10)
    assert list(line.waiting(SHOP)) == ["later", "now"]


def test_to_join_again_changes_nothing_but_another_turn_does(line: Line, clock: MemoryClock) -> None:
    run = a_run("a")
    line.join(SHOP, run, clock.now() + 10)
    line.join(SHOP, run)
    assert list(line.waiting(SHOP)) == []
    line.join(SHOP, replace(run, load_attempt=1))
    assert list(line.waiting(SHOP)) == ["a"]
    line.join(SHOP, run, clock.now() + 10)
    assert list(line.waiting(SHOP)) == ["a"]


def test_who_leaves_waits_no_longer(line: Line) -> None:
    runs = [a_run("a"), a_run("b")]
    for run in runs:
        line.join(SHOP, run)
    line.leave(SHOP, [runs[0], a_run("nobody")])
    line.leave(SHOP, [])
    assert list(line.waiting(SHOP)) == ["b"]


def test_a_late_worker_does_not_take_out_a_run_that_waits_again(line: Line) -> None:
    seen = replace(a_run("a"), state=RunState.LOADING, load_attempt=1)
    for again in (replace(a_run("a"), load_attempt=1), replace(a_run("a"), generation=2)):
        line.join(SHOP, again)
        line.leave(SHOP, [seen])
        assert list(line.waiting(SHOP)) == ["a"]


def test_a_target_has_one_group_at_a_time(line: Line) -> None:
    first, second = group_of(a_run("a"), a_run("b")), group_of(a_run("c"))
    assert line.group(SHOP) is None
    assert line.take(first)
    assert line.take(first)
    assert not line.take(second)
    assert line.take(replace(second, target=OTHER))
    assert (line.group(SHOP), line.group(OTHER)) == (first, replace(second, target=OTHER))
    line.free(second)
    assert line.group(SHOP) == first
    line.free(first)
    line.free(first)
    assert line.group(SHOP) is None
    assert line.take(second)


def test_a_group_changes_only_as_it_was_read(line: Line) -> None:
    taken = group_of(a_run("a"), a_run("b"))
    line.take(taken)
    asked = line.change(taken, members=taken.members[:1], asked_at=5.5, held_until=25.25)
    assert asked == replace(taken, members=taken.members[:1], asked_at=5.5, held_until=25.25)
    assert line.group(SHOP) == asked
    with pytest.raises(Conflict):
        line.change(taken, asked_at=6.0)
    submitted = line.change(asked, statement_id="s", held_until=0.0, only=True)
    assert submitted == replace(asked, statement_id="s", held_until=0.0, only=True)
    line.free(taken)
    assert line.group(SHOP) == submitted
    assert line.change(submitted, held_until=1.0).only
    refused = line.change(replace(submitted, held_until=1.0), only=False, refused=True)
    assert line.group(SHOP) == refused == replace(submitted, held_until=1.0, only=False, refused=True)
    line.free(submitted)
    with pytest.raises(Conflict):
        line.change(submitted, statement_id="t")


def test_a_place_may_be_taken_before_it_is_known_by_whom(line: Line) -> None:
    awaited = Group(target=SHOP, members=(), held_until=7.5)
    assert line.take(awaited)
    assert not line.take(replace(awaited, held_until=8.5))
    known = line.change(awaited, members=group_of(a_run("a")).members)
    line.free(awaited)
    assert line.group(SHOP) == known == replace(group_of(a_run("a")), held_until=7.5)


def test_hundreds_of_members_are_kept_as_they_are(line: Line) -> None:
    group = group_of(*(replace(a_run(f"{n:032x}"), generation=n + 1, load_attempt=n) for n in range(500)))
    assert line.take(group)
    assert line.group(SHOP) == group
    assert len({group.group_id, replace(group, members=group.members[1:]).group_id}) == 2
