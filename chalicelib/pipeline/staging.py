"""The step between the pure engine and the object store: read a version in pieces, write a part and its rejects."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from backports import zstd

from chalicelib.config import Settings
from chalicelib.domain.contract.contract import Contract, StageAs
from chalicelib.domain.contract.tally import total
from chalicelib.domain.decode.decode import reads_in_place
from chalicelib.domain.decode.encodings import Repairs
from chalicelib.domain.file.books import line_bases, renumber
from chalicelib.domain.file.file_plan import FilePlan
from chalicelib.domain.formats.registry import format_of
from chalicelib.domain.formats.sizes import refuse_no_text, refuse_size, usual_chunk
from chalicelib.domain.raw.bytesource import ByteSource, Range, until
from chalicelib.domain.run import keys
from chalicelib.domain.run.lineage import RowOrigins
from chalicelib.domain.run.model import Chunk, ChunkState, Run, SourceObject
from chalicelib.domain.run.rejects import Reject
from chalicelib.domain.staging.json_rows import JsonRows
from chalicelib.pipeline.side_files import side_totals
from chalicelib.pipeline.unpack import PIECE_BYTES as TEXT_PIECE_BYTES
from chalicelib.pipeline.unpack import Landed, Pieces, unpack
from chalicelib.ports import Clock, ObjectStore

if TYPE_CHECKING:
    from chalicelib.domain.staging.block import Block
    from chalicelib.domain.staging.stage import ChunkSummary

Encode = Callable[[bytes | memoryview], bytes | memoryview]
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
        """Return bytes [start, start+length), fewer only at the end of the object."""
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


class Streamed:
    """A span of a landed file as the engine reads it: in order from one stream. The few bytes beyond are read alone.

    Reads overlap with work: while a block is checked, the next ones arrive.
    """

    def __init__(self, objects: ObjectStore, source: SourceObject, span: Range) -> None:
        self.size = source.size
        self._beyond = Landed(objects, source)
        self._pieces = objects.stream(source, span.start, span.stop)
        self._next, self._stop, self._held = span.start, span.stop, b""

    def read(self, start: int, length: int) -> bytes:
        """Return bytes [start, start+length), fewer only at the end of the object. Raises SourceGone, SourceChanged."""
        if start != self._next or start + length > self._stop:
            return self._beyond.read(start, length)
        while len(self._held) < length and (piece := next(self._pieces, b"")):
            self._held += piece
        found, self._held = self._held[:length], self._held[length:]
        self._next += length
        return found


def plan_file(objects: ObjectStore, run: Run, source: SourceObject, contract: Contract, settings: Settings) -> FilePlan:
    """Read the header of a file and plan its cuts. Unpack the file first if needed. Raises Rejected."""
    contract = contract.as_read
    refuse_size(source.size, contract.limits)
    size = usual_chunk(contract, settings.chunk_mb)
    stored, text, repairs = StoredBytes(Landed(objects, source), piece=1), None, Repairs()
    if not reads_in_place(stored, contract):
        whole = StoredBytes(Landed(objects, source))
        text = unpack(objects, run, whole, contract, min(size, TEXT_PIECE_BYTES), repairs)
        stored = StoredBytes(Pieces(objects, run, text), piece=1)
        refuse_no_text(text.size)
    cuts = format_of(contract).cut(stored, contract, size)
    side, announced = side_totals(objects, run, contract)
    return FilePlan(
        columns=tuple(c.name for c in cuts.layout.columns),
        header_lines=cuts.header.lines,
        ranges=cuts.ranges,
        text=text,
        rescued=cuts.layout.rescued,
        header=cuts.layout.header,
        head_lines=cuts.layout.head_lines,
        totals=announced or cuts.totals,
        side_file=side,
        cells=cuts.cells,
        left_out=total([cuts.left_out, repairs.left_out]),
        altered=total([repairs.altered]),
        corrected=run.corrects is not None,
    )


def stage_part(
    objects: ObjectStore, run: Run, chunk: Chunk, file_plan: FilePlan, contract: Contract, clock: Clock
) -> Chunk:
    """Check one chunk and write its part and its rejects, if there are any. Return the chunk to be recorded.

    Bytes arrive and rows leave while others are checked. Some blocks and the rejects are held in memory. The part is
    written whole or not at all. Raises SourceGone, SourceChanged.
    """
    from chalicelib.domain.staging.stage import ChunkSummary, stage_chunk  # numpy: only this function needs it
    from chalicelib.transforms.rules import rules_of

    started = clock.now()
    origins = _origins_of(objects, run) if file_plan.corrected else None
    rules = replace(rules_of(contract, file_plan.layout(contract)), mark=run.mark.encode(), origins=origins)
    span = Range(start=chunk.start, stop=chunk.stop)
    sink = _Sink(ChunkSummary.of(span), contract.limits.max_rejects, origins)
    whole = until(_bytes_of(objects, run, span, file_plan), file_plan.ranges[-1].stop)
    planned = file_plan.ranges[chunk.number - 1].start
    part, rejects = keys.part(run, chunk, planned, contract.stage_as), keys.chunk_rejects(run, chunk, planned)
    rows = sink.rows(stage_chunk(whole, span, rules), _encoder(contract, file_plan))
    objects.upload(run.source.bucket, part, rows)
    summary = sink.summary
    if summary.rows_rejected:
        objects.put(run.source.bucket, rejects, bytes(sink.rejects))
    return replace(
        chunk,
        state=ChunkState.STAGED,
        end=summary.end,
        lines=summary.lines,
        read=summary.rows_read,
        good=summary.rows_good,
        rejected=summary.rows_rejected,
        left_out=total([summary.left_out]),
        altered=total([summary.altered]),
        sums=dict(summary.sums),
        part=part if summary.rows_good else "",
        rejects=rejects if summary.rows_rejected else "",
        first_reject=sink.first.problem() if sink.first else None,
        seconds=clock.now() - started,
    )


def _encoder(contract: Contract, file_plan: FilePlan) -> Encode:
    """Return what gives rows the form in which they are staged."""
    if contract.stage_as is StageAs.CSV:
        return lambda rows: rows
    return JsonRows(contract=contract, columns=file_plan.staged_columns(contract)).encoded


def _origins_of(objects: ObjectStore, run: Run) -> RowOrigins:
    return RowOrigins.from_json(objects.get(run.source.bucket, keys.row_origins(run.source.key)))


def _bytes_of(objects: ObjectStore, run: Run, span: Range, file_plan: FilePlan) -> ByteSource:
    if file_plan.text:
        return StoredBytes(Pieces(objects, run, file_plan.text))
    return Streamed(objects, run.reads or run.source, span)


class _Sink:
    """The consumer of a chunk's blocks: it compresses good rows and writes rejects as JSON lines.

    Beyond the contract's max_rejects the file cannot be loaded, so further rejects are counted but not kept.
    """

    def __init__(self, nothing_read: ChunkSummary, most_rejects: int, origins: RowOrigins | None) -> None:
        self.summary = nothing_read
        self.origins = origins
        self.first: Reject | None = None
        self.rejects = bytearray()
        self._room = most_rejects

    def rows(self, blocks: Iterable[Block], encode: Encode) -> Iterator[bytes]:
        """Yield the good rows, encoded, as one Zstandard frame, in pieces; none if there are no good rows."""
        packer = zstd.ZstdCompressor(level=ZSTD_LEVEL)
        for block in blocks:
            self.summary = self.summary.plus(block)
            self._take_rejects(block)
            if block.rows_good and (piece := packer.compress(encode(block.good))):
                yield piece
        if self.summary.rows_good:
            yield packer.flush()

    def _take_rejects(self, block: Block) -> None:
        rejects = tuple(map(self.origins.moved, block.rejects)) if self.origins else block.rejects
        for reject in rejects[: self._room]:
            self.rejects += reject.to_json().encode() + b"\n"
        self._room -= min(self._room, len(rejects))
        if self.first is None and rejects:
            self.first = rejects[0]


def publish(objects: ObjectStore, run: Run, file_plan: FilePlan, chunks: Sequence[Chunk]) -> None:
    """Write the rejects with lines counted from the file's start, and the manifest of the parts."""
    bucket = run.source.bucket
    for chunk, base in line_bases(file_plan, chunks):
        if chunk.rejects:
            objects.put(
                bucket,
                keys.rejects(run, chunk.number),
                renumber(objects.get(bucket, chunk.rejects), base, file_plan.cells),
            )
    entries = [{"url": f"s3://{bucket}/{c.part}", "mandatory": True} for c in chunks if c.part]
    objects.put(bucket, keys.manifest(run), json.dumps({"entries": entries}).encode())
