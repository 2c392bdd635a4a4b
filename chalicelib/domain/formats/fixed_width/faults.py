"""The faults of lines of fixed width: too short, too long, with broken or cut characters."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from chalicelib.domain.checks.codes import RowCode
from chalicelib.domain.checks.row_fault import RowFault
from chalicelib.domain.contract.column import Column
from chalicelib.domain.contract.notation import BLANK, Align, Span
from chalicelib.domain.formats.fixed_width.positions import Positions
from chalicelib.domain.raw.padding import without_padding_behind
from chalicelib.domain.raw.swar import Ints, Mask
from chalicelib.domain.run.rejects import NO_TEXT

HINT = '; if trailing blanks are left out, set dialect.short_rows = "fill"'


class LineFaults:
    """Finds the faults of one file's lines."""

    def __init__(self, columns: Sequence[Column], spans: Sequence[Span], *, fills: bool, ignores: bool) -> None:
        """`fills`: what a line lacks is blank. `ignores`: what is behind the last column does not count."""
        self.names, self.spans = [column.name for column in columns], spans
        self.fills, self.ignores = fills, ignores
        self.last = max((span.last for span in spans), default=0)
        self.lasts = np.array([span.last for span in spans], np.int64)
        self._short = cache(self._of_short)

    def find(self, positions: Positions, rows: Mask) -> dict[int, RowFault]:
        """Return the fault of each of these rows that has one; the first of several decides."""
        found = self._cut_characters(positions, rows)
        found |= dict.fromkeys(self._long(positions, rows), self._behind())
        found |= {row: self._short(count) for row, count in self._cut_short(positions, rows)}
        if not positions.bytes:
            broken = positions.broken_rows()
            found |= dict.fromkeys(broken[rows[broken]].tolist(), NOT_TEXT)
        return found

    def _long(self, positions: Positions, rows: Mask) -> list[int]:
        """Return the rows with text behind the last column."""
        if self.ignores or not (positions.counts > self.last).any():
            return []
        rest = without_padding_behind(positions.behind(self.last), ord(BLANK))
        more: list[int] = np.flatnonzero(rows & (rest.length > 0)).tolist()
        return more

    def _behind(self) -> RowFault:
        reason = f"has text behind its last column, {self.names[-1]}, which ends at position {self.last}"
        return RowFault(column="", code=RowCode.TOO_MANY_COLUMNS, reason=reason)

    def _cut_short(self, positions: Positions, rows: Mask) -> list[tuple[int, int]]:
        """Return the rows that end too early, and their numbers of positions."""
        counts = positions.counts
        short = np.flatnonzero(rows & (counts < self.last))
        if self.fills and len(short):
            short = short[self._ends_within_value(counts[short])]
        return list(zip(short.tolist(), counts[short].tolist(), strict=True))

    def _ends_within_value(self, counts: Ints) -> Mask:
        """Return which lines end within a column whose values do not stand at its beginning."""
        found = np.zeros(len(counts), np.bool_)
        for span in self.spans:
            if span.align is not Align.LEFT or span.padding != BLANK:
                found |= (counts >= span.start) & (counts < span.last)
        return found

    def _of_short(self, count: int) -> RowFault:
        index = int(self.lasts.searchsorted(count, side="right"))
        span, hint = self.spans[index], "" if self.fills else HINT
        what = "is cut" if count >= span.start else "is missing"
        reason = f"{what}: the line ends at position {count}, the column has {span.start} to {span.last}{hint}"
        return RowFault(column=self.names[index], code=RowCode.TOO_FEW_COLUMNS, reason=reason)

    def _cut_characters(self, positions: Positions, rows: Mask) -> dict[int, RowFault]:
        """Return the rows in which the bounds of a column, in bytes, are within a character."""
        found = dict[int, RowFault]()
        if positions.ascii or not positions.bytes:
            return found
        for name, span in zip(self.names, self.spans, strict=True):
            where = (
                f"it begins or ends within a character of several bytes; it has the bytes {span.start} to {span.last}"
            )
            fault = RowFault(column=name, code=RowCode.UTF8, reason=f"{NO_TEXT}: {where}")
            cut = np.flatnonzero(rows & positions.cut_characters(positions.fields(span)))
            found = {**dict.fromkeys(cut.tolist(), fault), **found}
        return found


NOT_TEXT = RowFault(column="", code=RowCode.UTF8, reason=f"{NO_TEXT}, so that its characters cannot be counted")
