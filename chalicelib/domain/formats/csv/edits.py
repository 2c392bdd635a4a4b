"""Change the few records of a block that COPY would read otherwise, and leave all other bytes as they are.

COPY takes a carriage return outside quotes for a line end, so a field with one is enclosed. The other edits come from
settings of the dialect. A block without a record to edit costs a search for each kind of edit.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from operator import itemgetter

import numpy as np

from chalicelib.domain.contract.dialect import Dialect, EmptyRecords, ShortRows
from chalicelib.domain.contract.tally import Altered, LeftOut
from chalicelib.domain.formats.csv.block_reader import BlockReader
from chalicelib.domain.formats.csv.grammar import LF, Grammar, Malformation, Malformed
from chalicelib.domain.formats.csv.quotes import SPACE, spaces_before
from chalicelib.domain.formats.csv.reading import Reading, content_ends, origin_of
from chalicelib.domain.formats.csv.record_reader import CR, Found, RecordReader
from chalicelib.domain.formats.csv.records import scan
from chalicelib.domain.raw.swar import PADDING, Ints, Mask, fields_of

MOST_ROW_BYTES = 4 << 20
"""Redshift's longest row: a record that becomes longer when it is rewritten is rejected."""


Edit = tuple[int, int, bytes]
"""The start and the stop of some bytes of a block, and the text that they become. It is a tuple for speed."""


