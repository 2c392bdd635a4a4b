"""Checks the bytes on their way to PostgreSQL for values that it would read differently from Redshift.

PostgreSQL rounds decimals where COPY cuts them off, and reads dates like `Jan 5 2024`, numbers like `0x1f`, and quotes
in the middle of a field. The guard sees only shapes. If it objects, the COPY starts again in the exact way, which
decides. It objects too often rather than too rarely. numpy keeps it as fast as PostgreSQL itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product

import numpy as np
import numpy.typing as npt

from local.redshift.copy.target import TargetColumn

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]

_MOST_RECORD = 8 * 1024 * 1024
_WIDEST = 64  # no number, date or time is longer
_NEWLINE, _RETURN, _DOT = 10, 13, 46
_INTEGERS = {"int2", "int4", "int8"}
_TIMES = {"timestamp", "timestamptz"}
_FLOATS = {"float4", "float8"}
_BOOLEANS = ("t", "true", "y", "yes", "1", "f", "false", "n", "no", "0")


def _table(characters: bytes) -> Mask:
    """Return for each byte whether it is none of the characters."""
    table = np.ones(256, dtype=np.bool_)
    table[list(characters)] = False
    return table


_NOT_NUMBER, _NOT_ZONE, _NOT_FLOAT = _table(b"0123456789+-."), _table(b"0123456789+-:."), _table(b"0123456789+-.eE")
_SPELLED = np.array(
    [
        int.from_bytes("".join(letters).encode(), "little")
        for word in _BOOLEANS
        for letters in product(*({letter, letter.upper()} for letter in word))
    ],
    dtype=np.uint64,
)


class Guard:
    """Takes the chunks in order. `fine` returns whether all of them so far read the same in both."""

    def __init__(
        self, columns: Sequence[TargetColumn], *, delimiter: str, quote: str, null: bytes, absent: bytes
    ) -> None:
        self._columns, self._width = list(columns), len(columns)
        self._delimiter, self._quote = ord(delimiter), ord(quote)
        self._null, self._absent = null, absent
        self._watched = [
            (place, column)
            for place, column in enumerate(columns)
            if column.kind in _INTEGERS | _TIMES | _FLOATS | {"date", "bool"}
            or (column.kind == "numeric" and column.size)
        ]
        self._rest = b""
        self.saw_absent = False

    def fine(self, chunk: bytes) -> bool:
        """Check a chunk. `absent` must not occur: it is the null string, if the fast way has none."""
        whole = self._rest + chunk
        if self._absent and self._absent in whole:
            self.saw_absent = True
            return False
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
        """Check the end of a file, which also ends its last record."""
        return self.fine(b"\n") if self._rest else True

    def _marks(self, data: Bytes) -> Ints | None:
        """Return the ends of the fields; None if there is a quote in the middle of a field."""
        marks = (data == self._delimiter) | (data == _NEWLINE)
        quotes = data == self._quote
        if quotes.any():
            inside = np.bitwise_xor.accumulate(quotes.view(np.uint8)).view(np.bool_)
            if not self._quotes_fine(data, np.flatnonzero(quotes), inside):
                return None
            marks &= ~inside
        return np.flatnonzero(marks)

    def _quotes_fine(self, data: Bytes, places: Ints, inside: Mask) -> bool:
        """Return whether the quotes at these places open and close at the ends of fields only."""
        opening = inside[places]
        before = data[places[opening] - 1]
        first = places[opening] == 0
        starts = first | (before == self._delimiter) | (before == _NEWLINE) | (before == self._quote)
        closing = places[~opening]
        closing = closing[closing + 1 < len(data)]
        after = data[closing + 1]
        ends = (after == self._delimiter) | (after == _NEWLINE) | (after == _RETURN) | (after == self._quote)
        return bool(starts.all() and ends.all())

    def _records_fine(self, data: Bytes, grid: Ints) -> bool:
        """Return whether the watched fields are fine. `grid` has the ends of fields, a row for each record."""
        if not bool((data[grid[:, -1]] == _NEWLINE).all()):
            return False
        starts = np.empty_like(grid)
        starts.flat[0] = 0
        starts.flat[1:] = grid.flat[:-1] + 1
        ends = grid
        if bool((data[grid[:, -1] - 1] == _RETURN).any()):
            ends = grid.copy()
            ends[:, -1] -= (starts[:, -1] < ends[:, -1]) & (data[ends[:, -1] - 1] == _RETURN)
        return all(self._column_fine(data, starts[:, place], ends[:, place], column) for place, column in self._watched)

    def _column_fine(self, data: Bytes, start: Ints, end: Ints, column: TargetColumn) -> bool:
        quoted = data[start] == self._quote
        if quoted.any():
            quoted &= (end - start >= 2) & (data[end - 1] == self._quote)
            start, end = start + quoted, end - quoted
        kept = (end > start) & ~self._is_null(data, start, end)
        if not kept.any():
            return True
        start, width = start[kept], (end - start)[kept]
        widest = int(np.max(width))
        return widest <= _WIDEST and _SHAPES[column.kind](_window(data, start, widest), width, column)

    def _is_null(self, data: Bytes, start: Ints, end: Ints) -> Mask:
        if not self._null:
            return np.zeros(len(start), dtype=np.bool_)
        same: Mask = end - start == len(self._null)
        for offset, byte in enumerate(self._null):
            same[same] = data[start[same] + offset] == byte
        return same


def _window(data: Bytes, start: Ints, width: int) -> Bytes:
    """Return one row of bytes per field. Shorter fields include the bytes after them."""
    padded = data if len(data) >= int(start[-1]) + width else np.append(data, np.zeros(width, dtype=np.uint8))
    return np.lib.stride_tricks.sliding_window_view(padded, width)[start]


def _is_digit(field: Bytes) -> Mask:
    return (field - 48) < 10  # bytes below "0" wrap around to large ones


def _all_numeric(field: Bytes, inside: Mask) -> bool:
    """Return whether all are digits, signs and dots. PostgreSQL takes none of these that Redshift refuses."""
    return not (_NOT_NUMBER[field] & inside).any()


def _inside(field: Bytes, width: Ints) -> Mask:
    return np.arange(field.shape[1]) < width[:, None]


def _integers(field: Bytes, width: Ints, _column: TargetColumn) -> bool:
    return _all_numeric(field, _inside(field, width))


def _decimals(field: Bytes, width: Ints, column: TargetColumn) -> bool:
    inside = _inside(field, width)
    early = _inside(field, width - column.size[1] - 1)  # a dot here has more digits after it than the column keeps
    return _all_numeric(field, inside) and not ((field == _DOT) & early).any()


def _floats(field: Bytes, width: Ints, _column: TargetColumn) -> bool:
    return not (_NOT_FLOAT[field] & _inside(field, width)).any()


def _booleans(field: Bytes, width: Ints, _column: TargetColumn) -> bool:
    """Return whether all are Redshift's spellings. PostgreSQL also accepts on, off, tr and blanks."""
    if field.shape[1] > len("false"):
        return False
    packed = np.zeros(len(field), dtype=np.uint64)
    for place in range(field.shape[1]):
        letters = np.where(width > place, field[:, place], 0).astype(np.uint64)
        packed |= letters << np.uint64(8 * place)
    return bool(np.isin(packed, _SPELLED).all())


