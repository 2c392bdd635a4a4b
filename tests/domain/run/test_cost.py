"""What a run has used is told from its record alone, also while it is on its way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.domain.run.cost import usage, usage_of
from chalicelib.domain.run.model import Chunk, Run, RunState, SourceObject

SIZE = 90_000_000
SOURCE = SourceObject(bucket="b", key="k", size=SIZE, etag="e", last_modified=1.0)
CHUNKS = [Chunk(run_id="r", generation=1, number=n, start=0, stop=1, seconds=2.5) for n in (1, 2)]


@pytest.mark.parametrize(
    ("state", "moments", "load_seconds"),
    [
        (RunState.STAGED, {"ARRIVED": 1.0, "STAGED": 9.0}, None),
        (RunState.REJECTED, {"ARRIVED": 1.0, "REJECTED": 9.0}, None),
        (RunState.LOADING, {"LOADING": 10.0}, 90.0),
        (RunState.LOADED, {"LOADING": 10.0, "LOADED": 84.0}, 74.0),
        (RunState.LOADED, {"LOADING": 10.0}, 90.0),
    ],
)
def test_a_load_counts_from_when_it_was_requested(
    state: RunState, moments: dict[str, float], load_seconds: float | None
) -> None:
    run = Run(run_id="r", object="o", source=SOURCE, state=state, arrived_at=1.0, updated_at=1.0, moments=moments)
    run = replace(run, chunks=2)
    notified = usage_of(run, CHUNKS, 100.0)
    assert notified == usage(chunks=2, size=SIZE, stage_seconds=5.0, load_seconds=load_seconds)
    assert (notified.rpu_seconds > 0) is (load_seconds is not None)


def test_of_a_packed_file_its_text_counts() -> None:
    run = Run(run_id="r", object="o", source=SOURCE, state=RunState.STAGED, arrived_at=1.0, updated_at=1.0)
    run = replace(run, chunks=2, text_bytes=3 * SIZE)
    assert usage_of(run, [], 9.0) == usage(chunks=2, size=3 * SIZE, stage_seconds=0.0, load_seconds=None)
