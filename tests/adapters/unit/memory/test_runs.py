"""What only the store in memory can do: lag."""

from __future__ import annotations

from chalicelib.adapters.memory import MemoryClock, MemoryRuns, MemorySearch, MemoryTable
from chalicelib.domain.run.model import Run, RunState, SourceObject


def test_searches_in_memory_may_lag() -> None:
    clock = MemoryClock()
    table = MemoryTable(clock, lag=10)
    runs, search = MemoryRuns(table), MemorySearch(table)
    source = SourceObject(bucket="b", key="k/a.csv", etag="e", size=1)
    now = clock.now()
    run = Run(run_id="r", object="o", source=source, state=RunState.ARRIVED, arrived_at=now, updated_at=now)
    runs.create(run)
    assert list(search.by_name("a.csv")) == []
    assert runs.get("r") == run
    clock.advance(10)
    staging = runs.change(run, state=RunState.STAGING)
    assert list(search.by_name("a.csv")) == [run]
    clock.advance(10)
    assert list(search.by_name("a.csv")) == [staging]
