"""Stage a chunk: read it block by block, check every record, pass good records through and explain bad ones.

Guarantees that every byte of the chunk is in exactly one good record, reject or blank line, for any block size. Good
records keep their bytes; a last record without a line feed gets one. Holds a few blocks in memory, never the chunk.
Does not promise that the chunk begins with a record: the ends of the chunks before it show that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from chalicelib.domain.checks.codes import RowCode
from chalicelib.domain.checks.row_fault import RowFault
from chalicelib.domain.contract.sums import Sums, added
from chalicelib.domain.contract.tally import LeftOut, Tally, total
from chalicelib.domain.formats.csv.grammar import Malformation, Malformed
from chalicelib.domain.formats.csv.reading import Reading
from chalicelib.domain.formats.csv.work import Work
from chalicelib.domain.raw.bytesource import ByteSource, Range
from chalicelib.domain.raw.swar import PADDING
from chalicelib.domain.run.rejects import KEPT_BYTES, MASK
from chalicelib.domain.staging.block import Block, Position, explain, judge, make_block, reject
from chalicelib.domain.staging.rewriting import rewritten
from chalicelib.domain.staging.row_prefix import MOST_BYTES
from chalicelib.domain.staging.transform import transformed
from chalicelib.domain.staging.validate import Rules
from chalicelib.errors import Rejected, SourceChanged

BLOCK_BYTES = 1 << 20
"""A block and the arrays made from it fit a core's caches; 64 MB blocks take twice the time."""
MOST_ROWS = 1 << 16
"""Records judged at once: a block of very short lines is passed on in several pieces."""
BEYOND_BYTES = 4096
"""Bytes of the first read after the chunk's end, to complete the last record."""


@dataclass(frozen=True, kw_only=True)
class ChunkSummary:
    """The sum of a chunk's blocks. rows_read = rows_good + rows_rejected."""

    start: int
    end: int
    """Byte offset of the next record."""
    rows_read: int = 0
    rows_good: int = 0
    rows_rejected: int = 0
    lines: int = 0
    left_out: Tally = field(default_factory=dict)
    altered: Tally = field(default_factory=dict)
    sums: Sums = field(default_factory=dict)

    @property
    def bytes(self) -> int:
        return self.end - self.start

    @classmethod
    def of(cls, chunk: Range) -> ChunkSummary:
        """Return the summary of a chunk before the first read."""
        return cls(start=chunk.start, end=chunk.start)

    def plus(self, block: Block) -> ChunkSummary:
        """Return the summary with one more block."""
        return ChunkSummary(
            start=self.start,
            end=block.end,
            rows_read=self.rows_read + block.rows_read,
            rows_good=self.rows_good + block.rows_good,
            rows_rejected=self.rows_rejected + block.rows_rejected,
            lines=self.lines + block.lines,
            left_out=total([self.left_out, block.left_out]),
            altered=total([self.altered, block.altered]),
            sums=added([self.sums, block.sums]),
        )


def stage_chunk(
    source: ByteSource, chunk: Range, rules: Rules, *, block_bytes: int = BLOCK_BYTES, hash_keys: bool = False
) -> Iterator[Block]:
    """Read the records that start in the chunk.

    Raises SourceChanged if the source ends early. Raises Rejected if the source is so large that its offsets do not
    fit the lineage column.
    """
    if rules.lineage and source.size > MOST_BYTES:
        raise Rejected(f"the file is larger than the {MOST_BYTES} bytes that lineage can count", code="TOO_LARGE")
    return _Stager(source, chunk, rules, block_bytes, hash_keys).blocks()


