"""Read the blocks of a JSON file as rows of CSV: many objects at once, others one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from chalicelib.domain.checks.row_fault import RowFault
from chalicelib.domain.contract.column import Column
from chalicelib.domain.contract.contract import ExtraColumns, Limits
from chalicelib.domain.formats.csv.grammar import Malformation, Malformed
from chalicelib.domain.formats.csv.reading import Origin, Reading
from chalicelib.domain.formats.csv.work import Work
from chalicelib.domain.formats.json.batches import Batch, BatchReader
from chalicelib.domain.formats.json.objects import ObjectReader
from chalicelib.domain.formats.json.records import CUT_SEPARATOR, Endless, Found, RecordFinder, next_value
from chalicelib.domain.formats.json.sheet_cells import SheetCells
from chalicelib.domain.formats.json.values import Pool
from chalicelib.domain.formats.json.view import View
from chalicelib.domain.formats.pieces import as_text
from chalicelib.domain.raw.swar import PADDING, Ints, fields_of

MOST_TRIES = 4
"""Objects of a block behind which a batch is looked for."""


@dataclass(kw_only=True)
class _Rows:
    """Consecutive rows of a block."""

    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    stops: list[int] = field(default_factory=list)
    widths: list[int] = field(default_factory=list)
    field_starts: list[int] = field(default_factory=list)
    field_lengths: list[int] = field(default_factory=list)


class _Block:
    """The rows of one block that are read so far: arrays of rows read at once, and lists of others."""

    def __init__(self, view: View) -> None:
        self.view, self.pool = view, Pool(len(view.data))
        self.parts: list[tuple[Ints, ...]] = []
        self.rows, self.count = _Rows(), 0
        self.faults: dict[int, RowFault] = {}
        self.undivided: list[int] = []
        self.unended: Malformed | None = None

    def add(self, fields: Sequence[bytes] | RowFault, start: int, end: int, stop: int) -> None:
        if isinstance(fields, RowFault):
            self.faults[self.count], fields = fields, [b""]
        rows = self.rows
        rows.field_starts += map(self.pool.add, fields)
        rows.field_lengths += map(len, fields)
        rows.widths.append(len(fields))
        rows.starts.append(start)
        rows.ends.append(end)
        rows.stops.append(stop)
        self.count += 1

    def add_batch(self, batch: Batch, rows: slice) -> None:
        self._close()
        starts, lengths = batch.field_starts[rows], batch.field_lengths[rows]
        widths = np.full(len(starts), starts.shape[1])
        bounds = (batch.starts[rows], batch.ends[rows], batch.nexts[rows])
        self.parts.append((*bounds, widths, starts.reshape(-1), lengths.reshape(-1)))
        self.count += len(starts)

    def _close(self) -> None:
        rows = self.rows
        if rows.starts:
            lists = (rows.starts, rows.ends, rows.stops, rows.widths, rows.field_starts, rows.field_lengths)
            self.parts.append(tuple(np.array(values, np.int64) for values in lists))
            self.rows = _Rows()

    def reading(self, consumed: int) -> Reading:
        """Return the rows as text that COPY reads."""
        self._close()
        parts = self.parts or [(np.empty(0, np.int64),) * 6]
        starts, ends, stops, widths, begins, lengths = map(np.concatenate, zip(*parts, strict=True))
        source = np.frombuffer(b"".join([self.view.data, *self.pool.parts, PADDING]), np.uint8)
        data, records = as_text(source, begins, lengths, widths, starts=starts, line_feeds=self.view.feeds)
        return Reading(
            data=data,
            block=fields_of(data),
            records=records,
            starts=starts,
            line_feeds=self.view.feeds,
            consumed=consumed,
            unended=self.unended,
            origin=Origin(data=self.view.data, starts=starts, ends=ends, stops=stops, faults=self.faults),
            undivided=self.undivided,
            one_a_line=False,
        )


class JsonReader:
    """Reads the objects of files with these columns."""

    newline = b"\n"

    def __init__(
        self, columns: Sequence[Column], extra: ExtraColumns, limits: Limits, *, of_sheet: bool = False
    ) -> None:
        """`of_sheet`: the objects are the rows of a sheet, with the names of their cells."""
        self.objects, self.longest = ObjectReader(columns, extra, of_sheet=of_sheet), limits.max_record_bytes
        self.place = SheetCells(self.objects).name if of_sheet else None
        self.batches = BatchReader(self.objects, self.longest)

    def read(self, data: bytes, size: int, *, at_end: bool, work: Work) -> Reading:
        """Read the values in the first `size` bytes of a padded block.

        A value is left to the next block if the block does not show where the value after it begins.
        """
        work.spend(size)
        finder = RecordFinder(self.objects, self.longest, data, size, at_end=at_end, work=work)
        block, batch, tries = _Block(View(data, size)), None, MOST_TRIES
        at = self._blanks(block)
        while at < size and (at_end or not CUT_SEPARATOR.fullmatch(data, at, size)):
            if batch and (run := batch.run(at)):
                block.add_batch(batch, run)
                at = int(batch.nexts[run.stop - 1])
                continue
            found = finder.record(at)
            stop = self._take(block, at, found, at_end=at_end)
            if stop is None:
                break
            if isinstance(found, Found) and not batch and tries and not isinstance(found.fields, RowFault):
                batch, tries = self.batches.read(block.view, at, found.end, block.pool), tries - 1
            at = stop
        return replace(block.reading(at), place=self.place)

    def _take(self, block: _Block, at: int, found: Found | Endless | None, *, at_end: bool) -> int | None:
        """Add a record. Return where the next one begins; None if the block does not show that."""
        size = block.view.size
        if isinstance(found, Endless):
            block.unended = Malformed(why=Malformation.UNDIVIDED, at=found.at)
        if not isinstance(found, Found):
            return None
        stop = next_value(block.view.data, found.end, size)
        if not at_end and size - found.end <= self.longest and CUT_SEPARATOR.fullmatch(block.view.data, stop, size):
            return None
        if found.undivided:
            block.undivided.append(block.count)
        block.add(found.fields, at, found.end, stop)
        return stop

    def _blanks(self, block: _Block) -> int:
        """Add a row for blanks in front, which a block has after very many of them. Return the first value's start."""
        at = next_value(block.view.data, 0, block.view.size)
        if at:
            block.add([b""], 0, 0, at)
        return at
