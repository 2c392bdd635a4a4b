"""Records as rows of fields, and the faults of bad rows.

The first fault in this order decides: too many or too few columns, NUL or invalid UTF-8, then the first column in file
order with a bad value. A record without a fault is loaded unchanged. `records.scan` finds malformed lines before this
step; malformed lines and blank lines are not rows here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np

from chalicelib.domain.checks.codes import RowCode
from chalicelib.domain.checks.row_fault import RowFault, ragged
from chalicelib.domain.contract.tally import LeftOut
from chalicelib.domain.formats.csv.grammar import CR, Malformed
from chalicelib.domain.formats.csv.reading import Reading
from chalicelib.domain.raw.swar import Fields, Ints, Mask
from chalicelib.domain.raw.utf8 import broken
from chalicelib.domain.run.rejects import MASK, NO_TEXT
from chalicelib.domain.staging.validate import Rules


@dataclass(frozen=True, kw_only=True)
class Table:
    """Consecutive records of a block."""

    data: bytes
    """The block and its padding."""
    lines: Fields
    """Whole records, without line ends."""
    marks: Ints
    """Index of every delimiter outside quotes and of every record's end."""
    last_mark: Ints
    """For each record, the index of its end in `marks`."""
    widths: Ints
    """Number of fields of each record."""
    quoted: bool
    """Some fields may stand in quotes."""
    stops: Ints
    """Index after each record's line feed. A last record without one is followed by the line feed of the padding."""
    begins: Ints
    """Index of each record's start in the block as it was read; `data` may be another text."""
    finishes: Ints
    """Index of the next record's start, in the same block."""
    malformed: dict[int, Malformed]
    """Rows that are not records."""
    reading: Reading
    first: int
    """Index of the first record in the reading."""
    rules: Rules
    before: Table | None = None
    """The same rows as the file has them, if a transform changed them."""

    @classmethod
    def of(cls, reading: Reading, rules: Rules, rows: slice) -> Table:
        """Return rows of a block. A carriage return before the line feed belongs to the line end."""
        block, records, origin = reading.block, reading.records, reading.origin
        start, stop, last = records.starts[rows], records.ends[rows], records.last_mark[rows]
        returned = (block.data[np.maximum(stop - 1, 0)] == CR) & (stop > start)
        first = rows.start
        return cls(
            data=reading.data,
            lines=block.part(start, stop - start - returned),
            marks=records.marks,
            last_mark=last,
            widths=np.diff(last, prepend=records.last_mark[first - 1] if first else -1),
            quoted=records.quoted,
            stops=stop + 1,
            begins=origin.starts[rows] if origin else start,
            finishes=origin.stops[rows] if origin else stop + 1,
            malformed={r - first: records.malformed[r] for r in _within(records.malformed, first, rows.stop)},
            reading=reading,
            first=first,
            rules=rules,
        )

    @property
    def blank(self) -> Mask:
        """Lines that are not rows."""
        blank: Mask = self.lines.length == 0
        blank[list(self.left_out())] = True
        return blank

    def left_out(self) -> dict[int, LeftOut]:
        """Return the rows that are left out, except blank lines, each with its kind."""
        kinds = self.reading.left_out
        return {row - self.first: kinds[row] for row in _within(kinds, self.first, self.first + len(self.widths))}

    def undivided(self) -> Iterator[int]:
        """Yield the rows behind which it is unknown where the next record begins."""
        return _within(self.reading.undivided, self.first, self.first + len(self.widths))

    def sound(self) -> Mask:
        """Return which rows are records, with any number of fields."""
        sound = ~self.blank
        sound[list(self.malformed)] = False
        return sound

    def column(self, index: int, rows: Ints) -> Fields:
        """Return the raw fields of one column; the rows must have the expected number of fields."""
        end = self.last_mark[rows] - (len(self.rules.columns) - 1 - index)
        start = self.marks[end - 1] + 1 if index else self.lines.start[rows]
        stop = self.lines.stop[rows] if index == len(self.rules.columns) - 1 else self.marks[end]
        return self.lines.part(start, stop - start)

    def values(self, index: int, rows: Ints) -> Fields:
        """Return the fields of one column without the quotes around them."""
        return self._unquoted(self.column(index, rows))

    def all_values(self, rows: Ints) -> Iterator[Fields]:
        """Yield the values of each column in turn; each bound is looked up once."""
        rest = len(self.rules.columns) - 1
        start, end = self.lines.start[rows], self.last_mark[rows] - rest
        for index in range(rest):
            stop = self.marks[end + index]
            yield self._unquoted(self.lines.part(start, stop - start))
            start = stop + 1
        yield self._unquoted(self.lines.part(start, self.lines.stop[rows] - start))

    def _unquoted(self, fields: Fields) -> Fields:
        if not self.quoted:
            return fields
        inside = (fields.at(0) == self.rules.grammar.quote) & (fields.length > 0)
        if not inside.any():
            return fields
        return fields.part(fields.start + inside, fields.length - 2 * inside)

    def shown(self, row: int) -> bytes:
        """Return a record as a reject may show it: hidden columns masked, or all of it if their bounds are unclear."""
        record, shown = self._shown(row), self.reading.shown
        return shown(record) if shown else record

    def _shown(self, row: int) -> bytes:
        origin, written = self.reading.origin, self.reading.written
        if written and self.rules.hidden:
            return Table.of(written, self.rules, slice(self.first, self.first + len(self.widths))).shown(row)
        start, length = int(self.lines.start[row]), int(self.lines.length[row])
        record = self.data[start : start + length]
        if not self.rules.hidden:
            return origin.data[int(self.begins[row]) : int(origin.ends[self.first + row])] if origin else record
        if row in self.malformed or self.widths[row] != len(self.rules.columns):
            return MASK
        for index in sorted(self.rules.hidden, reverse=True):
            field = self.column(index, np.array([row]))
            begin = int(field.start[0]) - start
            record = record[:begin] + MASK + record[begin + int(field.length[0]) :]
        return record.replace(b'"\0', b'="') if len(self.reading.bare) else record


