"""Change the few records of a block that COPY would read otherwise, and leave all other bytes as they are.

COPY takes a carriage return outside quotes for a line end, so a field with one is enclosed. The other edits come from
settings of the dialect. A block without a record to edit costs a search for each kind of edit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from chalicelib.domain.contract.dialect import Dialect, EmptyRecords, ShortRows
from chalicelib.domain.contract.tally import Altered, LeftOut
from chalicelib.domain.formats.csv.block_reader import BlockReader
from chalicelib.domain.formats.csv.grammar import LF, Grammar, Malformation, Malformed
from chalicelib.domain.formats.csv.quotes import SPACE, spaces_before
from chalicelib.domain.formats.csv.reading import Origin, Reading
from chalicelib.domain.formats.csv.record_reader import CR, Found, RecordReader
from chalicelib.domain.formats.csv.records import scan
from chalicelib.domain.raw.swar import PADDING, Ints, Mask, fields_of

MOST_ROW_BYTES = 4 << 20
"""Redshift's longest row: a record that becomes longer when it is rewritten is rejected."""


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """The bytes [start, stop) of a block become `text`."""

    start: int
    stop: int
    text: bytes = b""


class Editor:
    """Edits the blocks of one file."""

    def __init__(self, grammar: Grammar, reader: RecordReader, nulls: Sequence[bytes], dialect: Dialect) -> None:
        """`grammar` is that of the file, `nulls` has the text that stands for NULL in each column."""
        self.grammar, self.reader, self.nulls = grammar, reader, nulls
        self.fills = dialect.short_rows is ShortRows.FILL
        self.skips = dialect.empty_records is EmptyRecords.SKIP

    def edited(self, reading: Reading) -> Reading:
        """Return the reading as COPY must get it: the same one if there is nothing to edit."""
        if self.skips:
            reading = replace(reading, left_out=dict.fromkeys(_empty(reading), LeftOut.EMPTY_RECORDS))
        written = dict(self._returns(reading))
        edits = [*written.values()]
        if self.grammar.blanks and reading.records.quoted:
            edits += [edit for row, edit in self._spaces(reading) if row not in written]
        if self.fills:
            filled = list(self._filled(reading))
            edits += [edit for row, edit, _ in filled if row not in written]
            rows = np.array([row for row, _, missing in filled for _ in range(missing)], np.int64)
            reading = replace(reading, altered={Altered.FILLED: rows})
        return self._rewritten(reading, edits) if edits else reading

    def filling(self, width: int) -> bytes:
        """Return the text behind a row that has only `width` fields."""
        delimiter = self.reader.staged_delimiter
        return b"".join(delimiter + null for null in self.nulls[width:])

    def _filled(self, reading: Reading) -> Iterator[tuple[int, Edit, int]]:
        """Yield each row with too few fields, what to put behind it, and how many fields it lacks."""
        ends, widths = content_ends(reading), _widths(reading)
        rows = _sound(reading) & (ends > reading.records.starts) & (widths < len(self.nulls))
        rows[list(reading.left_out)] = False
        short = np.flatnonzero(rows)
        for row, end, width in zip(short.tolist(), ends[short].tolist(), widths[short].tolist(), strict=True):
            yield row, Edit(end, end, self.filling(width)), len(self.nulls) - width

    def _spaces(self, reading: Reading) -> Iterator[tuple[int, Edit]]:
        """Yield the spaces before each quote that opens a field, with their row."""
        block, records = reading.block.data, reading.records
        at = np.flatnonzero(block[: reading.consumed] == self.grammar.quote)
        starts = spaces_before(block, at)
        rows = records.starts.searchsorted(at, side="right") - 1
        fields = np.append(0, records.marks + 1)[records.marks.searchsorted(at)]
        behind = (starts < at) & (fields == starts) & _sound(reading)[rows]
        found = zip(rows[behind].tolist(), starts[behind].tolist(), at[behind].tolist(), strict=True)
        return ((row, Edit(start, stop)) for row, start, stop in found)

    def _returns(self, reading: Reading) -> Iterator[tuple[int, Edit]]:
        """Yield each row with a carriage return in a field without quotes, and how it is written for COPY."""
        if reading.data.find(CR, 0, reading.consumed) < 0:
            return
        block, records = reading.block.data, reading.records
        stray = block[: reading.consumed] == CR[0]
        stray &= block[1 : reading.consumed + 1] != LF
        if not stray.any():
            return
        at = np.flatnonzero(stray)
        rows = records.starts.searchsorted(at, side="right") - 1
        fields = np.append(0, records.marks + 1)[records.marks.searchsorted(at)]
        bare = _sound(reading)[rows] & ~self._opens(reading, fields)
        for row in np.unique(rows[bare]).tolist():
            start, end = int(records.starts[row]), int(records.ends[row])
            line = reading.data[start:end] + b"\n"
            found = BlockReader(self.reader, line, len(line), at_end=True).record(0)
            if isinstance(found, Found):
                missing = self.nulls[len(found.values) :] if self.fills else ()
                values = [*(value or b"" for value in found.values), *missing]
                yield row, Edit(start, end, self.reader.written(values))

    def _opens(self, reading: Reading, fields: Ints) -> Mask:
        """Return which fields, given by their starts, are in quotes."""
        block, quotes = reading.block.data, fields
        if self.grammar.blanks and len(fields):
            solid = np.append(np.flatnonzero(block != SPACE), len(block) - 1)
            quotes = solid[solid.searchsorted(fields)]
        opens: Mask = block[quotes] == self.grammar.quote
        return opens

    def _rewritten(self, reading: Reading, edits: Sequence[Edit]) -> Reading:
        """Return the reading with the edits, and without the text of malformed rows: quotes there would mislead."""
        records, ends = reading.records, content_ends(reading)
        late, edits = _without_long_rows(reading, edits)
        malformed = {**records.malformed, **late}
        bad = sorted(malformed)
        removed = [Edit(a, b) for a, b in zip(records.starts[bad].tolist(), ends[bad].tolist(), strict=True)]
        text = b"".join(_pieces(reading, sorted([*removed, *edits], key=lambda edit: edit.start)))
        padded = text + PADDING
        block = fields_of(padded)
        found = scan(
            block.data, len(text), at_end=True, grammar=replace(self.grammar, longest=len(padded), blanks=False)
        )
        stops = np.minimum(records.ends + 1, reading.consumed)
        return replace(
            reading,
            data=padded,
            block=block,
            records=replace(found, malformed=malformed),
            origin=Origin(data=reading.data, starts=records.starts, ends=ends, stops=stops),
        )


