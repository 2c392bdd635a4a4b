"""Between the pure engine and the object store: reads a version in pieces, writes a part and its rejects."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import zstandard

from chalicelib.config import Settings
from chalicelib.domain import keys
from chalicelib.domain.block import Block
from chalicelib.domain.books import line_bases, renumber
from chalicelib.domain.bytesource import ByteSource, Range, until
from chalicelib.domain.contract import Contract
from chalicelib.domain.convert import readable_in_place
from chalicelib.domain.filing import FilePlan
from chalicelib.domain.header import Layout
from chalicelib.domain.model import Chunk, ChunkState, Run, Source
from chalicelib.domain.plan import cut, refuse_no_text, refuse_size, usual_chunk
from chalicelib.domain.rejects import Reject
from chalicelib.domain.stage import ChunkSummary, stage_chunk
from chalicelib.domain.validate import compile_rules
from chalicelib.ports import Clock, ObjectStore
from chalicelib.unpack import PIECE_BYTES as TEXT_PIECE_BYTES
from chalicelib.unpack import Landed, Pieces, unpack

PIECE_BYTES = 8 << 20
"""One ranged GET: large enough that its latency does not count, small enough to hold."""
ZSTD_LEVEL = 1
"""346 MB/s at 35 % of the size; higher levels cost more CPU than they save in transfer (bench/RESULTS.md)."""


class StoredBytes:
    """A file or its text as the engine reads it: forward, in small steps, from pieces of PIECE_BYTES."""

    def __init__(self, stored: ByteSource, piece: int = PIECE_BYTES) -> None:
        self.size = stored.size
        self._stored, self._piece = stored, piece
        self._start, self._held = 0, b""

    def read(self, start: int, length: int) -> bytes:
        """Bytes [start, start+length), fewer only at the end of the object."""
        stop = min(start + length, self.size)
        out = bytearray()
        while start < stop:
            if not self._start <= start < self._start + len(self._held):
                wanted = min(max(self._piece, stop - start), self.size - start)
                self._start, self._held = start, self._stored.read(start, wanted)
            piece = self._held[start - self._start : stop - self._start]
            out += piece
            start += len(piece)
        return bytes(out)


def plan_file(objects: ObjectStore, run: Run, source: Source, contract: Contract, settings: Settings) -> FilePlan:
    """Header and cuts of a file, by small reads only once its text is there. Raises Rejected."""
    refuse_size(source.size, contract.limits)
    size = usual_chunk(contract, settings.chunk_mb)
    stored, text = StoredBytes(Landed(objects, source), piece=1), None
    if not readable_in_place(stored, contract.dialect):
        whole = StoredBytes(Landed(objects, source))
        text = unpack(objects, run, whole, contract, min(size, TEXT_PIECE_BYTES))
        stored = StoredBytes(Pieces(objects, run, text), piece=1)
        refuse_no_text(text.size)
    cuts = cut(stored, contract, size)
    return FilePlan(
        columns=tuple(c.name for c in cuts.layout.columns),
        header_lines=cuts.header.lines,
        ranges=cuts.ranges,
        text=text,
        rescued=cuts.layout.rescued,
    )


def stage_part(
    objects: ObjectStore, run: Run, chunk: Chunk, filed: FilePlan, contract: Contract, clock: Clock
) -> Chunk:
    """Check one chunk and write its part and its rejects, if there are any. Returns the chunk as it is to be recorded.

    The part is held compressed until it is whole (about a third of a chunk). Raises SourceGone, SourceChanged.
    """
    started = clock.now()
    rules = compile_rules(contract, Layout.of(contract, filed.columns, filed.rescued))
    span = Range(start=chunk.start, stop=chunk.stop)
    summary, sink = ChunkSummary.of(span), _Sink(contract.limits.max_rejects)
    whole = Pieces(objects, run, filed.text) if filed.text else Landed(objects, run.reads or run.source)
    for block in stage_chunk(until(StoredBytes(whole), filed.ranges[-1].stop), span, rules):
        summary = summary.plus(block)
        sink.take(block)
    planned_start = filed.ranges[chunk.number - 1].start
    part = keys.part(run, chunk, planned_start) if summary.rows_good else ""
    rejects = keys.chunk_rejects(run, chunk, planned_start) if summary.rows_rejected else ""
    if part:
        objects.put(run.source.bucket, part, sink.part())
    if rejects:
        objects.put(run.source.bucket, rejects, bytes(sink.rejects))
    return replace(
        chunk,
        state=ChunkState.STAGED,
        end=summary.end,
        lines=summary.lines,
        read=summary.rows_read,
        good=summary.rows_good,
        rejected=summary.rows_rejected,
        part=part,
        rejects=rejects,
        first_reject=sink.first.problem() if sink.first else None,
        seconds=clock.now() - started,
    )


class _Sink:
    """Takes a chunk's blocks: good rows are compressed at once, rejects become JSON lines.

    Beyond the contract's max_rejects the file cannot be loaded anyway, so further rejects are counted but not kept.
    """

    def __init__(self, most_rejects: int) -> None:
        self.first: Reject | None = None
        self.rejects = bytearray()
        self._room = most_rejects
        self._part = bytearray()
        self._zstd = zstandard.ZstdCompressor(level=ZSTD_LEVEL).compressobj()

    def take(self, block: Block) -> None:
        self._part += self._zstd.compress(block.good)
        for reject in block.rejects[: self._room]:
            self.rejects += reject.to_json().encode() + b"\n"
        self._room -= min(self._room, len(block.rejects))
        if self.first is None and block.rejects:
            self.first = block.rejects[0]

    def part(self) -> bytes:
        """The compressed rows; call once, at the end."""
        self._part += self._zstd.flush()
        return bytes(self._part)


def publish(objects: ObjectStore, run: Run, filed: FilePlan, chunks: Sequence[Chunk]) -> None:
    """Write the rejects with lines counted from the file's start, and the manifest of the parts."""
    bucket = run.source.bucket
    for chunk, base in line_bases(filed, chunks):
        if chunk.rejects:
            objects.put(bucket, keys.rejects(run, chunk.number), renumber(objects.get(bucket, chunk.rejects), base))
    entries = [{"url": f"s3://{bucket}/{c.part}", "mandatory": True} for c in chunks if c.part]
    objects.put(bucket, keys.manifest(run), json.dumps({"entries": entries}).encode())
