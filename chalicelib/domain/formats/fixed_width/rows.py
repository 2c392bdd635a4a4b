"""The lines of a block as rows: where their fields stand, without padding, and which of them are NULL."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from chalicelib.domain.checks.codes import RowCode
from chalicelib.domain.checks.row_fault import IS_NULL_WORD, RowFault
from chalicelib.domain.contract.column import Column
from chalicelib.domain.contract.dialect import NULL_WORD, Dialect, Empty, EmptyRecords
from chalicelib.domain.contract.notation import BLANK, Align, Span
from chalicelib.domain.contract.tally import Altered, LeftOut
from chalicelib.domain.formats.csv.grammar import CR, LF
from chalicelib.domain.formats.csv.record_reader import null_words
from chalicelib.domain.formats.csv.records import Records
from chalicelib.domain.formats.fixed_width.faults import LineFaults
from chalicelib.domain.formats.fixed_width.lines import Lines
from chalicelib.domain.formats.fixed_width.positions import Positions
from chalicelib.domain.formats.pieces import DELIMITER, QUOTE, as_text
from chalicelib.domain.raw.padding import without_padding_behind, without_padding_in_front
from chalicelib.domain.raw.swar import PADDING, Fields, Ints, Mask, equal

NULL = NULL_WORD.encode()


class Columns:
    """The columns of one file, in its order, and what stands for their values."""

    def __init__(self, columns: Sequence[Column], dialect: Dialect) -> None:
        self.names = [column.name for column in columns]
        self.spans = [column.span for column in columns if column.span]
        self.starts = np.array([span.start for span in self.spans], np.int64)
        self.unit, self.comment = dialect.unit, dialect.comment.encode()
        self.skips = dialect.empty_records is EmptyRecords.SKIP
        self.words = sorted(null_words(dialect) - {b""})
        self.text_counts = dialect.empty is Empty.TEXT
        kinds = [column.type for column in columns]
        self.nulls = [NULL if self.text_counts and kind.needs_null_word else b"" for kind in kinds]
        """NULL as COPY reads it, by column."""
        texts = self.text_counts and "" not in dialect.null
        self.empties = [b"" if texts and kind.is_text else self.nulls[index] for index, kind in enumerate(kinds)]
        """A field without a value, in the same way."""
        ends = {dialect.line_end[0]} if not dialect.record_length else set()
        self.special = [byte for byte in (DELIMITER, QUOTE, CR, LF) if byte not in ends]
        """Bytes with which a field must stand in quotes."""


def stripped(fields: Fields, span: Span) -> Fields:
    """Return the fields of a column without their padding."""
    byte = ord(span.padding)
    if span.align is not Align.LEFT:
        fields = without_padding_in_front(fields, byte)
    if span.align is not Align.RIGHT:
        fields = without_padding_behind(fields, byte)
    if span.padding == BLANK:
        return fields
    blank = without_padding_behind(fields, ord(BLANK)).length == 0
    return fields.part(fields.start, np.where(blank, 0, fields.length))


def _distinct(numbers: Ints) -> Ints:
    """Return sorted numbers, each once."""
    found: Ints = numbers[np.diff(numbers, prepend=-1) > 0]
    return found


class Rows:
    """The lines of one block as rows."""

    def __init__(self, columns: Columns, faults: LineFaults, block: Fields, lines: Lines, data: bytes) -> None:
        self.columns, self.block, self.lines, self.data = columns, block, lines, data
        self.left_out: dict[int, LeftOut] = {}
        self.altered: dict[Altered, Ints] = {}
        self._good: Mask = lines.ends > lines.starts
        self._good[lines.long] = False
        self._pool, self._end = list[bytes](), len(data)
        self._leave_out_comments()
        positions = Positions(block, lines, columns.unit, data)
        self.faults = faults.find(positions, self._good)
        self._good[list(self.faults)] = False
        self._count_filled(positions, faults.last)
        shape = len(lines.starts), len(columns.spans)
        self._begins, self._lengths = np.empty(shape, np.int64), np.empty(shape, np.int64)
        for index, span in enumerate(columns.spans):
            field = stripped(positions.fields(span), span)
            self._begins[:, index], self._lengths[:, index] = field.start, field.length
        if columns.skips:
            self._leave_out(~self._lengths.any(axis=1), LeftOut.EMPTY_RECORDS)

    def _leave_out_comments(self) -> None:
        lines, mark = self.lines, self.columns.comment
        if mark and self.data.find(mark) >= 0:
            length = np.minimum(lines.ends - lines.starts, len(mark))
            self._leave_out(equal(self.block.part(lines.starts, length), mark), LeftOut.COMMENTS)

    def _leave_out(self, rows: Mask, kind: LeftOut) -> None:
        rows = rows & self._good
        self._good &= ~rows
        self.left_out |= dict.fromkeys(np.flatnonzero(rows).tolist(), kind)

    def _count_filled(self, positions: Positions, last: int) -> None:
        """Count the columns that short rows lack."""
        short = np.flatnonzero(self._good & (positions.counts < last))
        if len(short):
            missing = len(self.columns.starts) - self.columns.starts.searchsorted(positions.counts[short], side="right")
            self.altered[Altered.FILLED] = np.repeat(short, missing)

    # ---- as text ----------------------------------------------------------------------------------------------------

    def as_text(self) -> tuple[bytes, Records]:
        """Return the rows as COPY reads them. A line that is no good row becomes one empty field."""
        nulls = self._nulls()
        enclosed = self._enclosed(nulls)
        for index, (null, empty) in enumerate(zip(self.columns.nulls, self.columns.empties, strict=True)):
            if empty:
                self._put(index, self._lengths[:, index] == 0, empty)
            if nulls is not None:
                self._put(index, nulls[:, index], null)
        if len(self.columns.spans) == 1:  # a line without a byte would be no row
            self._put(0, self._good & (self._lengths[:, 0] == 0), b'""')
        begins, lengths, widths, enclosed = self._flat(enclosed)
        parts = (self.data, *self._pool, PADDING) if self._pool else (self.data,)
        source = np.frombuffer(b"".join(parts), np.uint8)
        starts, line_ends = self.lines.starts, self.lines.line_ends
        return as_text(source, begins, lengths, widths, starts=starts, line_feeds=line_ends, enclosed=enclosed)

    def _put(self, index: int, rows: Mask, text: bytes) -> None:
        """Let another text stand in the place of a column's fields."""
        if rows.any():
            self._begins[rows, index], self._lengths[rows, index] = self._add(text), len(text)

    def _add(self, text: bytes) -> int:
        """Keep a text behind the block's bytes. Return its index there."""
        at, self._end = self._end, self._end + len(text)
        self._pool.append(text)
        return at

    def _nulls(self) -> Mask | None:
        """Return which fields are words for NULL; None if there are none. Find rows with Landfall's own word."""
        words = [word for word in self.columns.words if self.data.find(word) >= 0]
        if self.columns.text_counts and NULL not in self.columns.words and self.data.find(NULL) >= 0:
            for row in np.flatnonzero(self._good & self._equal([NULL]).any(axis=1)).tolist():
                self.faults[row] = RowFault(column="", code=RowCode.CONTRACT, reason=IS_NULL_WORD)
                self._good[row] = False
        return self._equal(words) if words else None

    def _equal(self, words: Sequence[bytes]) -> Mask:
        """Return which fields are one of the words."""
        found = np.zeros(self._lengths.shape, np.bool_)
        for index in range(found.shape[1]):
            fields = self.block.part(self._begins[:, index], self._lengths[:, index])
            for word in words:
                found[:, index] |= equal(fields, word)
        return found

    def _enclosed(self, nulls: Mask | None) -> Ints:
        """Return the fields that must stand in quotes. Those with quotes of their own are written elsewhere."""
        block, size = self.block.data, self.lines.consumed
        found = [np.flatnonzero(block[:size] == b) for b in self.columns.special if self.data.find(b, 0, size) >= 0]
        at = np.sort(np.concatenate(found)) if found else np.empty(0, np.int64)
        begins, lengths = self._begins.reshape(-1), self._lengths.reshape(-1)
        fields = begins.searchsorted(at, side="right") - 1
        inside = (fields >= 0) & (at < begins[fields] + lengths[fields])
        fields, at = fields[inside], at[inside]
        inside = self._good[fields // len(self.columns.spans)]
        if nulls is not None:
            inside &= ~nulls.reshape(-1)[fields]
        fields, at = fields[inside], at[inside]
        quoted = _distinct(fields[block[at] == QUOTE])
        for field in quoted.tolist():
            text = self.data[begins[field] : begins[field] + lengths[field]]
            text = b'"' + text.replace(b'"', b'""') + b'"'
            begins[field], lengths[field] = self._add(text), len(text)
        return _distinct(fields[~np.isin(fields, quoted)] if len(quoted) else fields)

    def _flat(self, enclosed: Ints) -> tuple[Ints, Ints, Ints, Ints]:
        """Return where all fields begin, their lengths, the number of each row's fields, and the fields in quotes."""
        count, width = self._begins.shape
        begins, lengths = self._begins.reshape(-1), self._lengths.reshape(-1)
        if self._good.all():
            return begins, lengths, np.full(count, width), enclosed
        self._lengths[~self._good] = 0
        kept = np.repeat(self._good, width)
        kept[::width] = True
        places = np.cumsum(kept) - 1
        return begins[kept], lengths[kept], np.where(self._good, width, 1), places[enclosed]
