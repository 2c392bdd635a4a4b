"""The record of runs in memory: a read sees every write at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Unpack

from chalicelib.adapters.memory.table import MemoryTable
from chalicelib.adapters.moves import complete, same_attempt
from chalicelib.domain.run.changes import RunChanges
from chalicelib.domain.run.ids import file_id
from chalicelib.domain.run.model import Run
from chalicelib.ports import Conflict, Newest


class MemoryRuns:
    """Runs by id, and newest versions by file id."""

    def __init__(self, table: MemoryTable) -> None:
        self.table = table
        self.runs = table.runs
        self.files = table.files

    def create(self, run: Run, seen: Newest | None = None) -> bool:
        source = run.source
        name = file_id(source.bucket, source.key)
        newer = seen is None or source.newer_than(seen.sequencer)
        if run.run_id in self.runs or (newer and self.files.get(name) != seen):
            return False
        self.table.save(run)
        if newer:
            self.files[name] = Newest(run_id=run.run_id, etag=source.etag, sequencer=source.sequencer)
        return True

    def get(self, run_id: str) -> Run | None:
        return self.runs.get(run_id)

    def get_many(self, run_ids: Sequence[str]) -> list[Run]:
        return [self.runs[run_id] for run_id in run_ids if run_id in self.runs]

    def newest(self, bucket: str, key: str) -> Newest | None:
        return self.files.get(file_id(bucket, key))

    def newest_of(self, bucket: str, keys: Sequence[str]) -> dict[str, Newest]:
        return {key: newest for key in keys if (newest := self.newest(bucket, key))}

    def change(self, run: Run, **changes: Unpack[RunChanges]) -> Run:
        full = complete(run, changes, self.table.clock.now())
        stored = self.runs.get(run.run_id)
        if stored is None or not same_attempt(stored, run):
            raise Conflict(f"run {run.run_id} has moved on")
        return self.table.save(replace(stored, **full))