class _Stager:
    """The position in the source, and the bytes read ahead of it."""

    def __init__(self, source: ByteSource, chunk: Range, rules: Rules, block_bytes: int, hash_keys: bool) -> None:
        self.source, self.rules, self.block_bytes, self.hash_keys = source, rules, block_bytes, hash_keys
        self.stop = min(chunk.stop, source.size)
        self.position = Position(offset=chunk.start, line=1)
        self.ahead = b""
        self.explained = rules.explained
        self.rewritten = rules.eager
        """The columns to rewrite: a file that has a value in excess usually has more of them."""
        self.work = Work.of_chunk(max(self.stop - chunk.start, 0), rules.grammar.longest)

    def blocks(self) -> Iterator[Block]:
        """Scan, judge and yield blocks until the next record belongs to another chunk."""
        step = self.block_bytes
        while self.position.offset < self.stop:
            data, size = self._fill(max(step, len(self.ahead)))
            self.work.offset = self.position.offset
            at_end = self.position.offset + size == self.source.size
            reading = self._read_records(data, size, at_end=at_end)
            mine = int(reading.starts.searchsorted(self.stop - self.position.offset))
            position, used = (
                self.position,
                int(reading.starts[mine]) if mine < len(reading.starts) else reading.consumed,
            )
            for first in range(0, mine, MOST_ROWS):
                table, found = judge(reading, self.rules, slice(first, min(first + MOST_ROWS, mine)))
                reading, self.rewritten = table.reading, tuple(table.reading.unread) or self.rewritten
                if self.rules.transform:
                    table, found = transformed(table, found, self.rules.transform, position.offset)
                yield self._pass(make_block(table, found, position, hash_keys=self.hash_keys, explained=self.explained))
            self.ahead = data[used:size]
            if reading.unended and self.position.offset < self.stop:
                yield self._pass(self._long_line(reading.unended))
            step = self.block_bytes if self.position.offset > position.offset else 2 * step

    def _read_records(self, data: bytes, size: int, *, at_end: bool) -> Reading:
        reading = self.rules.read(data, size, at_end=at_end, work=self.work)
        return rewritten(reading, self.rules, self.rewritten)

    def _fill(self, step: int) -> tuple[bytes, int]:
        """Return the bytes ahead and up to `step` more, padded, and their number without the padding.

        Bytes after the chunk are read only if its last record needs them.
        """
        begin = self.position.offset + len(self.ahead)
        left = self.stop - begin
        wanted = min(step, left) if left > 0 else min(max(len(self.ahead), BEYOND_BYTES), self.source.size - begin)
        fresh = self._read(begin, wanted)
        return b"".join((self.ahead, fresh, PADDING)), len(self.ahead) + wanted

    def _read(self, begin: int, length: int) -> bytes:
        fresh = self.source.read(begin, length) if length else b""
        if len(fresh) != length:
            raise SourceChanged(f"the file ended at byte {begin + len(fresh)}, before its {self.source.size} bytes")
        return fresh

    def _pass(self, block: Block) -> Block:
        self.position = Position(offset=block.end, line=self.position.line + block.lines)
        self.explained -= min(self.explained, len(block.rejects))
        return block

    def _long_line(self, fault: Malformed) -> Block:
        """Reject the current line, which is malformed and longer than what its reader looks at.

        Its end may be among the bytes ahead. Reads on to the line's end, without keeping these bytes.
        """
        line, length, returned = b"", 0, False
        newline, before = self.rules.newline, self.rules.before_newline
        fresh, at = self.ahead, self.position.offset + len(self.ahead)
        while True:
            part, feed, self.ahead = fresh.partition(newline)
            length, returned = length + len(part), part.endswith(before) if part else returned
            line = (line + part)[: KEPT_BYTES + 1]
            if feed or at == self.source.size:
                break
            fresh = self._read(at, min(self.block_bytes, self.source.size - at))
            at += len(fresh)
            self.work.spend(len(fresh))
        record = MASK if self.rules.hidden else line[: length - returned]
        reason, quote_line = explain(fault, self.position.line, self.rules.grammar)  # the quote opens in this line
        why = RowFault(column="", code=RowCode.LINE, reason=reason)
        return Block(
            start=self.position.offset,
            end=at - len(self.ahead),
            good=b"",
            rows_read=1,
            rows_good=0,
            lines=1,
            left_out={LeftOut.UNDIVIDED: 1} if fault.why is Malformation.UNDIVIDED else {},
            sums=dict.fromkeys((self.rules.columns[index].name for index, _ in self.rules.summed), ""),
            rejects=(reject(self.position.line, self.position.offset, record, why, quote_line),)
            if self.explained
            else (),
            unexplained={} if self.explained else {why.code: 1},
        )
