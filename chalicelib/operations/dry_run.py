"""A dry run: the same steps on a run store that keeps no change, so it meets every refusal of the real run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Unpack, cast

from chalicelib.domain.run.changes import RunChanges
from chalicelib.domain.run.model import Run
from chalicelib.pipeline.pipeline import Pipeline
from chalicelib.ports import Newest, ObjectStore, Queue, Runs


@dataclass(frozen=True, kw_only=True)
class DryRunStore:
    """The part of a run store and a queue that `arrive` and `rerun` need. It accepts every change and keeps none."""

    runs: Runs

    def create(self, run: Run, seen: Newest | None = None) -> bool:  # noqa: ARG002 - nothing is kept
        return self.get(run.run_id) is None

    def get(self, run_id: str) -> Run | None:
        return self.runs.get(run_id)

    def newest(self, bucket: str, key: str) -> Newest | None:
        return self.runs.newest(bucket, key)

    def newest_of(self, bucket: str, keys: Sequence[str]) -> dict[str, Newest]:
        return self.runs.newest_of(bucket, keys)

    def get_many(self, run_ids: Sequence[str]) -> list[Run]:
        return self.runs.get_many(run_ids)

    def change(self, run: Run, **changes: Unpack[RunChanges]) -> Run:
        return replace(run, **changes)

    def redrive(self, most: int) -> int:  # noqa: ARG002
        """Move nothing."""
        return 0

    def send_run(self, run_id: str, *, delay: int = 0) -> None:
        """Send nothing."""


@dataclass(frozen=True, kw_only=True)
class DryRunObjects:
    """An object store that restores nothing. `arrive` and `rerun` write no object."""

    objects: ObjectStore

    def restore(self, bucket: str, key: str, days: int) -> None:
        """Restore nothing."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.objects, name)


def dry_run_of(pipeline: Pipeline) -> Pipeline:
    """Return a pipeline on which `arrive` and `rerun` have no effect."""
    stage = DryRunStore(runs=pipeline.ctx.runs)
    objects = cast(ObjectStore, DryRunObjects(objects=pipeline.ctx.objects))
    ctx = replace(pipeline.ctx, runs=cast(Runs, stage), queue=cast(Queue, stage), objects=objects, note=lambda *_: None)
    return replace(pipeline, ctx=ctx)
