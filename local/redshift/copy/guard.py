"""Looks over the bytes on their way to PostgreSQL for what it would take otherwise than Redshift.

PostgreSQL rounds decimals where COPY cuts them off, reads dates like `Jan 5 2024`, numbers like `0x1f`, and quotes in
the middle of a field. The guard sees no more than shapes: when it says no, the COPY starts again in the exact way,
which decides. It says no too often rather than too seldom. numpy keeps it as fast as PostgreSQL itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from local.redshift.copy.target import TargetColumn

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.intp]
Sums = npt.NDArray[np.int32]

_MOST_RECORD = 8 * 1024 * 1024
_NEWLINE, _RETURN = 10, 13
_INTEGERS = {"int2", "int4", "int8"}
_TIMES = {"timestamp", "timestamptz"}


def _table(characters: bytes) -> npt.NDArray[np.bool_]:
    """For each byte, whether it is none of the characters."""
    table = np.ones(256, dtype=np.bool_)
    table[list(characters)] = False
    return table


_NOT_DIGIT, _NOT_NUMBER, _NOT_ZONE = _table(b"0123456789"), _table(b"0123456789+-."), _table(b"0123456789+-:.")


class Guard:
    """Feed it the chunks in order; `fine` says whether all of them so far read the same in both."""

    def __init__(
        self, columns: Sequence[TargetColumn], *, delimiter: str, quote: str, null: bytes, absent: bytes
    ) -> None:
        self._columns, self._width = list(columns), len(columns)
        self._delimiter, self._quote = ord(delimiter), ord(quote)
        self._null, self._absent = null, absent
        self._watched = [
            (place, column)
            for place, column in enumerate(columns)
            if column.kind in _INTEGERS | _TIMES | {"date"} or (column.kind == "numeric" and column.size)
        ]
        self._rest = b""
        self.saw_absent = False

    def fine(self, chunk: bytes) -> bool:
        """`absent` may not occur at all: it is the null string, where the fast way takes none."""
        if self._absent and self._absent in self._rest[-len(self._absent) :] + chunk:
            self.saw_absent = True
            return False
        whole = self._rest + chunk
        data = np.frombuffer(whole, dtype=np.uint8)
        marks = self._marks(data)
        if marks is None:
            return False
        ends = np.flatnonzero(data[marks] == _NEWLINE)
        if not len(ends):
            self._rest = whole
            return len(whole) < _MOST_RECORD
        marks = marks[: ends[-1] + 1]
        self._rest = whole[int(marks[-1]) + 1 :]
        if len(marks) != len(ends) * self._width:
            return False
        return self._records_fine(data[: int(marks[-1]) + 1], marks.reshape(-1, self._width))

    def end(self) -> bool:
        """The end of a file also ends its last record."""
        return self.fine(b"\n") if self._rest else True

    def _marks(self, data: Bytes) -> Places | None:
        """Where fields end; None when a quote stands in the middle of a field."""
        marks = (data == self._delimiter) | (data == _NEWLINE)
        quotes = data == self._quote
        if quotes.any():
            inside = np.bitwise_xor.accumulate(quotes.view(np.uint8)).view(np.bool_)
            if not self._quotes_fine(data, np.flatnonzero(quotes), inside):
                return None
            marks &= ~inside
        return np.flatnonzero(marks)

    def _quotes_fine(self, data: Bytes, places: Places, inside: npt.NDArray[np.bool_]) -> bool:
        opening = inside[places]
        before = data[places[opening] - 1]
        first = places[opening] == 0
        starts = first | (before == self._delimiter) | (before == _NEWLINE) | (before == self._quote)
        closing = places[~opening]
        closing = closing[closing + 1 < len(data)]
        after = data[closing + 1]
        ends = (after == self._delimiter) | (after == _NEWLINE) | (after == _RETURN) | (after == self._quote)
        return bool(starts.all() and ends.all())

    def _records_fine(self, data: Bytes, grid: Places) -> bool:
        if not bool((data[grid[:, -1]] == _NEWLINE).all()):
            return False
        starts = np.empty_like(grid)
        starts.flat[0] = 0
        starts.flat[1:] = grid.flat[:-1] + 1
        sums = _Sums(data)
        return all(self._column_fine(sums, starts[:, place], grid[:, place], column) for place, column in self._watched)

    def _column_fine(self, sums: _Sums, start: Places, end: Places, column: TargetColumn) -> bool:
        data = sums.data
        end = end - ((end > start) & (data[end - 1] == _RETURN))
        quoted = (end - start >= 2) & (data[start] == self._quote) & (data[end - 1] == self._quote)
        start, end = start + quoted, end - quoted
        kept = (end > start) & ~self._is_null(data, start, end)
        return _SHAPES[column.kind](sums, start[kept], end[kept], column)

    def _is_null(self, data: Bytes, start: Places, end: Places) -> npt.NDArray[np.bool_]:
        same = end - start == (len(self._null) or -1)
        for offset, byte in enumerate(self._null):
            same[same] = data[start[same] + offset] == byte
        return same


class _Sums:
    """How many bytes of a kind stand before each place, counted when first asked for."""

    def __init__(self, data: Bytes) -> None:
        self.data = data
        self._known: dict[int, Sums] = {}

    def count(self, table: npt.NDArray[np.bool_], start: Places, end: Places) -> npt.NDArray[np.int32]:
        sums = self._known.get(id(table))
        if sums is None:
            sums = np.zeros(len(self.data) + 1, dtype=np.int32)
            np.cumsum(table[self.data], out=sums[1:])
            self._known[id(table)] = sums
        return sums[end] - sums[start]

    def has(self, byte: int, places: Places) -> bool:
        return bool((self.data[places] == byte).all())


_DOT = ~_table(b".")


def _integers(sums: _Sums, start: Places, end: Places, _column: TargetColumn) -> bool:
    return not sums.count(_NOT_NUMBER, start, end).any()


def _decimals(sums: _Sums, start: Places, end: Places, column: TargetColumn) -> bool:
    if sums.count(_NOT_NUMBER, start, end).any():
        return False
    early = np.maximum(end - (column.size[1] + 1), start)  # a dot before this place has too many digits behind it
    return not sums.count(_DOT, start, early).any()


def _dates(sums: _Sums, start: Places, end: Places, _column: TargetColumn) -> bool:
    if not bool((end - start == 10).all()):
        return False
    return _day(sums, start) and bool((sums.count(_NOT_DIGIT, start, end) == 2).all())


def _times(sums: _Sums, start: Places, end: Places, column: TargetColumn) -> bool:
    """YYYY-MM-DD HH:MI:SS, a fraction, and for TIMESTAMPTZ an offset in digits."""
    width = end - start
    if not bool((width >= 19).all()):
        return False
    tail = start + 19
    signs = all(sums.has(byte, start + offset) for offset, byte in ((10, 32), (13, 58), (16, 58)))
    if not (signs and _day(sums, start) and bool((sums.count(_NOT_DIGIT, start, tail) == 5).all())):
        return False
    longer = width > 19
    tail, end = tail[longer], end[longer]
    if column.kind == "timestamptz":
        return not sums.count(_NOT_ZONE, tail, end).any()
    return sums.has(46, tail) and not sums.count(_NOT_DIGIT, tail + 1, end).any() and bool((end - tail <= 7).all())


def _day(sums: _Sums, start: Places) -> bool:
    return sums.has(45, start + 4) and sums.has(45, start + 7)


_Shape = Callable[[_Sums, Places, Places, TargetColumn], bool]
_SHAPES: dict[str, _Shape] = {
    "int2": _integers,
    "int4": _integers,
    "int8": _integers,
    "numeric": _decimals,
    "date": _dates,
    "timestamp": _times,
    "timestamptz": _times,
}
