"""The rows of a sheet, one after the other: row numbers, and the cells with a value, as fields.

A cell without a usable value (an error, a formula that was not calculated, a date that does not exist) is a marked
field. What a sheet says of its own size does not count, because programs write it wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from chalicelib.domain.decode.xlsx.cell import Cell, CellValues
from chalicelib.domain.decode.xlsx.package import Package
from chalicelib.domain.decode.xlsx.plain_rows import PlainRows
from chalicelib.domain.decode.xlsx.workbook import LAST_COLUMN, LAST_ROW, Workbook
from chalicelib.domain.decode.xlsx.xml_events import Attributes, End, Start, damaged, xml_steps
from chalicelib.domain.source.cells import column_of

MOST_CELL_CHARACTERS = 1 << 22
"""A cell has at most 32,767 characters in Excel; other programs may write more."""
DIGITS = "0123456789"


@dataclass(frozen=True, kw_only=True)
class SheetRow:
    """A row of a sheet that has a value."""

    number: int
    """Counted from 1."""
    cells: dict[int, bytes]
    """Fields by column, counted from 0."""


def sheet_rows(package: Package, book: Workbook, strings: list[bytes]) -> Iterator[SheetRow]:
    """Yield the rows with values, in order. Raises Rejected if the sheet is damaged."""
    rows = _Rows(book, strings)
    others = PlainRows(rows, rows.values).others(package.read(book.part))
    for _ in xml_steps(others, book.part, rows.starts(), rows.ends(), rows.text):
        yield from rows.done
        rows.done.clear()


class _Rows:
    """The handlers of a sheet's elements, and the rows that are read so far."""

    def __init__(self, book: Workbook, strings: list[bytes]) -> None:
        self.book, self.values = book, CellValues(book, strings)
        self.done: list[SheetRow] = []
        self.number, self.column = 0, -1
        self.cells: dict[int, bytes] = {}
        self.cell = Cell()
        self.room = 0
        self.inside = self.phonetic = False
        self.columns: dict[str, int] = {}

    def starts(self) -> dict[str, Start]:
        text = self.begin_text
        return {"row": self.begin_row, "c": self.begin_cell, "f": self.formula, "v": text, "t": text, "rPh": self.sound}

    def ends(self) -> dict[str, End]:
        text = self.end_text
        return {"row": self.end_row, "c": self.end_cell, "v": text, "t": text, "rPh": self.end_sound}

    def begin_row(self, found: Attributes) -> None:
        written = found.get("r", "")
        number = self.number + 1
        if written:
            number = int(written) if written.isdecimal() and len(written) < 9 else 0
        if not self.number < number <= LAST_ROW:
            raise damaged(self.book.part, f"its row {written[:20]!r} follows row {self.number}")
        self.number, self.column, self.cells = number, -1, {}

    def end_row(self) -> None:
        self.add(self.number, self.cells)

    def add(self, number: int, cells: dict[int, bytes]) -> None:
        """Add the next row, if it has a value."""
        self.number = number
        if cells:
            self.done.append(SheetRow(number=number, cells=cells))

    def begin_cell(self, found: Attributes) -> None:
        written = found.get("r")
        self.column = self._column(written) if written else self.column + 1
        if self.column >= LAST_COLUMN or self.column in self.cells:
            raise damaged(self.book.part, f"row {self.number} has a cell twice, or too many cells")
        style = found.get("s", "")
        self.cell = Cell(kind=found.get("t", "n"), style=int(style) if style.isdecimal() and len(style) < 9 else 0)
        self.room = MOST_CELL_CHARACTERS

    def _column(self, written: str) -> int:
        """Return the column of a cell's name, such as C17."""
        letters = written.rstrip(DIGITS)
        found = self.place(letters)
        if found < 0 or written[len(letters) :] != str(self.number):
            raise damaged(self.book.part, f"row {self.number} has a cell that is called {written[:20]!r}")
        return found

    def place(self, letters: str) -> int:
        """Return the column that the letters name, from 0; -1 if there is none."""
        if (found := self.columns.get(letters)) is None:
            number = column_number(letters)
            found = self.columns[letters] = number if number < LAST_COLUMN else -1
        return found

    def end_cell(self) -> None:
        if (value := self.values.field(self.cell)) is not None:
            self.cells[self.column] = value

    def formula(self, _: Attributes) -> None:
        self.cell.formula = True

    def begin_text(self, _: Attributes) -> None:
        self.inside = self.cell.valued = True

    def end_text(self) -> None:
        self.inside = False

    def sound(self, _: Attributes) -> None:
        self.phonetic = True

    def end_sound(self) -> None:
        self.phonetic = False

    def text(self, data: str) -> None:
        if self.inside and not self.phonetic:  # how a text is pronounced is not part of it
            self.room -= len(data)
            if self.room < 0:
                what = f"row {self.number} has a cell of more than {MOST_CELL_CHARACTERS} characters"
                raise damaged(self.book.part, what)
            self.cell.text.append(data)


def column_number(letters: str) -> int:
    """Return the column that these letters name, counted from 0; -1 if they name none."""
    if not 0 < len(letters) < 4 or not (letters.isascii() and letters.isalpha()):
        return -1
    return column_of(letters.upper())
