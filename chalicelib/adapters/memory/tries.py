"""The tries of messages' work in memory."""

from __future__ import annotations

from chalicelib.adapters.memory.table import MemoryTable
from chalicelib.domain.run.model import ChunkTask

Work = tuple[str, int, int]


class MemoryTries:
    """Tries by run, or by (run, generation, number) of a chunk; only for what is recorded."""

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

    def count(self, work: ChunkTask | str) -> int:
        if not self._recorded(work):
            return 0
        self._table.tries[_key(work)] = self.counted(work) + 1
        return self._table.tries[_key(work)]

    def counted(self, work: ChunkTask | str) -> int:
        return self._table.tries.get(_key(work), 0) if self._recorded(work) else 0

    def clear(self, work: ChunkTask | str) -> None:
        self._table.tries.pop(_key(work), None)

    def _recorded(self, work: ChunkTask | str) -> bool:
        return work in self._table.runs if isinstance(work, str) else _key(work) in self._table.chunks


def _key(work: ChunkTask | str) -> Work:
    return (work, 0, 0) if isinstance(work, str) else (work.run_id, work.generation, work.number)
