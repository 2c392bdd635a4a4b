"""One run of a key."""

from __future__ import annotations

from chalicelib.domain.run.model import Run, RunState, SourceObject, run_id


def run_of(key: str) -> Run:
    source = SourceObject(bucket="landing", key=key, etag="e", size=1, last_modified=1_700_000_000.0)
    return Run(
        run_id=run_id(source), object="thing", source=source, state=RunState.ARRIVED, arrived_at=0.0, updated_at=0.0
    )
