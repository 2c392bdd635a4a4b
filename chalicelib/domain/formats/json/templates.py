"""Read the objects of a block that are written alike, all at once.

The first object and the one behind it show the gap between objects. Wherever this gap stands, an object may begin.
Between two such places, an object of a known shape is proven: its texts stand where the shape has them, each value
between them is JSON, and the last text ends where the gap begins. Each object that is not proven is left to
`records.py`, and may give another shape.

The proof for a text in quotes is that the next quote without a backslash before it ends it, and that it has no control
characters. For another value it is the grammar of numbers and words.
Source: Li et al., Mison: A Fast JSON Parser for Data Analytics, VLDB 2017, for the idea to speculate on shapes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from chalicelib.domain.checks.row_fault import RowFault
from chalicelib.domain.formats.json.objects import ObjectReader
from chalicelib.domain.formats.json.records import SEPARATORS
from chalicelib.domain.formats.json.shapes import ONLY_NULL, Shape, shape_of
from chalicelib.domain.formats.json.values import Column, Pool
from chalicelib.domain.formats.json.view import LF, OPENING, QUOTE, View
from chalicelib.domain.raw.swar import Ints, Mask

MOST_SHAPES = 16
"""Shapes that are kept for a file."""
NEW_SHAPES = 4
"""Objects of a block that are looked at for another shape."""
FEW_ROWS = 16
"""Objects that are not worth another shape."""


@dataclass(kw_only=True)
class Alike:
    """Objects of a block that may follow each other, and the fields of those that are proven."""

    starts: Ints
    ends: Ints
    nexts: Ints
    """Where the object behind each one begins."""
    proven: Mask
    field_starts: Ints
    """For each object and column the index of its field in the block, or behind it in the pool."""
    field_lengths: Ints
    pool: Pool
    breaks: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    """Objects behind which another proven one does not follow directly."""

    def run(self, at: int) -> slice | None:
        """Return the proven objects that follow each other from index `at` on; None if none is there."""
        row = int(self.starts.searchsorted(at))
        if row == len(self.starts) or self.starts[row] != at or not self.proven[row]:
            return None
        return slice(row, int(self.breaks[self.breaks.searchsorted(row)]) + 1)


class Templates:
    """The shapes of one file's objects."""

    def __init__(self, reader: ObjectReader, longest: int) -> None:
        self.reader, self.longest, self.shapes = reader, longest, list[Shape]()

    def read(self, view: View, start: int, end: int, pool: Pool) -> Alike | None:
        """Read the objects from the one in [start, end) on. Return None if few others follow it with the same gap."""
        if len(self.reader.columns) == 1:
            return None
        starts, ends, nexts = _candidates(view, start, end)
        if len(starts) < FEW_ROWS:
            return None
        shape = (len(starts), len(self.reader.columns))
        found = Alike(
            starts=starts,
            ends=ends,
            nexts=nexts,
            proven=np.zeros(len(starts), np.bool_),
            field_starts=np.zeros(shape, np.int64),
            field_lengths=np.zeros(shape, np.int64),
            pool=pool,
        )
        self._prove(view, found)
        follows = found.proven[:-1] & found.proven[1:] & (nexts[:-1] == starts[1:])
        found.breaks = np.append(np.flatnonzero(~follows), len(starts) - 1)
        return found

    def _prove(self, view: View, found: Alike) -> None:
        may = (found.ends - found.starts <= self.longest) & ~view.spoilt(found.starts, found.ends)
        left = np.flatnonzero(may)
        for shape in list(self.shapes):
            left = self._try(view, found, shape, left)
        tried = 0
        while len(left) >= FEW_ROWS and tried < NEW_SHAPES:
            first, tried = left[0], tried + 1
            shape_ = self._shape(view.data[int(found.starts[first]) : int(found.ends[first])])
            if shape_ is None or shape_ in self.shapes:
                left = left[1:]
                continue
            self.shapes = [shape_, *self.shapes][:MOST_SHAPES]
            left = self._try(view, found, shape_, left)

    def _try(self, view: View, found: Alike, shape: Shape, rows: Ints) -> Ints:
        """Prove the objects of one shape. Return the rows that are left."""
        if not len(rows):
            return rows
        proven = _Match(view, self.reader, found, shape, rows).run()
        found.proven[proven] = True
        return rows[~found.proven[rows]]

    def _shape(self, record: bytes) -> Shape | None:
        try:
            value, end = self.reader.scan(record.decode("latin-1"))
        except (ValueError, RecursionError):
            return None
        if end < len(record) or isinstance(self.reader.row(value, record), RowFault):
            return None
        return shape_of(record, self.reader)


