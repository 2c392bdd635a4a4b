"""The run of a version that arrives: the same content has the same run, unless it came back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.domain.run.arrivals import UNROUTED, new_run, put_again
from chalicelib.domain.run.model import Problem, RunState, SourceObject
from tests.support.simulated.deployment import CONTRACTS

SOURCE = SourceObject(bucket="b", key="incoming/thing/a.csv", etag="e", size=1, sequencer="0A", last_modified=5.0)


def test_a_run_begins_at_its_arrival() -> None:
    run = new_run(SOURCE, CONTRACTS, 7.0, came_back=False)
    assert (run.object, run.source, run.state, run.problem) == ("thing", SOURCE, RunState.ARRIVED, None)
    assert (run.arrived_at, run.updated_at, run.moments) == (7.0, 7.0, {"ARRIVED": 7.0})


def test_a_key_without_a_contract_ends_at_once() -> None:
    run = new_run(replace(SOURCE, key="elsewhere/a.csv"), CONTRACTS, 7.0, came_back=False)
    assert (run.object, run.state, run.problem) == ("", RunState.UNROUTED, UNROUTED)
    assert run.moments == {"UNROUTED": 7.0}


def test_an_event_that_comes_twice_is_one_run() -> None:
    again = replace(SOURCE, sequencer="", last_modified=0.0, version_id="v")
    assert new_run(SOURCE, CONTRACTS, 1.0, came_back=False).run_id == new_run(again, {}, 2.0, came_back=False).run_id


def test_content_that_comes_back_each_time_is_a_new_run() -> None:
    listed = replace(SOURCE, sequencer="")
    comings = [SOURCE, replace(SOURCE, sequencer="0B"), listed, replace(listed, last_modified=6.0)]
    ids = {new_run(source, CONTRACTS, 1.0, came_back=True).run_id for source in comings}
    assert len(ids | {new_run(SOURCE, CONTRACTS, 1.0, came_back=False).run_id}) == 5


def test_content_that_comes_back_is_one_run_for_one_event() -> None:
    first, second = (new_run(SOURCE, CONTRACTS, now, came_back=True) for now in (1.0, 2.0))
    assert first.run_id == second.run_id


def unread(code: str = "SOURCE_CHANGED", state: RunState = RunState.SUPERSEDED):
    run = new_run(SOURCE, CONTRACTS, 7.0, came_back=False)
    return replace(run, state=state, problem=Problem(code=code, message="m"))


@pytest.mark.parametrize("code", ["SOURCE_CHANGED", "SOURCE_GONE"])
def test_what_was_never_read_may_be_put_again(code: str) -> None:
    later, listed = replace(SOURCE, sequencer="0B"), replace(SOURCE, sequencer="", last_modified=6.0)
    assert put_again(later, unread(code))
    assert put_again(listed, unread(code))


def test_the_same_put_told_twice_is_not_put_again() -> None:
    listed = replace(SOURCE, sequencer="")
    assert not put_again(SOURCE, unread())
    assert not put_again(replace(SOURCE, sequencer="09"), unread())
    assert not put_again(listed, unread())


def test_a_run_that_read_its_file_is_not_made_again() -> None:
    later = replace(SOURCE, sequencer="0B")
    assert not put_again(later, None)
    assert not put_again(later, new_run(SOURCE, CONTRACTS, 7.0, came_back=False))
    assert not put_again(later, unread("TOO_MANY_REJECTS", RunState.REJECTED))
