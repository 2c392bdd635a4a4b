"""A workbook's sheet as the text that the engine reads: CSV, with a line for each row of the sheet.

The first line is about the text: the number of the header's row, the sheet's name, and the letters of the columns. Then
come the header and a line for each row below it, an empty one for a row without a value. So a line's number is its
row's, if line feeds within quotes do not count. The same file and contract give the same text.
"""

from __future__ import annotations

from collections.abc import Iterator

from chalicelib.domain.contract.column import TypeName
from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract.layout import columns_of
from chalicelib.domain.decode.bounds import FREE_BYTES, bounded
from chalicelib.domain.decode.fields import MARK, Day, field_of, marked, too_long, unquoted
from chalicelib.domain.decode.xlsx.cell import CELL_FAULT, MERGED
from chalicelib.domain.decode.xlsx.merges import Covered, merged_areas
from chalicelib.domain.decode.xlsx.package import Package
from chalicelib.domain.decode.xlsx.sheet_rows import SheetRow, sheet_rows
from chalicelib.domain.decode.xlsx.strings import shared_strings
from chalicelib.domain.decode.xlsx.values import plain_text
from chalicelib.domain.decode.xlsx.workbook import LAST_ROW, Workbook, read_workbook
from chalicelib.domain.raw.bytesource import ByteSource
from chalicelib.domain.source.cells import letters
from chalicelib.errors import Rejected

MOMENTS = (TypeName.TIMESTAMP, TypeName.TIMESTAMPTZ)
MIDNIGHT = b" 00:00:00"
"""The time of a date in a column that needs one."""
STRAY = 1202
"""The load error code of a value outside of the columns."""
BLOCK_BYTES = 1 << 18
MOST_NAME = 255
ONE_LINE = str.maketrans(dict.fromkeys("\r\n", " "))
"""A sheet's name stands on one line."""


def sheet_text(source: ByteSource, contract: Contract) -> Iterator[bytes]:
    """Yield the text of a workbook's sheet, in blocks. Raises Rejected."""
    package = Package(source, contract.limits)
    book = read_workbook(package, contract.sheet)
    covered = Covered(merged_areas(package.read(book.part), book.part))
    rows = sheet_rows(package, book, shared_strings(package, book.strings))
    lines = _Lines(book, covered, contract).lines(rows)
    return bounded(_in_blocks(lines), source.size, contract.limits, free=FREE_BYTES + LAST_ROW)


def _in_blocks(lines: Iterator[bytes]) -> Iterator[bytes]:
    held = bytearray()
    for line in lines:
        held += line
        if len(held) >= BLOCK_BYTES:
            yield bytes(held)
            held.clear()
    yield bytes(held)


class _Lines:
    """Writes the rows of a sheet as lines."""

    def __init__(self, book: Workbook, covered: Covered, contract: Contract) -> None:
        self._book, self._covered = book, covered
        self._head, self._limits = contract.sheet.header_row, contract.limits
        self._columns: list[int] = []
        self._places: dict[int, int] = {}
        self._moments: list[int] = []
        self._wanted = contract.columns

    def lines(self, rows: Iterator[SheetRow]) -> Iterator[bytes]:
        """Yield the lines of the text. Raises Rejected if there is no header."""
        last = 0
        for row in rows:
            if row.number < self._head:
                continue
            if not last:
                yield self._header(row)
            elif row.number - last > 1:
                yield b"\n" * (row.number - last - 1)
            if last:
                yield self._line(row)
            last = row.number
        if not last:
            raise self._missing()

    def _header(self, row: SheetRow) -> bytes:
        names = {column: name for column, name in sorted(row.cells.items()) if name != b'""'}
        if row.number != self._head or not names:
            raise self._missing()
        if len(names) > self._limits.max_columns:
            message = f"the header has {len(names)} columns; limits.max_columns allows {self._limits.max_columns}"
            raise Rejected(message, code="TOO_MANY_COLUMNS", line=self._head)
        bad = next((column for column, name in names.items() if MARK in name), None)
        if bad is not None:
            where = f"{self._book.sheet}!{letters(bad)}{self._head}"
            message = f"the header has an error or a formula without a value in {where}; write the name there"
            raise Rejected(message, code="HEADER_MALFORMED", line=self._head)
        self._columns = list(names)
        self._places = {column: place for place, column in enumerate(names)}
        found = enumerate(columns_of(self._wanted, [unquoted(name) for name in names.values()]))
        self._moments = [n for n, column in found if column and column.type.kind in MOMENTS]
        about = [str(self._head).encode(), field_of(plain_text(self._book.sheet)[:MOST_NAME].translate(ONE_LINE))]
        about += [letters(column).encode() for column in names]
        return b",".join(about) + b"\n" + b",".join(names.values()) + b"\n"

    def _line(self, row: SheetRow) -> bytes:
        fields = [b""] * len(self._columns)
        stray = []
        for column, field in row.cells.items():
            if (place := self._places.get(column)) is None:
                stray.append(column)
            else:
                fields[place] = field
        for place in self._moments:
            if isinstance(day := fields[place], Day):
                fields[place] = day + MIDNIGHT
        for column in self._covered.columns(row.number, self._columns):
            fields[self._places[column]] = marked(CELL_FAULT, MERGED, "")
        if stray and any(row.cells[column] != b'""' for column in stray):
            fields.append(self._stray(min(stray)))
        line = b",".join(fields)
        longest = self._limits.max_record_bytes
        return (line if len(line) <= longest else too_long(line, longest)) + b"\n"

    def _stray(self, column: int) -> bytes:
        reason = (
            f"has a value in column {letters(column)}, which has no name in row {self._head}; remove the value, "
            "or name the column"
        )
        return marked(STRAY, reason, "")

    def _missing(self) -> Rejected:
        where = f"row {self._head} of the sheet {self._book.sheet!r}"
        message = f"{where} has no column names; write the row that has them as sheet.header_row in the contract"
        return Rejected(message, code="HEADER_MISSING", line=self._head)