class Editor:
    """Edits the blocks of one file."""

    def __init__(
        self, grammar: Grammar, reader: RecordReader, nulls: Sequence[bytes], loaded: Sequence[bool], dialect: Dialect
    ) -> None:
        """`grammar` is that of the file.

        `nulls` has the text that stands for NULL in each column, `loaded` whether the table gets the column's values.
        """
        self.grammar, self.reader, self.nulls = grammar, reader, nulls
        self.fills = dialect.short_rows is ShortRows.FILL
        self.skips = dialect.empty_records is EmptyRecords.SKIP
        delimiter = reader.staged_delimiter
        self.fillings = [b"".join(delimiter + null for null in nulls[width:]) for width in range(len(nulls) + 1)]
        """The text behind a row, by its number of fields."""
        self.missing = [sum(loaded[width:]) for width in range(len(loaded) + 1)]
        """The values that the table lacks of a row, by its number of fields."""

    def edited(self, reading: Reading) -> Reading:
        """Return the reading as COPY must get it: the same one if there is nothing to edit."""
        if self.skips:
            reading = replace(reading, left_out=dict.fromkeys(_empty(reading), LeftOut.EMPTY_RECORDS))
        written = dict(self._returns(reading))
        edits = [*written.values()]
        if self.grammar.blanks and reading.records.quoted:
            edits += [edit for row, edit in self._spaces(reading) if row not in written]
        if self.fills:
            short, widths = self._short(reading)
            edits += self._filled(reading, short, widths, written)
            reading = replace(reading, altered={Altered.FILLED: np.repeat(short, np.array(self.missing)[widths])})
        return self._rewritten(reading, edits) if edits else reading

    def _short(self, reading: Reading) -> tuple[Ints, Ints]:
        """Return the rows with too few fields, and their numbers of fields."""
        widths = _widths(reading)
        short = np.flatnonzero(widths < len(self.nulls))
        if len(short):
            rows = _sound(reading) & (content_ends(reading) > reading.records.starts)
            rows[list(reading.left_out)] = False
            short = short[rows[short]]
        return short, widths[short]

    def _filled(self, reading: Reading, short: Ints, widths: Ints, written: Collection[int]) -> Iterator[Edit]:
        """Yield what stands for the missing columns behind each short row that is not written anyway."""
        ends, fillings = content_ends(reading)[short], self.fillings
        for row, end, width in zip(short.tolist(), ends.tolist(), widths.tolist(), strict=True):
            if row not in written:
                yield end, end, fillings[width]

    def _spaces(self, reading: Reading) -> Iterator[tuple[int, Edit]]:
        """Yield the spaces before each quote that opens a field, with their row."""
        block, records = reading.block.data, reading.records
        at = np.flatnonzero(block[: reading.consumed] == self.grammar.quote)
        starts = spaces_before(block, at)
        rows = records.starts.searchsorted(at, side="right") - 1
        fields = np.append(0, records.marks + 1)[records.marks.searchsorted(at)]
        behind = (starts < at) & (fields == starts) & _sound(reading)[rows]
        found = zip(rows[behind].tolist(), starts[behind].tolist(), at[behind].tolist(), strict=True)
        return ((row, (start, stop, b"")) for row, start, stop in found)

    def _returns(self, reading: Reading) -> Iterator[tuple[int, Edit]]:
        """Yield each row with a carriage return in a field without quotes, and how it is written for COPY."""
        if reading.data.find(CR, 0, reading.consumed) < 0:
            return
        block, records = reading.block.data, reading.records
        returns = block[: reading.consumed] == CR[0]
        feeds = records.line_feeds[: records.line_feeds.searchsorted(reading.consumed)]
        if np.count_nonzero(returns) == np.count_nonzero(returns[np.maximum(feeds - 1, 0)]):
            return  # each stands before a line feed
        at = np.flatnonzero(returns & (block[1 : reading.consumed + 1] != LF))
        rows = records.starts.searchsorted(at, side="right") - 1
        fields = np.append(0, records.marks + 1)[records.marks.searchsorted(at)]
        bare = _sound(reading)[rows] & ~self._opens(reading, fields)
        found = np.unique(rows[bare])
        ends = content_ends(reading)
        for row in found.tolist():
            start, end, stop = int(records.starts[row]), int(ends[row]), int(records.ends[row])
            values = self._values(reading.data[start:end], reading.data[end:stop])
            missing = self.nulls[len(values) :] if self.fills else ()
            yield row, (start, stop, self.reader.written([*values, *missing]))

    def _values(self, record: bytes, returned: bytes) -> list[bytes]:
        """Return the values of a sound record, behind which is a carriage return or nothing, and a line feed."""
        if self.reader.quote not in record:
            return record.split(self.reader.delimiter)
        line = record + returned + b"\n"
        found = BlockReader(self.reader, line, len(line), at_end=True).record(0)
        return [value or b"" for value in found.values] if isinstance(found, Found) else []

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
        records, origin = reading.records, origin_of(reading)
        late, edits = _without_long_rows(reading, edits)
        malformed = {**records.malformed, **late}
        bad = sorted(malformed)
        removed = [(a, b, b"") for a, b in zip(origin.starts[bad].tolist(), origin.ends[bad].tolist(), strict=True)]
        text = b"".join(_pieces(reading, sorted([*removed, *edits], key=itemgetter(0))))
        padded = text + PADDING
        block = fields_of(padded)
        found = scan(
            block.data, len(text), at_end=True, grammar=replace(self.grammar, longest=len(padded), blanks=False)
        )
        found = replace(found, malformed=malformed)
        return replace(reading, data=padded, block=block, records=found, origin=origin)


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
    for start, stop, text in edits:
        yield view[at:start]
        yield text
        at = stop
    yield view[at : reading.consumed]
    if reading.records.ends[-1] == reading.consumed:  # the file's last line has no end
        yield b"\n"


def _without_long_rows(reading: Reading, edits: Sequence[Edit]) -> tuple[dict[int, Malformed], Sequence[Edit]]:
    """Return the rows that become too long, and the edits of the other rows."""
    starts = reading.records.starts
    lengths = reading.records.ends - starts
    if int(np.max(lengths)) + sum(len(text) for _, _, text in edits) <= MOST_ROW_BYTES:
        return {}, edits
    rows = starts.searchsorted([start for start, _, _ in edits], side="right") - 1
    np.add.at(lengths, rows, [len(text) - stop + start for start, stop, text in edits])
    late = np.flatnonzero(lengths > MOST_ROW_BYTES).tolist()
    kept = [edit for edit, row in zip(edits, rows.tolist(), strict=True) if row not in late]
    return {row: Malformed(why=Malformation.TOO_LONG, at=int(starts[row])) for row in late}, kept
