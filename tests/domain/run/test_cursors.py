"""Cursors of pages: what was written comes back, and nothing else is read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.adapters.memory import MemoryClock, MemoryRuns, MemorySearch, MemoryTable
from chalicelib.domain.run.cursors import read_cursor, write_cursor
from chalicelib.errors import Refused


@given(st.dictionaries(st.sampled_from(["pk", "sk"]), st.text() | st.floats(allow_nan=False), min_size=1))
def test_a_cursor_comes_back_as_it_was(place: dict[str, object]) -> None:
    assert read_cursor(write_cursor(place), dict.fromkeys(place, anything)) == place
    for fits in ({"other": anything}, dict.fromkeys(place, nothing)):
        with pytest.raises(Refused):
            read_cursor(write_cursor(place), fits)


def anything(_value: object) -> bool:
    return True


def nothing(_value: object) -> bool:
    return False


@given(st.text(min_size=1))
def test_a_text_that_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        read_cursor(text, {"pk": anything, "sk": anything})


def test_searches_in_memory_may_lag() -> None:
    clock = MemoryClock()
    table = MemoryTable(clock, lag=10)
    runs, search = MemoryRuns(table), MemorySearch(table)
    source = Source(bucket="b", key="k/a.csv", etag="e", size=1)
    now = clock.now()
    run = Run(run_id="r", object="o", source=source, state=RunState.ARRIVED, arrived_at=now, updated_at=now)
    runs.create(run)
    assert search.by_name("a.csv") == []
    assert runs.get("r") == run
    clock.advance(10)
    staging = runs.change(run, state=RunState.STAGING)
    assert search.by_name("a.csv") == [run]
    clock.advance(10)
    assert search.by_name("a.csv") == [staging]
