"""A frame as a file that its contract reads, row by row, with the line on which each row starts.

Guarantees that the file has the frame's values, or that there is none: the first value that cannot be written exactly
raises FrameError. The index is not written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from chalicelib.domain.contract.column import Column
from chalicelib.domain.contract.contract import Contract, FileFormat
from chalicelib.domain.contract.dialect import Compression, Dialect, Encoding
from chalicelib.domain.contract.identifiers import fold
from chalicelib.domain.contract.layout import ANY_TEXT
from chalicelib.domain.formats.csv.header import match_header
from chalicelib.errors import Rejected
from landfall.notebook.csv_fields import Fields
from landfall.notebook.frame_error import FrameError, UnwritableError
from landfall.notebook.values import text_of

if TYPE_CHECKING:
    import pandas as pd

SLICE_ROWS = 50_000
"""Rows whose texts are in memory at once."""
CODECS = {Encoding.UTF_16: "utf-16-le", Encoding.LATIN_1: "iso-8859-1"}
MARK = "\ufeff"
Done = Callable[[int], None]
"""Receives the number of rows that are written."""


@dataclass(frozen=True, kw_only=True)
class FrameFile:
    """What is known of a file that was written."""

    starts: np.ndarray[Any, np.dtype[np.int64]]
    """For each row of the frame, the physical line on which it starts, from 1."""

    def row_of(self, line: int) -> int:
        """Return the number of the row that starts on a line, from 0."""
        return int(np.searchsorted(self.starts, line, side="right")) - 1


def write_frame(frame: pd.DataFrame, contract: Contract, out: BinaryIO, done: Done = lambda _rows: None) -> FrameFile:
    """Write a frame. Raises FrameError that names the column, and the row if it is a value."""
    _refuse_layout(contract)
    frame, columns = _arranged(frame, contract)
    dialect = contract.dialect
    lines = _Lines(dialect=dialect, columns=columns, out=out)
    line = 1 + lines.header([str(name) for name in frame.columns])
    starts = []
    for first in range(0, len(frame), SLICE_ROWS):
        rows = lines.rows(frame.iloc[first : first + SLICE_ROWS])
        ends = np.cumsum([row.count(lines.end) for row in rows])
        starts.append(line + np.concatenate(([0], ends[:-1])))
        line += int(ends[-1])
        done(first + len(rows))
    return FrameFile(starts=np.concatenate(starts) if starts else np.zeros(0, np.int64))


@dataclass(frozen=True, kw_only=True)
class _Lines:
    """Writes rows as lines in the contract's dialect and encoding."""

    dialect: Dialect
    columns: Sequence[Column]
    out: BinaryIO

    @property
    def end(self) -> str:
        return self.dialect.line_end.decode()

    def header(self, names: list[str]) -> int:
        """Write what stands before the rows. Return its number of lines."""
        if self.dialect.encoding is Encoding.UTF_16:
            self.out.write(MARK.encode(CODECS[Encoding.UTF_16]))
        if not self.dialect.header:
            return 0
        fields = Fields(self.dialect)
        row = self._row([_named(fields, name) for name in names])
        self.out.write(self._encoded([row], lambda _row: "the header"))
        return row.count(self.end)

    def rows(self, frame: pd.DataFrame) -> list[str]:
        """Write rows, and return their lines."""
        texts = [_fields(frame.iloc[:, place], c, self.dialect) for place, c in enumerate(self.columns)]
        rows = [self._row(fields) for fields in zip(*texts, strict=True)]
        self.out.write(self._encoded(rows, lambda row: f"row {frame.index[row]!r}"))
        return rows

    def _row(self, fields: Sequence[str]) -> str:
        if len(fields) == 1 and not fields[0]:
            fields = [self._visible()]
        return self.dialect.delimiter.join(fields) + self.dialect.delimiter * self.dialect.trailing_delimiter + self.end

    def _visible(self) -> str:
        """Return an empty field that is no blank line, because blank lines are no rows. Raises FrameError."""
        fields = Fields(self.dialect, self.columns[0])
        if self.dialect.trailing_delimiter:
            return ""
        if not self.dialect.quote or fields.distinct:
            raise FrameError(f'column "{self.columns[0].name}": a row without a value would be a blank line')
        return self.dialect.quote * 2

    def _encoded(self, rows: list[str], name: Callable[[int], str]) -> bytes:
        codec = CODECS.get(self.dialect.encoding, self.dialect.encoding.value)
        try:
            return "".join(rows).encode(codec)
        except UnicodeEncodeError as error:
            place = next(place for place, row in enumerate(rows) if _foreign(row, codec))
            sign = error.object[error.start]
            raise FrameError(f"{name(place)}: {sign!a} does not exist in {codec}, the contract's encoding") from None


def _foreign(row: str, codec: str) -> bool:
    try:
        row.encode(codec)
    except UnicodeEncodeError:
        return True
    return False


def _named(fields: Fields, name: str) -> str:
    try:
        return fields.field(name)
    except UnwritableError as error:
        raise FrameError(f'column "{name}": {error}') from None


# ---- columns --------------------------------------------------------------------------------------------------------


