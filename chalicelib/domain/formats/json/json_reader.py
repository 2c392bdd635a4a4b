"""Read the blocks of a JSON file as rows of CSV."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from chalicelib.domain.checks.row_fault import RowFault
from chalicelib.domain.contract.column import Column
from chalicelib.domain.contract.contract import ExtraColumns, Limits
from chalicelib.domain.formats.csv.edits import MOST_ROW_BYTES
from chalicelib.domain.formats.csv.grammar import LF, Malformation, Malformed
from chalicelib.domain.formats.csv.reading import Origin, Reading
from chalicelib.domain.formats.csv.records import Records
from chalicelib.domain.formats.csv.work import Work
from chalicelib.domain.formats.json.objects import ObjectReader
from chalicelib.domain.formats.json.records import SEPARATORS, Endless, RecordFinder
from chalicelib.domain.raw.swar import PADDING, fields_of


@dataclass(kw_only=True)
class _Rows:
    """The rows of one block that are read so far."""

    fields: list[bytes] = field(default_factory=list)
    """The fields of all rows, one after the other."""
    widths: list[int] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    stops: list[int] = field(default_factory=list)
    faults: dict[int, RowFault] = field(default_factory=dict)
    undivided: list[int] = field(default_factory=list)
    unended: Malformed | None = None

    def add(self, fields: list[bytes] | RowFault, start: int, end: int, stop: int) -> None:
        if isinstance(fields, RowFault):
            self.faults[len(self.widths)], fields = fields, [b""]
        self.fields += fields
        self.widths.append(len(fields))
        self.starts.append(start)
        self.ends.append(end)
        self.stops.append(stop)


class JsonReader:
    """Reads the objects of files with these columns."""

    newline = b"\n"

    def __init__(self, columns: Sequence[Column], extra: ExtraColumns, limits: Limits) -> None:
        self.objects, self.longest = ObjectReader(columns, extra), limits.max_record_bytes

    def read(self, data: bytes, size: int, *, at_end: bool, work: Work) -> Reading:
        """Read the values in the first `size` bytes of a padded block.

        A value is left to the next block if the block does not show where the value after it begins.
        """
        work.spend(size)
        finder = RecordFinder(self.objects, self.longest, data, size, at_end=at_end, work=work)
        rows = _Rows()
        at = self._blanks(rows, finder)
        while at < size:
            found = finder.record(at)
            if isinstance(found, Endless):
                rows.unended = Malformed(why=Malformation.UNDIVIDED, at=at)
            if found is None or isinstance(found, Endless):
                break
            stop = SEPARATORS.match(data, found.end, size).end()  # type: ignore[union-attr]
            if stop == size and not at_end and size - found.end <= self.longest:
                break
            if found.undivided:
                rows.undivided.append(len(rows.widths))
            rows.add(found.fields, at, found.end, stop)
            at = stop
        return _reading(rows, data, size, at)

    def _blanks(self, rows: _Rows, finder: RecordFinder) -> int:
        """Add a row for blanks in front, which a block has after very many of them. Return the first value's start."""
        at = SEPARATORS.match(finder.data, 0, finder.size).end()  # type: ignore[union-attr]
        if at:
            rows.add([b""], 0, 0, at)
        return at


def _reading(rows: _Rows, data: bytes, size: int, consumed: int) -> Reading:
    lengths = np.fromiter(map(len, rows.fields), np.int64, len(rows.fields))
    widths = np.array(rows.widths, np.int64)
    last = np.cumsum(widths) - 1
    marks = np.cumsum(lengths + 1) - 1
    ends = marks[last]
    staged = np.append(0, ends[:-1] + 1)[: len(ends)]
    text = bytearray(b",".join([*rows.fields, b""]))
    text_view = np.frombuffer(text, np.uint8)
    text_view[ends] = LF
    padded = bytes(text) + PADDING
    long = np.flatnonzero(ends - staged > MOST_ROW_BYTES).tolist()
    malformed = {row: Malformed(why=Malformation.TOO_LONG, at=rows.starts[row]) for row in long}
    feeds = np.flatnonzero(np.frombuffer(data, np.uint8)[:size] == LF)
    starts, finishes, stops = (np.array(index, np.int64) for index in (rows.starts, rows.ends, rows.stops))
    records = Records(
        starts=staged,
        ends=ends,
        marks=marks,
        last_mark=last,
        line_feeds=feeds,
        consumed=len(text),
        malformed=malformed,
        quoted=b'"' in text,
    )
    return Reading(
        data=padded,
        block=fields_of(padded),
        records=records,
        starts=starts,
        line_feeds=feeds,
        consumed=consumed,
        unended=rows.unended,
        origin=Origin(data=data, starts=starts, ends=finishes, stops=stops, faults=rows.faults),
        undivided=rows.undivided,
        one_a_line=False,
    )
