"""Read the blocks of a file with lines of fixed width as rows of CSV, all lines of a block at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chalicelib.domain.contract.column import Column
from chalicelib.domain.contract.contract import Limits
from chalicelib.domain.contract.dialect import Dialect, ShortRows
from chalicelib.domain.formats.csv.grammar import Malformation, Malformed
from chalicelib.domain.formats.csv.reading import Origin, Reading
from chalicelib.domain.formats.csv.work import Work
from chalicelib.domain.formats.fixed_width.faults import LineFaults
from chalicelib.domain.formats.fixed_width.lines import LineFinder
from chalicelib.domain.formats.fixed_width.rows import Columns, Rows
from chalicelib.domain.raw.swar import PADDING, fields_of


class FixedWidthReader:
    """Reads the lines of files with these columns, which stand in the order of the file."""

    def __init__(self, columns: Sequence[Column], dialect: Dialect, limits: Limits, *, ignores: bool) -> None:
        """`ignores`: what stands behind the last column does not count."""
        self.newline = dialect.line_end
        self._lines, self._columns = LineFinder(dialect, limits), Columns(columns, dialect)
        fills = dialect.short_rows is ShortRows.FILL
        self._faults = LineFaults(columns, self._columns.spans, fills=fills, ignores=ignores)

    def read(self, data: bytes, size: int, *, at_end: bool, work: Work) -> Reading:
        """Read the records in the first `size` bytes of a padded block."""
        work.spend(size)
        block = fields_of(data)
        lines = self._lines.find(block.data, size, at_end=at_end)
        rows = Rows(self._columns, self._faults, block, lines, data)
        text, records = rows.as_text()
        malformed = {
            row: Malformed(why=Malformation.TOO_LONG, at=int(lines.starts[row])) for row in lines.long.tolist()
        }
        return Reading(
            data=text,
            block=fields_of(text),
            records=replace(records, malformed={**records.malformed, **malformed}),
            starts=lines.starts,
            line_feeds=lines.line_ends,
            consumed=lines.consumed,
            unended=lines.unended,
            origin=Origin(data=data, starts=lines.starts, ends=lines.ends, stops=lines.stops, faults=rows.faults),
            left_out=rows.left_out,
            altered=rows.altered,
        )

    def as_csv(self, record: bytes) -> bytes | None:
        """Return one record as a row of CSV, without a line end; None if it is not one row, or has a fault."""
        found = self.read(record + PADDING, len(record), at_end=True, work=Work())
        faulty = len(found.starts) != 1 or found.records.malformed or (found.origin and found.origin.faults)
        return None if faulty else found.data[: int(found.records.ends[0])]
