"""Change the few records of a block that COPY would read otherwise, and leave all other bytes as they are.

COPY takes a carriage return outside quotes for a line end, so a field with one is enclosed. The other edits come from
settings of the dialect. A block without a record to edit costs a search for each kind of edit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from chalicelib.domain.formats.csv.block_reader import BlockReader
from chalicelib.domain.formats.csv.grammar import LF, Grammar, Malformation, Malformed
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

    def __init__(self, grammar: Grammar, reader: RecordReader) -> None:
        """`grammar` is that of the text that COPY reads."""
        self.grammar, self.reader = grammar, reader

    def edited(self, reading: Reading) -> Reading:
        """Return the reading as COPY must get it: the same one if there is nothing to edit."""
        edits = list(self._returns(reading))
        return self._rewritten(reading, edits) if edits else reading

    def _returns(self, reading: Reading) -> Iterator[Edit]:
        """Yield each record with a carriage return in a field without quotes, as it is written for COPY."""
        if reading.data.find(CR, 0, reading.consumed) < 0:
            return
        block, records = reading.block.data, reading.records
        at = np.flatnonzero(block[: reading.consumed] == CR[0])
        at = at[block[at + 1] != LF]
        rows, marks = records.starts.searchsorted(at, side="right") - 1, records.marks.searchsorted(at)
        fields = np.where(marks > 0, records.marks[marks - 1] + 1, 0)
        bare = _sound(reading)[rows] & (block[fields] != self.grammar.quote)
        for row in np.unique(rows[bare]).tolist():
            start, end = int(records.starts[row]), int(records.ends[row])
            line = reading.data[start:end] + b"\n"
            found = BlockReader(self.reader, line, len(line), at_end=True).record(0)
            if isinstance(found, Found):
                yield Edit(start, end, self.reader.written(value or b"" for value in found.values))

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
        found = scan(block.data, len(text), at_end=True, grammar=replace(self.grammar, longest=len(padded)))
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