def content_ends(reading: Reading) -> Ints:
    """Return the index after each record, before its line end."""
    ends, block = reading.records.ends, reading.block.data
    returned = (block[np.maximum(ends - 1, 0)] == CR[0]) & (ends > reading.records.starts)
    found: Ints = ends - returned
    return found


def _widths(reading: Reading) -> Ints:
    """Return the number of fields of each row."""
    return np.diff(reading.records.last_mark, prepend=-1)


def _empty(reading: Reading) -> list[int]:
    """Return the rows of several fields that have only delimiters."""
    lengths, widths = content_ends(reading) - reading.records.starts, _widths(reading)
    rows: list[int] = np.flatnonzero(_sound(reading) & (widths > 1) & (lengths == widths - 1)).tolist()
    return rows


def _sound(reading: Reading) -> Mask:
    """Return which rows are not malformed."""
    sound = np.ones(len(reading.records.starts), np.bool_)
    sound[list(reading.records.malformed)] = False
    return sound


def _pieces(reading: Reading, edits: Sequence[Edit]) -> Iterator[bytes | memoryview]:
    """Yield the block's records with sorted edits."""
    view, at = memoryview(reading.data), 0
    for edit in edits:
        yield view[at : edit.start]
        yield edit.text
        at = edit.stop
    yield view[at : reading.consumed]
    if reading.records.ends[-1] == reading.consumed:  # the file's last line has no end
        yield b"\n"


def _without_long_rows(reading: Reading, edits: Sequence[Edit]) -> tuple[dict[int, Malformed], Sequence[Edit]]:
    """Return the rows that become too long, and the edits of the other rows."""
    starts = reading.records.starts
    lengths = reading.records.ends - starts
    rows = starts.searchsorted([edit.start for edit in edits], side="right") - 1
    np.add.at(lengths, rows, [len(edit.text) - edit.stop + edit.start for edit in edits])
    late = np.flatnonzero(lengths > MOST_ROW_BYTES).tolist()
    if not late:
        return {}, edits
    kept = [edit for edit, row in zip(edits, rows.tolist(), strict=True) if row not in late]
    return {row: Malformed(why=Malformation.TOO_LONG, at=int(starts[row])) for row in late}, kept