def faults(table: Table, excess: set[int]) -> dict[int, RowFault]:
    """Return the fault of each bad row. Add to `excess` the columns with bad values that their rewriters can read."""
    found = own_faults(table, excess)
    origin = table.reading.origin
    if origin:
        for row in _within(origin.faults, table.first, table.first + len(table.widths)):
            found[row - table.first] = origin.faults[row]
    return found


def _within(rows: Collection[int], first: int, stop: int) -> Iterator[int]:
    """Yield the rows in [first, stop). A block has many tables, so the loop runs over the shorter side."""
    if len(rows) < stop - first:
        return (row for row in rows if first <= row < stop)
    return (row for row in range(first, stop) if row in rows)


def own_faults(table: Table, excess: set[int]) -> dict[int, RowFault]:
    """Return the same without the faults that reading found."""
    sound = table.sound()
    whole = sound & (table.widths == len(table.rules.columns))
    found = _ragged(table, sound & ~whole)
    for row, fault in _bad_bytes(table, whole):
        found[row] = fault
        whole[row] = False
    rows = np.flatnonzero(whole)
    if len(rows):
        for index, values in enumerate(table.all_values(rows)):
            for row in _within(unread := table.reading.unread.get(index, {}), table.first, table.first + len(whole)):
                found.setdefault(row - table.first, unread[row])
            if _judge_column(table, index, values, rows, found):
                excess.add(index)
    return found


def _ragged(table: Table, rows: Mask) -> dict[int, RowFault]:
    """Return the faults of rows with too few or too many fields."""
    expected = len(table.rules.columns)
    found = {}
    for row in np.flatnonzero(rows).tolist():
        last = table.data[int(table.lines.stop[row]) - 1]
        found[row] = ragged(int(table.widths[row]), expected, ends_empty=last == table.rules.grammar.delimiter)
    return found


def _bad_bytes(table: Table, whole: Mask) -> Iterator[tuple[int, RowFault]]:
    """Yield the first NUL or invalid UTF-8 of each row that has one and the expected number of fields."""
    begin, end = int(table.lines.start[0]), int(table.lines.stop[-1])
    wrong = broken(memoryview(table.data)[begin:end], table.lines.data[begin:]) + begin
    if table.data.find(b"\0", begin, end) >= 0:
        nuls = np.flatnonzero(table.lines.data[begin:end] == 0) + begin
        wrong = np.sort(np.concatenate((wrong, nuls)))  # union1d hashes: seconds for some MB of NULs
    rows, first = np.unique(table.lines.start.searchsorted(wrong, side="right") - 1, return_index=True)
    for row, at in zip(rows.tolist(), wrong[first].tolist(), strict=True):
        if whole[row]:
            before = int(table.last_mark[row]) - int(table.widths[row])
            index = int(table.marks.searchsorted(at)) - before - 1
            name = table.rules.columns[index].name
            if table.data[at]:
                yield row, RowFault(column=name, code=RowCode.UTF8, reason=NO_TEXT)
            else:
                nul = RowFault(column=name, code=RowCode.NUL, reason="has a NUL byte")
                yield row, _unread(table, row, index, at) or nul


def _unread(table: Table, row: int, index: int, at: int) -> RowFault | None:
    """Return the fault of a spreadsheet's text, if the NUL at `at` only marks it; None for a NUL of the file."""
    marks = int(table.column(index, np.array([row])).start[0]) + 1 == at and len(table.reading.bare) > 0
    return table.reading.unread.get(index, {}).get(table.first + row) if marks else None


def _judge_column(table: Table, index: int, values: Fields, rows: Ints, found: dict[int, RowFault]) -> bool:
    """Add the faults of one column, for rows without a fault so far.

    Return at the first bad value that its rewriter can read, if that has not read the column: True then.
    """
    rule, quote = table.rules.columns[index], bytes([table.rules.grammar.quote])
    rewriter = None if index in table.reading.unread else rule.rewriter
    unproven = np.flatnonzero(~rule.prove(values))
    judged: dict[bytes, RowFault | None] = {}  # a faulty file usually repeats the same values
    for row, raw in zip(rows[unproven].tolist(), values.pick(unproven).raw(), strict=True):
        if row in found:
            continue
        if raw not in judged:
            value = raw.replace(quote * 2, quote)
            fault = rule.judge(value)
            judged[raw] = RowFault(column=rule.name, code=fault.code, reason=fault.reason) if fault else None
            if fault and rewriter and rewriter.improves(value):
                return True
        if found_fault := judged[raw]:
            found[row] = found_fault
    return False
