"""Read the objects of a block at once, as many as are certain.

If nearly all have the shape of the first one, `alike.py` finds their values. Else the general way reads any names.
The first object and the one behind it show the gap between objects. Wherever this gap stands, an object may begin.
Each object between two such places that is not proven (`members.py`) is left to `records.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from chalicelib.domain.formats.json.alike import Shape, find, shape_of
from chalicelib.domain.formats.json.members import MemberReader, Objects, Taken
from chalicelib.domain.formats.json.names import NameTable
from chalicelib.domain.formats.json.objects import ObjectReader
from chalicelib.domain.formats.json.records import next_value
from chalicelib.domain.formats.json.values import Pool, Values
from chalicelib.domain.formats.json.view import LF, OPENING, QUOTE, View
from chalicelib.domain.raw.swar import Ints, Mask

FEW_ROWS = 16
"""Objects that are not worth it."""


@dataclass(kw_only=True)
class Batch:
    """Objects of a block that may follow each other, and the fields of those that are proven."""

    starts: Ints
    ends: Ints
    nexts: Ints
    """Where the object behind each one begins."""
    proven: Mask
    field_starts: Ints
    """For each object and column the index of its field in the block, or behind it in the pool."""
    field_lengths: Ints
    breaks: Ints = field(init=False)
    """Objects behind which another proven one does not follow directly."""

    def __post_init__(self) -> None:
        follows = self.proven[:-1] & self.proven[1:] & (self.nexts[:-1] == self.starts[1:])
        self.breaks = np.append(np.flatnonzero(~follows), len(self.starts) - 1)

    def run(self, at: int) -> slice | None:
        """Return the proven objects that follow each other from index `at` on; None if none is there."""
        row = int(self.starts.searchsorted(at))
        if row == len(self.starts) or self.starts[row] != at or not self.proven[row]:
            return None
        return slice(row, int(self.breaks[self.breaks.searchsorted(row)]) + 1)


class BatchReader:
    """Reads the objects of one file."""

    def __init__(self, reader: ObjectReader, longest: int) -> None:
        self.reader, self.longest = reader, longest
        self.names = NameTable(reader.tree, reader, root=True)
        self._nulls = np.array([len(null) for null in reader.nulls], np.int64)

    def read(self, view: View, start: int, end: int, pool: Pool) -> Batch | None:
        """Read the objects from the one in [start, end) on. Return None if few others follow it with the same gap."""
        if len(self.reader.columns) == 1:
            return None
        return self._alike(view, start, end, pool) or self._any(view, start, end, pool)

    def _alike(self, view: View, start: int, end: int, pool: Pool) -> Batch | None:
        """Read the objects that have the shape of the first one. Return None if not nearly all of them do."""
        stop = next_value(view.data, end, view.size)
        shape = shape_of(view.data[start:end], view.data[end:stop], self.reader)
        found = find(view, start, end, shape, self.longest) if shape else None
        if not shape or not found or len(found.fit) < FEW_ROWS:
            return None
        values, firsts = found.values, view.bytes[found.values.start]
        targets = np.tile(np.array(shape.targets, np.int64), len(found.fit))
        sound, starts, lengths = Values(view, self.reader, pool).read(values, firsts, targets)
        texts = firsts == QUOTE
        sound &= ~texts | ((values.length > 1) & (view.bytes[values.stop - 1] == QUOTE))
        if not found.has_one_text_each(view, firsts, sound):
            return None
        return Batch(
            starts=found.starts,
            ends=found.ends,
            nexts=found.nexts,
            proven=found.fit & sound.reshape(len(found.fit), -1).all(axis=1),
            field_starts=self._in_columns(shape, starts, np.full(len(self._nulls), pool.null)),
            field_lengths=self._in_columns(shape, lengths, self._nulls),
        )

    def _in_columns(self, shape: Shape, values: Ints, nulls: Ints) -> Ints:
        """Return what belongs to each object's columns, from what belongs to its values."""
        rows = values.reshape(-1, len(shape.targets))
        if shape.targets == tuple(range(len(nulls))):
            return rows
        found = np.tile(nulls, (len(rows), 1))
        own = [place for place, target in enumerate(shape.targets) if target >= 0]
        found[:, [shape.targets[place] for place in own]] = rows[:, own]
        return found

    def _any(self, view: View, start: int, end: int, pool: Pool) -> Batch | None:
        """Read the objects that have any names in any order."""
        starts, ends, nexts = _candidates(view, start, end)
        if len(starts) < FEW_ROWS:
            return None
        proven = self._eligible(view, starts, ends)
        rows = np.flatnonzero(proven)
        objects = Objects(starts[rows], ends[rows], rows, 1, self.names)
        members = MemberReader(view, Values(view, self.reader, pool), objects)
        proven[np.concatenate(members.wrong)] = False
        fields = self._fields(proven, members.taken, pool.null)
        return Batch(
            starts=starts, ends=ends, nexts=nexts, proven=proven, field_starts=fields[0], field_lengths=fields[1]
        )

    def _eligible(self, view: View, starts: Ints, ends: Ints) -> Mask:
        """Return which objects have quotes in pairs, only characters of JSON, and no more bytes than allowed."""
        quotes = view.quotes.searchsorted(ends) - view.quotes.searchsorted(starts)
        eligible: Mask = (ends - starts <= self.longest) & ~view.spoilt(starts, ends) & (quotes % 2 == 0)
        strange = view.strange_controls
        if len(strange):
            eligible &= strange.searchsorted(ends) == strange.searchsorted(starts)
        return eligible

    def _fields(self, proven: Mask, taken: list[Taken], null: int) -> tuple[Ints, Ints]:
        """Return the start and length of each object's field in each column. Objects with two of one are not proven."""
        rows, columns, starts, lengths = (
            np.concatenate([getattr(some, what) for some in taken]) for what in ("rows", "columns", "starts", "lengths")
        )
        width = len(self._nulls)
        places, numbers = rows * width + columns, np.arange(len(rows))
        last = np.empty(len(proven) * width, np.int64)
        last[places] = numbers
        proven[rows[last[places] != numbers]] = False
        field_starts, field_lengths = np.full(len(last), null), np.tile(self._nulls, len(proven))
        field_starts[places], field_lengths[places] = starts, lengths
        return field_starts.reshape(-1, width), field_lengths.reshape(-1, width)


def _candidates(view: View, start: int, end: int) -> tuple[Ints, Ints, Ints]:
    """Return where objects may start and end, and where the next one starts, if the first one is in [start, end)."""
    data, size = view.data, view.size
    stop = next_value(data, end, size)
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
