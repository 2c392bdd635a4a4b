"""Rewrite the values of a block that are written otherwise than Redshift reads them.

Guarantees that a value reaches COPY only if `Rewriter.read` reads it, and then as it reads it. A value that cannot be
read stays as it is written, and its row gets the fault. Records keep their places in the source, so that a reject shows
the record as the file has it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from chalicelib.domain.checks.check import Fault
from chalicelib.domain.checks.row_fault import RowFault
from chalicelib.domain.contract.tally import Altered
from chalicelib.domain.formats.csv.edits import MOST_ROW_BYTES
from chalicelib.domain.formats.csv.grammar import Malformation, Malformed
from chalicelib.domain.formats.csv.reading import Reading, origin_of
from chalicelib.domain.notation import fast
from chalicelib.domain.notation.canonical import Canonical
from chalicelib.domain.notation.rewriter import Rewriter
from chalicelib.domain.raw.splice import Splice
from chalicelib.domain.raw.swar import PADDING, Ints, Mask, fields_of
from chalicelib.domain.staging.table import Table
from chalicelib.domain.staging.validate import Rules


def rewritten(reading: Reading, rules: Rules, columns: Sequence[int]) -> Reading:
    """Return the reading with the values of these columns as Redshift reads them."""
    if not columns or not len(reading.records.starts):
        return reading
    table = Table.of(reading, rules, slice(0, len(reading.records.starts)))
    rows = np.flatnonzero(table.sound() & (table.widths == len(rules.columns)))
    rows = rows[~_spoilt(table, rows)]
    splice = Splice(table.lines.data, len(table.marks))
    unread, altered = dict(reading.unread), {kind: [rows] for kind, rows in reading.altered.items()}
    for index, rewriter in ((n, own) for n in columns if (own := rules.columns[n].rewriter)):
        found = _Column(table, rewriter, index, rows).rewrite(splice)
        unread[index] = found.faults if rewriter.eager else {}  # the check finds the same faults, in its own words
        for kind, places in found.altered:
            altered.setdefault(kind, []).append(places)
    return replace(
        _spliced(reading, splice, bytes([rules.grammar.quote])) if splice.changed else reading,
        origin=reading.origin or origin_of(reading),
        written=reading.written or reading,
        unread=unread,
        altered={kind: np.sort(np.concatenate(places)) for kind, places in altered.items()},
    )


def _spoilt(table: Table, rows: Ints) -> Mask:
    """Return which rows have a spreadsheet's text that begins with a NUL of its own: that one is a fault."""
    reading, spoilt = table.reading, np.zeros(len(rows), np.int64)
    for index, rule in enumerate(table.rules.columns):
        if rule.rewriter and rule.rewriter.column.notation.spreadsheet_text:
            values = table.values(index, rows)
            spoilt += (values.at(0) == 0) & (values.length > 0)
    if spoilt.any():
        bare = np.bincount(reading.starts.searchsorted(reading.bare, side="right") - 1, minlength=len(table.widths))
        spoilt -= bare[rows]
    found: Mask = spoilt > 0
    return found


@dataclass(frozen=True, kw_only=True)
class _Found:
    """The rows of one column to which something happened that the books count."""

    faults: Mapping[int, RowFault]
    altered: Sequence[tuple[Altered, Ints]]
    """Rows by kind; a kind may come twice."""