def _refuse_layout(contract: Contract) -> None:
    """Raise FrameError if the contract's files have parts that a frame has not."""
    dialect = contract.dialect
    needs = {
        f"format = {contract.format.value}": contract.format is not FileFormat.CSV,
        "control_totals": contract.control_totals,
        "trailer": dialect.trailer,
        "preamble_lines": dialect.preamble_lines,
        "skip_after_header": dialect.skip_after_header,
        "footer_lines": dialect.footer_lines,
        "compression": dialect.compression not in (Compression.AUTO, Compression.NONE),
    }
    if found := [name for name, needed in needs.items() if needed]:
        how = "write the file, and send it with `landfall push`"
        raise FrameError(
            f"the contract {contract.name} has {', '.join(found)}, which a frame is not written with: {how}"
        )


def _arranged(frame: pd.DataFrame, contract: Contract) -> tuple[pd.DataFrame, list[Column]]:
    """Return the frame in the order of its file, and the column of each of its columns. Raises FrameError."""
    if wrong := [name for name in frame.columns if not isinstance(name, str)]:
        raise FrameError(f"names of columns are texts, and {wrong[0]!r} is none: rename it with .rename(columns=...)")
    names = tuple(map(str, frame.columns))
    try:
        layout = match_header(_with_header(contract), names, private=False)
    except Rejected as error:
        hidden = _in_index(frame, contract)
        raise FrameError(error.message.replace("the header", "the frame") + hidden) from None
    if hidden := _in_index(frame, contract):
        raise FrameError(f"the frame does not fit the contract {contract.name}{hidden}")
    by_place = dict(zip(_unrescued(layout.rescued, len(names)), layout.columns, strict=False))
    columns = [by_place.get(place) or Column(name=name, type=ANY_TEXT) for place, name in enumerate(names)]
    if contract.dialect.header:
        return frame, columns
    return _without_header(frame, contract, columns)


def _with_header(contract: Contract) -> Contract:
    """Return the contract of files with a header: a frame has names always."""
    return replace(contract, dialect=replace(contract.dialect, header=True, trailing_delimiter=False))


def _unrescued(rescued: Sequence[tuple[int, str]], count: int) -> Iterator[int]:
    aside = {place for place, _ in rescued}
    return (place for place in range(count) if place not in aside)


def _in_index(frame: pd.DataFrame, contract: Contract) -> str:
    """Return a note if a column of the contract is in the index, which is not written."""
    known = {fold(name) for column in contract.columns for name in (column.name, *column.aliases)}
    found = [str(name) for name in frame.index.names if name is not None and fold(str(name)) in known]
    present = {fold(str(name)) for name in frame.columns}
    lost = [name for name in found if fold(name) not in present]
    return f"; {', '.join(lost)} is in the index, which is not written: use .reset_index()" if lost else ""


def _without_header(
    frame: pd.DataFrame, contract: Contract, columns: list[Column]
) -> tuple[pd.DataFrame, list[Column]]:
    """Put the columns in the order of files without a header. A column that the frame lacks is NULL."""
    order = match_header(contract, contract.dialect.columns, from_file=False).columns
    wanted = [column for column in order if not (column.name.startswith("_") and contract.dialect.trailing_delimiter)]
    places = {column.name: place for place, column in enumerate(columns)}
    if strange := [column.name for column in columns if column.name not in {c.name for c in wanted}]:
        raise FrameError(f"files of {contract.name} have no header, and no place for {', '.join(strange)}")
    absent = len(columns)
    filled = frame.assign(**{"_absent": None})
    return filled.iloc[:, [places.get(column.name, absent) for column in wanted]], wanted


# ---- values ---------------------------------------------------------------------------------------------------------


def _fields(series: pd.Series[Any], column: Column, dialect: Dialect) -> list[str]:
    """Return a column's values as fields. Most columns have each value written once, however often it comes."""
    import pandas as pd  # the frame's own: imported already

    fields = Fields(dialect, column)
    try:
        if _repeats(series):
            codes, unique = series.factorize()
            written = [fields.field(text_of(value, column)) for value in _values(pd.Series(unique))]
            null = fields.field(None) if (codes < 0).any() else ""
            return [written[code] if code >= 0 else null for code in codes.tolist()]
        return [fields.field(text_of(value, column)) for value in _values(series)]
    except UnwritableError:
        raise _at(series, column, fields) from None


def _repeats(series: pd.Series[Any]) -> bool:
    """Whether equal values of the column are written alike. Floats are not: 0.0 and -0.0 are equal."""
    import pandas as pd

    return series.dtype.kind in "biuM" or isinstance(series.dtype, pd.CategoricalDtype | pd.StringDtype)


def _values(series: pd.Series[Any]) -> list[object]:
    """Return the values as Python's objects. Floats of fewer bits stay numpy's, because their width counts."""
    kind = getattr(series.dtype, "numpy_dtype", series.dtype)
    found = series.astype(object).tolist()
    if kind in (np.dtype("float32"), np.dtype("float16")):
        narrow = np.float32 if kind == np.dtype("float32") else np.float16
        return [narrow(value) if isinstance(value, float) else value for value in found]
    return found


def _at(series: pd.Series[Any], column: Column, fields: Fields) -> FrameError:
    """Return the fault with the first row that has it."""
    for label, value in zip(series.index, _values(series), strict=True):
        try:
            fields.field(text_of(value, column))
        except UnwritableError as error:
            return FrameError(f'row {label!r}, column "{series.name}": {error}')
    raise AssertionError("a fault that no row has")
