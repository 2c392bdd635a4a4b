"""A run as the suites of the run stores begin with."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chalicelib.adapters.memory import MemoryClock
from chalicelib.domain.run.model import Run, RunState, SourceObject


def a_run(clock: MemoryClock, run_id: str = "r1", **fields: Any) -> Run:
    source = SourceObject(
        bucket="landing", key="incoming/a.csv", etag="e1", size=100, sequencer="0A", last_modified=7.25
    )
    now = clock.now()
    made = Run(
        run_id=run_id,
        object="orders",
        source=source,
        state=RunState.ARRIVED,
        arrived_at=now,
        updated_at=now,
        moments={"ARRIVED": now},
    )
    return replace(made, **fields)
