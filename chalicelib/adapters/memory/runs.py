"""DynamoDB in memory: reads by id see every write at once, searches may lag behind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Unpack

from chalicelib.adapters.moves import NAMESAKES, add_chunk, complete, reopened, same_attempt, still
from chalicelib.domain.run.changes import RunChanges
from chalicelib.domain.run.cursors import is_moment, is_text, read_cursor, write_cursor
from chalicelib.domain.run.model import Chunk, ChunkState, ChunkTask, Run, RunState, file_id
from chalicelib.errors import Broken
from chalicelib.ports import Clock, Conflict, Newest, Page


class MemoryRuns:
    """Runs by id, chunks by (run, generation, number), newest versions by file id.

    With `lag` > 0 a search sees the runs as they were that many seconds ago.
    """

    def __init__(self, clock: Clock, *, lag: float = 0.0) -> None:
        self.clock = clock
        self.lag = lag
        self.runs: dict[str, Run] = {}
        self.chunk_items: dict[tuple[str, int, int], Chunk] = {}
        self.files: dict[str, Newest] = {}
        self.history: list[tuple[float, Run]] = []
        self.marks: dict[str, str] = {}

    def create(self, run: Run, seen: Newest | None = None) -> bool:
        source = run.source
        name = file_id(source.bucket, source.key)
        newer = seen is None or source.newer_than(seen.sequencer)
        if run.run_id in self.runs or (newer and self.files.get(name) != seen):
            return False
        self._save(run)
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
        full = complete(run, changes, self.clock.now())
        stored = self.runs.get(run.run_id)
        if stored is None or not same_attempt(stored, run):
            raise Conflict(f"run {run.run_id} has moved on")
        return self._save(replace(stored, **full))

    def begin_chunk(self, task: ChunkTask) -> Chunk | None:
        run = self.runs.get(task.run_id)
        known = self.chunk_items.get((task.run_id, task.generation, task.number))
        if not _open(run, task.generation) or (known and not _waits(known, task.start)):
            return None
        taken = Chunk(
            run_id=task.run_id,
            generation=task.generation,
            number=task.number,
            start=task.start,
            stop=task.stop,
            state=ChunkState.STAGING,
            attempts=(known.attempts if known else 0) + 1,
        )
        return self._save_chunk(taken)

    def finish_chunk(self, chunk: Chunk) -> Run:
        run = self.runs.get(chunk.run_id)
        if run is None:
            raise Broken(f"run {chunk.run_id} is not recorded", code="NO_RUN")
        known = self._chunk(chunk)
        if not _open(run, chunk.generation) or (known and not _waits(known, chunk.start)):
            return run
        self._save_chunk(replace(chunk, state=ChunkState.STAGED))
        return self._save(add_chunk(run, chunk, 1, self.clock.now()))

    def reopen_chunk(self, chunk: Chunk, start: int) -> None:
        run = self.runs.get(chunk.run_id)
        if run is None or not _open(run, chunk.generation) or not still(self._chunk(chunk), chunk):
            return
        self._save_chunk(reopened(chunk, start))
        self._save(add_chunk(run, chunk, -1, self.clock.now()))

    def chunks(self, run_id: str, generation: int) -> list[Chunk]:
        found = (c for (r, g, _), c in self.chunk_items.items() if (r, g) == (run_id, generation))
        return sorted(found, key=lambda c: c.number)

    def unfinished(self, before: float) -> Iterator[Run]:
        seen = (r for r in self._seen() if not r.finished and r.updated_at < before)
        yield from sorted(seen, key=lambda r: (r.updated_at, r.run_id))

    def search(
        self,
        *,
        object: str = "",
        state: RunState | None = None,
        since: float = 0.0,
        cursor: str = "",
        limit: int = 50,
    ) -> Page:
        after = read_cursor(cursor, {"arrived_at": is_moment, "run_id": is_text})
        found = [
            r
            for r in self._seen()
            if object in ("", r.object)
            and state in (None, r.state)
            and r.arrived_at >= since
            and (not after or _order(r) < (after["arrived_at"], after["run_id"]))
        ]
        found.sort(key=_order, reverse=True)
        shown = tuple(found[:limit])
        more = len(found) > limit
        last = shown[-1] if more else None
        return Page(
            runs=shown, cursor=write_cursor({"arrived_at": last.arrived_at, "run_id": last.run_id}) if last else ""
        )

    def by_name(self, name: str) -> list[Run]:
        found = (r for r in self._seen() if name and r.source.name == name)
        return sorted(found, key=_order, reverse=True)[:NAMESAKES]

    def set_bookmark(self, name: str, text: str) -> None:
        self.marks[name] = text

    def bookmark(self, name: str) -> str:
        return self.marks.get(name, "")

    def _save(self, run: Run) -> Run:
        self.runs[run.run_id] = run
        if self.lag:
            self.history.append((self.clock.now(), run))
        return run

    def _save_chunk(self, chunk: Chunk) -> Chunk:
        self.chunk_items[chunk.run_id, chunk.generation, chunk.number] = chunk
        return chunk

    def _chunk(self, chunk: Chunk) -> Chunk | None:
        return self.chunk_items.get((chunk.run_id, chunk.generation, chunk.number))

    def _seen(self) -> list[Run]:
        """The runs as searches see them."""
        if not self.lag:
            return list(self.runs.values())
        horizon = self.clock.now() - self.lag
        return list({run.run_id: run for at, run in self.history if at <= horizon}.values())


def _open(run: Run | None, generation: int) -> bool:
    """Whether chunks of that generation are being staged."""
    return run is not None and run.state is RunState.STAGING and run.generation == generation


def _waits(chunk: Chunk, start: int) -> bool:
    """Whether a recorded chunk is still to be staged from `start`."""
    return chunk.state is not ChunkState.STAGED and chunk.start == start


def _order(run: Run) -> tuple[float, str]:
    return run.arrived_at, run.run_id
