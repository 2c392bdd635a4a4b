"""The chunks of runs in memory."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.adapters.memory.table import MemoryTable
from chalicelib.adapters.moves import add_chunk, reopened, still, taken
from chalicelib.domain.run.model import Chunk, ChunkState, ChunkTask, Run, RunState
from chalicelib.errors import Broken


class MemoryChunks:
    """Chunks by (run, generation, number), and the counts that each adds to its run."""

    def __init__(self, table: MemoryTable) -> None:
        self.table = table

    def begin(self, task: ChunkTask) -> Chunk | None:
        run = self.table.runs.get(task.run_id)
        known = self.table.chunks.get((task.run_id, task.generation, task.number))
        if not _open(run, task.generation) or (known and not _waits(known, task.start)):
            return None
        return self._save(taken(task, attempts=(known.attempts if known else 0) + 1))

    def finish(self, chunk: Chunk) -> Run:
        run = self.table.runs.get(chunk.run_id)
        if run is None:
            raise Broken(f"run {chunk.run_id} is not recorded", code="NO_RUN")
        known = self._known(chunk)
        if not _open(run, chunk.generation) or (known and not _waits(known, chunk.start)):
            return run
        self._replace(replace(chunk, state=ChunkState.STAGED))
        return self.table.save(add_chunk(run, chunk, 1, self.table.clock.now()))

    def reopen(self, chunk: Chunk, start: int) -> None:
        run = self.table.runs.get(chunk.run_id)
        if run is None or not _open(run, chunk.generation) or not still(self._known(chunk), chunk):
            return
        self._replace(reopened(chunk, start))
        self.table.save(add_chunk(run, chunk, -1, self.table.clock.now()))

    def of_run(self, run_id: str, generation: int) -> list[Chunk]:
        found = (c for (r, g, _), c in self.table.chunks.items() if (r, g) == (run_id, generation))
        return sorted(found, key=lambda c: c.number)

    def _save(self, chunk: Chunk) -> Chunk:
        self.table.chunks[chunk.run_id, chunk.generation, chunk.number] = chunk
        return chunk

    def _replace(self, chunk: Chunk) -> None:
        self._save(chunk)
        self.table.tries.pop((chunk.run_id, chunk.generation, chunk.number), None)

    def _known(self, chunk: Chunk) -> Chunk | None:
        return self.table.chunks.get((chunk.run_id, chunk.generation, chunk.number))


def _open(run: Run | None, generation: int) -> bool:
    """Return whether chunks of this generation are being staged."""
    return run is not None and run.state is RunState.STAGING and run.generation == generation


def _waits(chunk: Chunk, start: int) -> bool:
    """Return whether a recorded chunk still has to be staged from `start`."""
    return chunk.state is not ChunkState.STAGED and chunk.start == start
