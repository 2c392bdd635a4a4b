"""Between the pure engine and the object store: reads a version in pieces, writes a part and its rejects."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

import zstandard

from chalicelib.config import Settings
from chalicelib.domain import keys
from chalicelib.domain.books import line_bases, renumber
from chalicelib.domain.contract import Contract
from chalicelib.domain.filing import FilePlan
from chalicelib.domain.header import Layout, match_header, read_header
from chalicelib.domain.model import Chunk, ChunkState, Problem, Run, Source
from chalicelib.domain.rejects import Reject
from chalicelib.domain.split import Range, plan_chunks
from chalicelib.domain.stage import ChunkSummary, stage_chunk
from chalicelib.domain.validate import compile_rules
from chalicelib.errors import Rejected
from chalicelib.ports import Clock, ObjectStore

PIECE_BYTES = 8 << 20
"""One ranged GET: large enough that its latency does not count, small enough to hold."""
ZSTD_LEVEL = 1
"""346 MB/s at 35 % of the size; higher levels cost more CPU than they save in transfer (docs/performance.md)."""
MB = 1_000_000


class StoredBytes:
    """One version of an object as the engine reads it: forward, in small steps, from pieces of PIECE_BYTES."""

    def __init__(self, objects: ObjectStore, source: Source, piece: int = PIECE_BYTES) -> None:
        self.size = source.size
        self._objects, self._source, self._piece = objects, source, piece
        self._start, self._held = 0, b""

    def read(self, start: int, length: int) -> bytes:
        """Bytes [start, start+length), fewer only at the end of the object."""
        stop = min(start + length, self.size)
        out = bytearray()
        while start < stop:
            if not self._start <= start < self._start + len(self._held):
                wanted = min(max(self._piece, stop - start), self.size - start)
                self._start, self._held = start, self._objects.read(self._source, start, wanted)
            piece = self._held[start - self._start : stop - self._start]
            out += piece
            start += len(piece)
        return bytes(out)


def plan_file(objects: ObjectStore, source: Source, contract: Contract, settings: Settings) -> FilePlan:
    """Header and cuts of a file, by small reads only. Raises Rejected."""
    if source.size == 0:
        raise Rejected("the file is empty: not even a header", code="EMPTY_FILE", line=1)
    if source.size > contract.limits.max_bytes:
        raise Rejected(
            f"the file has {source.size} bytes, limits.max_bytes allows {contract.limits.max_bytes}", code="TOO_LARGE"
        )
    stored = StoredBytes(objects, source, piece=1)
    header = read_header(stored, contract.dialect, contract.limits)
    layout = match_header(contract, header.fields)
    chunk_bytes = int((contract.limits.chunk_mb or settings.chunk_mb) * MB)
    ranges = plan_chunks(stored, header.data_start, chunk_bytes, contract.dialect, contract.limits)
    return FilePlan(columns=tuple(c.name for c in layout.columns), header_lines=header.lines, ranges=tuple(ranges))


@dataclass
class _Sink:
    """Collects what a chunk's blocks give: compressed good rows, and rejects as JSON lines up to a limit."""

    limit: int
    good: int = 0
    rejected: int = 0
    first: Reject | None = None

    def __post_init__(self) -> None:
        self._zstd = zstandard.ZstdCompressor(level=ZSTD_LEVEL).compressobj()
        self._part, self._rejects = bytearray(), bytearray()
