"""The records of one block in a dialect that `records.py` does not know, in time linear in the block's bytes.

A record is looked for from its start, field by field. If no record is there (a quote out of place, no end within
`longest` bytes), one physical line is skipped, and the next look begins behind it. In a storm of such lines each look
goes `longest` bytes ahead; taken alone, that is quadratic. So what a failed look went through is kept, and a later look
that meets it is not taken again. The argument has three parts.

1. What follows a position is a function of the position and of the state there, not of the record's start: what one
   field is, and what stands behind it, depends on the block's bytes alone (`_field`). So two looks that meet in one
   state stay together. Their verdicts may differ, for the limit counts from each look's own start. The memo therefore
   holds positions: a trail is a class of looks that have met (union-find), with the field that it has got to. A look's
   verdict compares that field with the look's own limit.
2. Limits only grow from look to look, since starts do. So a trail is carried on from where it stopped, never back, and
   its field is the one in which the look's limit falls.
3. Looks meet at the beginning of a field, or in a field without quotes behind an escaped line end; both are kept as
   owned by their trail. They cannot meet elsewhere. A look begins behind a line end: in another look's field without
   quotes that line end is escaped. And inside another look's quotes the states differ until one of them leaves the
   quotes: the quote that opens a field for the one closes it for the other, or is half of a pair, and then all that
   follow pair up differently. So at each byte there is one trail in quotes and one without, besides those about to
   meet, and every byte is matched by a few expressions in all.

Sources: Tarjan, Efficiency of a Good But Not Linear Set Union Algorithm (1975); Mytkowicz et al., Data-Parallel
Finite-State Machines (ASPLOS 2014), for runs of one automaton that converge and stay together.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from chalicelib.domain.formats.csv.grammar import Malformation, Malformed
from chalicelib.domain.formats.csv.record_reader import CR, Found, More, RecordReader
from chalicelib.domain.formats.csv.work import Work

COUNTED_BYTES = 1 << 16
"""So many bytes are looked at between two accounts."""
DELIMITER, END, FAULT, OPEN = range(4)
"""What stands behind a field; OPEN if the block does not show it, or if a quote is never closed."""


_Field = tuple[int, bool, int, int, int]
"""One field, whatever record it is of: its start, whether it has quotes, the index behind it, what stands there, where.