def _candidates(view: View, start: int, end: int) -> tuple[Ints, Ints, Ints]:
    """Return where objects may start and end, and where the next one starts, if the first one is in [start, end)."""
    data, size = view.data, view.size
    stop = SEPARATORS.match(data, end, size).end()  # type: ignore[union-attr]
    gap = data[end - 1 : stop + 1]
    if gap[:1] != b"}" or gap[-1:] != b"{":
        return (np.empty(0, np.int64),) * 3
    anchor = gap.find(b"\n")
    at = view.feeds - anchor if anchor >= 0 else np.flatnonzero(view.bytes[:size] == OPENING) - (len(gap) - 1)
    at = at[(at >= end - 1) & (at <= size - len(gap))]
    for offset, byte in enumerate(gap):
        if byte != LF or offset != anchor:
            at = at[view.bytes[at + offset] == byte]
    ends, nexts = at + 1, at + len(gap) - 1
    return np.append(start, nexts[:-1])[: len(nexts)], ends, nexts


class _Match:
    """Some objects beside one shape: those that fit so far, and their fields."""

    def __init__(self, view: View, reader: ObjectReader, found: Alike, shape: Shape, rows: Ints) -> None:
        self.view, self.found, self.shape, self.rows = view, found, shape, rows
        self.column = Column(view, reader, found.pool)
        self.starts, self.ends = found.starts[rows], found.ends[rows]
        self.at, self.quote = self.starts, view.quotes.searchsorted(self.starts)
        self.fields: dict[int, tuple[Ints, Ints]] = {}
        """The start and length of each column's field, by column."""
        self.null_lengths = [len(null) for null in reader.nulls]

    def run(self) -> Ints:
        """Return the rows that are proven; write their fields."""
        view, texts = self.view, self.shape.texts
        self._keep(view.counts(view.controls, self.starts, self.ends) == self.shape.controls)
        for number, target in enumerate(self.shape.targets):
            self._keep(view.begins_with(texts[number], self.at))
            begin = np.minimum(self.at + len(texts[number]), view.size)
            self.quote = self.quote + _quotes(texts[number])
            self.at = self._stop(begin, number)
            fits = (self.at > begin) & (self.at <= self.ends)
            begin = begin[fits] if self._keep(fits) else begin
            sound, *field_ = self._values(begin, target)
            if target >= 0:
                self.fields[target] = field_[0], field_[1]
            self._keep(sound)
        self._keep(view.begins_with(texts[-1], self.at) & (self.at + len(texts[-1]) == self.ends))
        self._write()
        return self.rows

    def _keep(self, good: Mask) -> bool:
        """Keep only these rows. Return whether some are left out."""
        if good.all():
            return False
        self.rows, self.starts, self.ends = self.rows[good], self.starts[good], self.ends[good]
        self.at, self.quote = self.at[good], self.quote[good]
        self.fields = {index: (start[good], length[good]) for index, (start, length) in self.fields.items()}
        return True

    def _write(self) -> None:
        rows = slice(None) if len(self.rows) == len(self.found.starts) else self.rows
        absent = self.found.pool.null
        for index, length in enumerate(self.null_lengths):
            start, size = self.fields.get(index, (absent, length))
            self.found.field_starts[rows, index], self.found.field_lengths[rows, index] = start, size

    def _stop(self, begin: Ints, number: int) -> Ints:
        """Return where each value ends, and move to the first quote behind it."""
        quotes, text, last = self.view.quotes, self.shape.texts[number + 1], number + 2 == len(self.shape.texts)
        first = self.view.bytes[begin]
        quoted = first == QUOTE
        most = len(quotes) - 1
        plain = self.ends - len(text) if last else quotes[np.minimum(self.quote, most)] - text.find(b'"')
        stop = np.where(quoted, quotes[np.minimum(self.quote + 1, most)] + 1, plain)
        self.quote = self.quote + 2 * quoted
        nested = np.flatnonzero((first | 0x20) == OPENING)
        if len(nested):
            stop[nested] = self.view.closing(self.shape.levels[number], begin[nested]) + 1
            self.quote[nested] = quotes.searchsorted(stop[nested])
        return np.minimum(stop, self.view.size)

    def _values(self, begin: Ints, target: int) -> tuple[Mask, Ints, Ints]:
        sound, start, length = self.column.read(self.view.fields.part(begin, self.at - begin), target)
        if target == ONLY_NULL:
            sound &= start == self.found.pool.null
        return sound, start, length


def _quotes(text: bytes) -> int:
    """Return the number of quotes in a shape's text that are not escaped."""
    return text.replace(b"\\\\", b"").replace(b'\\"', b"").count(b'"')
