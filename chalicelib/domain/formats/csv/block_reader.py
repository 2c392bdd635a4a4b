"""Read the records of one block in a dialect that `records.py` does not support, in time linear in the block's bytes.

The reader searches for a record from its start, field by field: a look. A look fails on a misplaced quote, or if there
is no end within `longest` bytes. Then one physical line is skipped, and the next look begins after it. In a storm of
such lines each look goes `longest` bytes ahead, which alone would be quadratic. So the reader keeps the way of a failed
look, and a later look that meets this way does not read it again. The argument has three parts.

1. The text after a position depends on the position and the state there, not on the record's start: the block's bytes
   alone determine one field and what follows it (`_field`). So two looks that meet in one state stay together. Their
   results may differ, because the limit counts from each look's own start. The memo therefore holds positions. A trail
   is a class of looks that have met (union-find), with the last field that it has reached. The result of a look
   compares that field with the look's own limit.
2. Starts grow from look to look, and so do limits. So a trail continues from where it stopped and never goes back. Its
   field is the one that contains the look's limit.
3. Looks meet at the beginning of a field, or, in a field without quotes, after an escaped line end. The trail owns both
   kinds of positions. Looks cannot meet elsewhere. A look begins after a line end: in another look's field without
   quotes that line end is escaped. Inside another look's quotes the states differ until one of the two leaves the
   quotes: the quote that opens a field for one look closes it for the other, or is half of a pair, and then all later
   quotes pair up differently. So at each byte there is one trail in quotes and one without, besides trails that are
   about to meet. A constant number of expressions match every byte.

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
"""Number of bytes examined between two charges to the budget."""
DELIMITER, END, FAULT, OPEN = range(4)
"""What follows a field. OPEN: the block does not show it, or a quote is never closed."""


_Field = tuple[int, bool, int, int, int]
"""One field, in any record: its start or its opening quote, whether it has quotes, the index after it, what follows it,
and an index.

The index is for DELIMITER the start of the next field, for END the last byte of the line end, for FAULT the wrong byte.
It is a tuple for speed.
"""


@dataclass(slots=True)
class _Trail:
    """Looks that have met."""

    number: int
    """Its number among the trails, from 1."""
    field: _Field
    """The last field that begins within the limit of the latest look."""
    inside: int
    """In a quoted field: a position between two characters, up to which the quotes are not closed."""
    into: _Trail | None = None
    """The trail that this one has met."""
    fault: Malformed | None = None

    def last(self) -> _Trail:
        """Return the trail that this one has become, and halve the path to it."""
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
        """`at_end`: the file ends with these bytes."""
        self.reader, self.data, self.size, self.at_end = reader, data, size, at_end
        self.longest: Final = reader.longest
        self.width: Final = len(reader.delimiter)
        self.margin: Final = max(2, self.width)
        """Number of bytes after a field that show what follows it."""
        self.sure: Final = size if at_end else size - self.margin
        self._trails: list[_Trail] = []
        self._owners: array[int] = array("i")
        """For each byte the numbers of two trails: one for a field without quotes there, one for a quoted field."""
        self.looked, self.work = 0, work or Work()

    def record(self, start: int) -> Found | Malformed | More:
        """Read the record at `start`, which must not be before the `start` of an earlier call."""
        if self.looked > COUNTED_BYTES:
            self.account()
        return self._read(start, meets=bool(self._trails))

    def account(self) -> None:
        """Charge the examined bytes to the budget. Raises Rejected beyond the budget."""
        self.work.spend(self.looked)
        self.looked = 0

    def _read(self, start: int, *, meets: bool) -> Found | Malformed | More:
        """Read field after field until an end, a fault, the limit, or the trail of an earlier look."""
        data, reader, values, starts = self.data, self.reader, list[bytes | None](), array("i")
        limit, at, changed = start + self.longest, start, reader.rewritten
        parts, from_ = list[bytes](), start
        while True:
            if meets and (owner := self._owners[self._slot(at)]):
                return self._follow(self._trails[owner - 1].last(), start, starts, at)
            field = self._field(at)
            begin, enclosed, stop, then, where = field
            starts.append(at)
            if where > limit or then >= FAULT:
                if then == OPEN and self._lacks_bytes(start):
                    return More.NEEDED
                return self._follow(self._new_trail(field), start, starts, stop + self.width)
            returned = then == END and not enclosed and reader.ends_with_return(data, at, stop)
            if begin > at:
                parts.append(data[from_:at])
                from_ = begin
            raw = data[begin : stop - returned]
            values.append(value := reader.value(raw, enclosed))
            changed = changed or reader.differs(raw, value, enclosed)
            if then == END:
                return Found(where, values, changed, b"".join([*parts, data[from_:where]]) if parts else None)
            at = where

    def _lacks_bytes(self, start: int) -> bool:
        """Return whether the block ends before the last byte that the record's result depends on."""
        return not self.at_end and self.size < start + self.longest + self.margin

    # ---- one field --------------------------------------------------------------------------------------------------

    def _field(self, at: int) -> _Field:
        """Read the field at `at`, and what follows it; the result is the same for every record."""
        data, size, reader = self.data, self.size, self.reader
        quote = reader.opening(data, at, size)
        enclosed, self.looked = quote >= 0, self.looked - at
        at = quote if enclosed else at
        found = (reader.enclosed if enclosed else reader.plain).match(data, at, size)
        stop = found.end() if found else size
        self.looked += stop + 1
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
        """Return the result for the record at `start`, whose look reached the trail by the fields at `starts`."""
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
        """Advance a trail by one field, or merge it into the trail that was there before."""
        at = trail.field[4]
        if owner := self._owners[self._slot(at)]:
            trail.into = self._trails[owner - 1].last()
            return trail.into
        field = self._field(at)
        trail.go_on(field)
        self._own(array("i", [at]), field[2] + self.width, trail)
        return trail

    def _slot(self, at: int) -> int:
        """Return the index in `_owners` of the field at `at`."""
        return 2 * at + (self.reader.opening(self.data, at, self.size) >= 0)

    def _own(self, starts: array[int], beyond: int, trail: _Trail) -> None:
        """Record where a later look may meet the trail. A delimiter is between fields, and before `beyond`."""
        starts.append(beyond)
        for start, after in pairwise(starts):
            slot = self._slot(start)
            self._owners[slot] = trail.number
            if self.reader.backslash and slot % 2 == 0:
                for at in self.reader.line_starts(self.data, start, after - self.width):
                    self._owners[2 * at] = trail.number

    def _fault(self, field: _Field) -> Malformed:
        _, enclosed, _, _, at = field
        if enclosed:
            return Malformed(why=Malformation.TEXT_AFTER_QUOTE, at=at)
        escape = self.data.startswith(b"\\", at, self.size)
        return Malformed(why=Malformation.ESCAPE if escape else Malformation.BARE_QUOTE, at=at)

    def _late(self, trail: _Trail, start: int, limit: int) -> Malformed:
        """Return why the record does not end within the limit: the opening quote of its last field, or its length."""
        (at, enclosed, _, _, _), end = trail.field, min(limit, self.size)
        if enclosed and at < end:
            found = self.reader.inside.match(self.data, trail.inside, end)
            reached = found.end() if found else end
            self.looked += reached - trail.inside + 1
            trail.inside = reached
            if reached == end or not self.data.startswith(self.reader.quote, reached):
                return Malformed(why=Malformation.UNCLOSED, at=at)
        return Malformed(why=Malformation.TOO_LONG, at=start)