def _dates(field: Bytes, width: Ints, _column: TargetColumn) -> bool:
    return bool((width == 10).all()) and _fits(field, b"0000-00-00")


def _times(field: Bytes, width: Ints, column: TargetColumn) -> bool:
    """Return whether all are YYYY-MM-DD HH:MI:SS, with up to six digits of a second.

    For TIMESTAMPTZ any digits and signs may follow.
    """
    if bool((width < 19).any()) or not _fits(field[:, :19], b"0000-00-00 00:00:00"):
        return False
    longer = width > 19
    tail, inside = field[longer, 19:], _inside(field[longer, 19:], width[longer] - 19)
    if column.kind == "timestamptz":
        return not (_NOT_ZONE[tail] & inside).any()
    inside = inside[:, 1:]
    return bool((tail[:, :1] == _DOT).all() and (_is_digit(tail[:, 1:]) | ~inside).all() and (width <= 26).all())


def _fits(field: Bytes, shape: bytes) -> bool:
    """Return whether there are digits where the shape has 0, and elsewhere the shape's own bytes."""
    wanted = np.frombuffer(shape, dtype=np.uint8)
    digits = wanted == 48
    return bool(_is_digit(field[:, digits]).all() and (field[:, ~digits] == wanted[~digits]).all())


_Shape = Callable[[Bytes, Ints, TargetColumn], bool]
"""Returns whether PostgreSQL reads the fields of a column as Redshift does: a row of bytes and a width for each."""
_SHAPES: dict[str, _Shape] = {
    "int2": _integers,
    "int4": _integers,
    "int8": _integers,
    "numeric": _decimals,
    "float4": _floats,
    "float8": _floats,
    "bool": _booleans,
    "date": _dates,
    "timestamp": _times,
    "timestamptz": _times,
}