class _Column:
    """The values of one column in the rows that have all columns."""

    def __init__(self, table: Table, rewriter: Rewriter, index: int, rows: Ints) -> None:
        self.table, self.rewriter, self.rows = table, rewriter, rows
        self.raw = table.column(index, rows)
        self.values = table.values(index, rows)
        self.marks = table.last_mark[rows] - (len(table.rules.columns) - 1 - index)
        grammar = table.rules.grammar
        self.quote = bytes([grammar.quote])
        self.special = {grammar.quote, grammar.delimiter, 10, 13}
        self.alone = len(table.rules.columns) == 1

    def rewrite(self, splice: Splice) -> _Found:
        """Rewrite what is certain at once, and each distinct value of the others by itself."""
        left, lossy = np.arange(len(self.rows)), np.empty(0, np.int64)
        if not self.special & set(b"+-.: 0123456789"):
            certain, altered = fast.rewrite(self.rewriter, self.values, self.marks, splice)
            left, lossy = np.flatnonzero(~certain), np.flatnonzero(altered)
        numbers: dict[bytes, int] = {}
        raw = self.values.pick(left).raw()
        which = np.array([numbers.setdefault(value, len(numbers)) for value in raw], np.int64)
        plain = [value.replace(self.quote * 2, self.quote) for value in numbers]
        results = [self.rewriter.read(value) for value in plain]
        self._replace(splice, left, which, [self._text(*pair) for pair in zip(plain, results, strict=True)])
        return self._found(self.rows[left], which, results, self.rows[lossy])

    def _text(self, value: bytes, found: Canonical | Fault) -> bytes | None:
        """Return the new bytes of the field; None if it stays as it is."""
        if isinstance(found, Fault):
            return None
        text = self.rewriter.null if found.text is None else found.text
        if text == value:
            return None
        if self.special & set(text) or (not text and self.alone):
            return self.quote + text.replace(self.quote, self.quote * 2) + self.quote
        return text

    def _replace(self, splice: Splice, places: Ints, which: Ints, texts: Sequence[bytes | None]) -> None:
        """Replace the fields at these places, quotes and all; `which` has the number of each one's text."""
        changed = np.array([text is not None for text in texts], np.bool_)
        if not changed.any():
            return
        kept = np.flatnonzero(changed[which])
        lengths = np.array([len(text or b"") for text in texts], np.int64)
        new = fields_of(b"".join(text or b"" for text in texts) + PADDING)
        new = new.part((np.cumsum(lengths) - lengths)[which[kept]], lengths[which[kept]])
        splice.replace(self.raw.pick(places[kept]), self.marks[places[kept]], new)

    def _found(self, rows: Ints, which: Ints, results: Sequence[Canonical | Fault], lossy: Ints) -> _Found:
        """Return what happened in these rows; `lossy` are others, of which a number lost digits."""
        counted = np.array([isinstance(found, Fault) or found.altered is not None for found in results], np.bool_)
        at = np.flatnonzero(counted[which]) if len(which) else which
        pairs = [(row, results[n]) for row, n in zip(rows[at].tolist(), which[at].tolist(), strict=True)]
        column, altered = self.rewriter.column, dict[Altered, list[int]]()
        for kind, row in [
            (found.altered, row) for row, found in pairs if isinstance(found, Canonical) and found.altered
        ]:
            altered.setdefault(kind, []).append(row)
        bad = [(row, found) for row, found in pairs if isinstance(found, Fault)]
        faults = {row: RowFault(column=column.name, code=found.code, reason=found.reason) for row, found in bad}
        places = [(kind, np.array(some, np.int64)) for kind, some in altered.items()]
        return _Found(faults=faults, altered=[*places, (column.notation.excess.loss, lossy)])


def _spliced(reading: Reading, splice: Splice, quote: bytes) -> Reading:
    """Return the reading with its text changed. A new value may be the block's first that stands in quotes."""
    records = reading.records
    data = b"".join((splice.result(records.consumed).data, PADDING))
    marks = records.marks + splice.shifts()
    ends = marks[records.last_mark]
    starts = np.append(0, ends[:-1] + 1)
    long = np.flatnonzero(ends - starts > MOST_ROW_BYTES)
    malformed = {row: Malformed(why=Malformation.TOO_LONG, at=int(reading.starts[row])) for row in long.tolist()}
    return replace(
        reading,
        data=data,
        block=fields_of(data),
        records=replace(
            records,
            starts=starts,
            ends=ends,
            marks=marks,
            malformed={**malformed, **records.malformed},
            quoted=records.quoted or quote in data,
        ),
    )
