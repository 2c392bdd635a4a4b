"""The field of one cell, by its type, its number format and its formula."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from chalicelib.domain.decode.fields import Day, field_of, marked
from chalicelib.domain.decode.xlsx.number_formats import Shown
from chalicelib.domain.decode.xlsx.values import NoValue, moment_text, number_text, plain_text
from chalicelib.domain.decode.xlsx.workbook import Workbook
from chalicelib.domain.decode.xlsx.xml_events import damaged

CELL_FAULT = 0
"""The load error code of a fault that Redshift does not have."""
NOT_CALCULATED = (
    "is a formula without a value, because the program that saved the workbook does not calculate; "
    "open it in Excel, and save it again"
)
MERGED = "is covered by merged cells, which have one value in their first cell; unmerge them"
DAY_LENGTH = len("yyyy-mm-dd")
TEXTS = ("str", "inlineStr")
"""Types of cells that have their text in themselves."""
MOST_VALUES = 1 << 16
"""Distinct numbers whose texts are kept."""


@dataclass(kw_only=True)
class Cell:
    """A cell as the sheet has it."""

    kind: str = "n"
    """The type of its value."""
    style: int = 0
    formula: bool = False
    valued: bool = False
    """It has an element for its value."""
    text: list[str] = field(default_factory=list)
    """The value, in pieces."""


class CellValues:
    """Makes fields of the cells of one workbook."""

    def __init__(self, book: Workbook, strings: list[bytes]) -> None:
        self._book, self.strings = book, strings
        self._number = lru_cache(maxsize=MOST_VALUES)(self._number_field)

    def numeric_styles(self) -> Iterator[str]:
        """Yield the styles, as cells name them, whose numbers are not dates or times; empty for no style."""
        if self._shown(0) is Shown.NUMBER:
            yield ""
        yield from (str(n) for n, shown in enumerate(self._book.styles) if shown is Shown.NUMBER)

    def field(self, cell: Cell) -> bytes | None:
        """Return the cell's field; None if it is empty. Raises Rejected if it contradicts the workbook."""
        text = "".join(cell.text)
        if cell.formula and self._not_calculated(cell, text):
            return marked(CELL_FAULT, NOT_CALCULATED, "")
        if cell.kind in TEXTS:
            return field_of(plain_text(text)) if cell.valued else None
        return self._field(cell, text) if text else None

    def _field(self, cell: Cell, text: str) -> bytes:
        match cell.kind:
            case "s":
                return self._shared(text)
            case "n":
                return self._number(text, self._shown(cell.style))
            case "b":
                return b"TRUE" if text.strip() in ("1", "true") else b"FALSE"
            case "e":
                return marked(CELL_FAULT, f"is the error {text[:20]}; correct the formula or the cell", text[:20])
            case "d":
                return field_of(text.replace("T", " ").removesuffix(" 00:00:00"))
        raise damaged(self._book.part, f"a cell has the type {cell.kind[:20]!r}")

    def _not_calculated(self, cell: Cell, text: str) -> bool:
        """Return whether a formula has no value, or the 0 that stands for one until Excel calculates it."""
        if self._book.recalculates and text == "0" and cell.kind == "n":
            return True
        return not text and not (cell.valued and cell.kind == "str")

    def _shared(self, text: str) -> bytes:
        number = int(text) if text.isdecimal() and len(text) < 12 else -1
        if not 0 <= number < len(self.strings):
            raise damaged(self._book.part, "a cell has a text that the workbook does not have")
        return self.strings[number]

    def _shown(self, style: int) -> Shown:
        return self._book.styles[style] if style < len(self._book.styles) else Shown.NUMBER

    def _number_field(self, text: str, shown: Shown) -> bytes:
        try:
            if shown is Shown.NUMBER:
                return number_text(text.strip()).encode()
            moment = moment_text(text.strip(), shown, from_1904=self._book.from_1904).encode()
            return Day(moment) if len(moment) == DAY_LENGTH and shown is not Shown.DURATION else moment
        except NoValue as fault:
            return marked(CELL_FAULT, str(fault), text[:40])