DELIMITER: where the next field starts. END: the line end's last byte. FAULT: the byte at fault. (A tuple for speed.)
"""


@dataclass(slots=True)
class _Trail:
    """Looks that have met."""

    number: int
    """Its place among the trails, from 1."""
    field: _Field
    """The last one that begins within the limit of the latest look."""
    inside: int
    """Within a field in quotes: a place between two characters, up to which it is not closed."""
    into: _Trail | None = None
    """The trail that it has run into."""
    fault: Malformed | None = None

    def last(self) -> _Trail:
        """The trail that this one has become; the way there is halved."""
        trail = self
        while trail.into:
            if trail.into.into:
                trail.into = trail.into.into
            trail = trail.into
        return trail

    def go_on(self, field: _Field) -> None:
        self.field, self.inside = field, field[0] + 1


class BlockReader:
    """Reads the records in the first `size` bytes of `data`, in the order of their starts."""

    def __init__(self, reader: RecordReader, data: bytes, size: int, *, at_end: bool, work: Work | None = None) -> None:
        """`at_end` says that the file ends with these bytes."""
        self.reader, self.data, self.size, self.at_end = reader, data, size, at_end
        self.longest: Final = reader.longest
        self.width: Final = len(reader.delimiter)
        self.margin: Final = max(2, self.width)
        """So many bytes behind a field show what follows it."""
        self.sure: Final = size if at_end else size - self.margin
        self._trails: list[_Trail] = []
        self._owners: array[int] = array("i")
        """For each byte the numbers of two trails: with a field without quotes there, and with a field in quotes."""
        self.looked, self.work = 0, work or Work()

    def record(self, start: int) -> Found | Malformed | More:
        """The record at `start`, which must not lie before the `start` of an earlier call."""
        if self.looked > COUNTED_BYTES:
            self.account()
        return self._read(start, meets=bool(self._trails))

    def account(self) -> None:
        """Charge what was looked at. Raises Rejected beyond the budget."""
        self.work.spend(self.looked)
        self.looked = 0

    def _read(self, start: int, *, meets: bool) -> Found | Malformed | More:
        """The fields one after the other, until an end, a fault, the limit, or the trail of an earlier look."""
        data, reader, values, starts = self.data, self.reader, list[bytes | None](), array("i")
        limit, at, changed = start + self.longest, start, reader.rewritten
        while True:
            if meets and (owner := self._owners[self._place(at)]):
                return self._follow(self._trails[owner - 1].last(), start, starts, at)
            field = self._field(at)
            _, enclosed, stop, then, where = field
            starts.append(at)
            if where > limit or then >= FAULT:
                if then == OPEN and self._lacks_bytes(start):
                    return More.NEEDED
                return self._follow(self._new_trail(field), start, starts, stop + self.width)
            returned = then == END and not enclosed and at < stop and reader.returns and data[stop - 1] == 13
            raw = data[at : stop - returned]
            values.append(value := reader.value(raw, enclosed))
            changed = changed or reader.differs(raw, value, enclosed)
            if then == END:
                return Found(where, values, changed)
            at = where

    def _lacks_bytes(self, start: int) -> bool:
        """Whether the block ends before the farthest byte that counts for the record."""
        return not self.at_end and self.size < start + self.longest + self.margin

    # ---- one field --------------------------------------------------------------------------------------------------

    def _field(self, at: int) -> _Field:
        """The field at `at`, and what stands behind it: the same for every record that it may be of."""
        data, size, reader = self.data, self.size, self.reader
        enclosed = reader.quoted and data.startswith(reader.quote, at, size)
        found = (reader.enclosed if enclosed else reader.plain).match(data, at, size)
        stop = found.end() if found else size
        self.looked += stop - at + 1
        if enclosed and (not found or stop > self.sure):
            return at, True, stop, OPEN, stop
        if data.startswith(reader.delimiter, stop, size):
            return at, enclosed, stop, DELIMITER, stop + self.width
        if data.startswith(reader.newline, stop, size):
            return at, enclosed, stop, END, stop
        if enclosed:
            end = stop + (reader.returns and data.startswith(CR, stop, size))
            ended = end == size or data.startswith(reader.newline, end, size)
            return at, True, stop, END if ended else FAULT, end if ended else stop - 1
        if not self.at_end and (stop == size or data.startswith(b"\\", stop, size)):
            return at, False, stop, OPEN, stop
        return at, False, stop, END if stop == size else FAULT, stop

    # ---- looks that failed ------------------------------------------------------------------------------------------

    def _follow(self, trail: _Trail, start: int, starts: array[int], beyond: int) -> Found | Malformed | More:
        """The verdict on the record at `start`, whose look has come to the trail by the fields at `starts`."""
        self._own(starts, beyond, trail)
        limit = start + self.longest
        while not trail.fault:
            _, _, _, then, where = trail.field
            if then == DELIMITER and where <= limit:
                trail = self._onward(trail)
            elif then == END and where <= limit:
                return self._read(start, meets=False)
            elif then == FAULT and where < limit:
                trail.fault = self._fault(trail.field)
            else:
                needed = then == OPEN and self._lacks_bytes(start)
                return More.NEEDED if needed else self._late(trail, start, limit)
        return trail.fault

    def _new_trail(self, field: _Field) -> _Trail:
        if not self._trails:
            self._owners = array("i", [0]) * (2 * self.size + 2)
        self._trails.append(_Trail(len(self._trails) + 1, field, field[0] + 1))
        return self._trails[-1]

    def _onward(self, trail: _Trail) -> _Trail:
        """Carry a trail on by one field, or into the trail that was there before."""
        at = trail.field[4]
        if owner := self._owners[self._place(at)]:
            trail.into = self._trails[owner - 1].last()
            return trail.into
        field = self._field(at)
        trail.go_on(field)
        self._own(array("i", [at]), field[2] + self.width, trail)
        return trail

    def _place(self, at: int) -> int:
        return 2 * at + (self.reader.quoted and self.data.startswith(self.reader.quote, at, self.size))

    def _own(self, starts: array[int], beyond: int, trail: _Trail) -> None:
        """Note where a later look may meet the trail. A delimiter is between fields, and before `beyond`."""
        starts.append(beyond)
        for start, after in pairwise(starts):
            place = self._place(start)
            self._owners[place] = trail.number
            if self.reader.backslash and place % 2 == 0:
                for at in self.reader.line_starts(self.data, start, after - self.width):
                    self._owners[2 * at] = trail.number

    def _fault(self, field: _Field) -> Malformed:
        _, enclosed, _, _, at = field
        if enclosed:
            return Malformed(why=Malformation.TEXT_AFTER_QUOTE, at=at)
        escape = self.data.startswith(b"\\", at, self.size)
        return Malformed(why=Malformation.ESCAPE if escape else Malformation.BARE_QUOTE, at=at)

    def _late(self, trail: _Trail, start: int, limit: int) -> Malformed:
        """The record does not end in time: because of the quote that opens its last field, or because it is long."""
        (at, enclosed, _, _, _), end = trail.field, min(limit, self.size)
        if enclosed and at < end:
            found = self.reader.inside.match(self.data, trail.inside, end)
            reached = found.end() if found else end
            self.looked += reached - trail.inside + 1
            trail.inside = reached
            if reached == end or not self.data.startswith(self.reader.quote, reached):
                return Malformed(why=Malformation.UNCLOSED, at=at)
        return Malformed(why=Malformation.TOO_LONG, at=start)
