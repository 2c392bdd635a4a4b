"""Rows of a sheet in the form in which most programs write them, read at once; the XML parser reads all others.

A row is taken out of the XML only if a pattern proves that it has nothing but cells in that form, and if the parser is
between two rows. So both ways give the same rows. A comment or the like before a row ends this for the whole sheet, for
a row could be part of it.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator
from functools import lru_cache
from typing import Protocol

from chalicelib.domain.decode.xlsx.cell import Cell, CellValues
from chalicelib.domain.decode.xlsx.workbook import LAST_ROW
from chalicelib.errors import Rejected

PROLOG = re.compile(
    rb'(?:\xef\xbb\xbf)?(?:<\?xml(?: version="1\.0")?(?: encoding="(?i:utf-8)")?(?: standalone="[a-z]+")?\s*\?>)?'
)
BEGINNING, ROW_END = b"<sheetData>", b"</row>"
SHORT, ZERO = (b"", b"n", b"s"), ord("0")
MOST_VALUES = 1 << 16
"""Distinct cells whose fields are kept."""
MOST_HELD = 1 << 20
"""A longer row, and a longer beginning of a sheet, is left to the parser."""
_TEXT = rb"[^<>&\x00-\x08\x0b-\x1f]*+"
_FORMULA = rb'<f(?: [a-zA-Z]+="[^"<>&]*+")*+(?:/>|>(?:[^<>&\x00-\x08\x0b-\x1f]|&(?:amp|lt|gt|quot|apos);)*+</f>)'
_VALUE = rb"(<v>)(%b)</v>|(<is>)<t(?: xml:space=\"preserve\")?>(%b)</t></is>" % (_TEXT, _TEXT)
_NAMED = rb'<c r="([A-Z]{1,3})([0-9]{1,7})"(?: s="([0-9]{1,6})")?(?: t="(s|n|b|e|str|inlineStr)")?'
_CELL = rb"%b(?:/>|>(%b)?(?:%b)?</c>)" % (_NAMED, _FORMULA, _VALUE)
CELL, CELLS = re.compile(_CELL), re.compile(rb"(?:%b)*+" % re.sub(rb"\((?!\?)", rb"(?:", _CELL))
HEAD = re.compile(rb'<row r="([1-9][0-9]{0,6})"(?: [a-zA-Z0-9:]+="[^"<>&]*+")*+>')
NO_CHARACTER = re.compile(rb"\xef\xbf[\xbe\xbf]")
"""Two code points that XML does not allow; the pattern of a text allows all bytes beyond ASCII."""


class Rows(Protocol):
    """What is read of a sheet so far."""

    @property
    def number(self) -> int:
        """The number of the last row."""

    def place(self, letters: str) -> int:
        """Return the column that the letters name, from 0; -1 if there is none."""

    def add(self, number: int, cells: dict[int, bytes]) -> None:
        """Add the next row."""


class PlainRows:
    """Takes the plain rows out of a sheet's XML."""

    def __init__(self, rows: Rows, values: CellValues) -> None:
        self._rows, self._values = rows, values
        self._ended = False
        self._places: dict[bytes, int] = {}
        self._numeric = frozenset(style.encode() for style in values.numeric_styles())
        self._field = lru_cache(maxsize=MOST_VALUES)(self._any_field)

    def others(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the XML without the rows that are taken, in order: those before a piece are taken before it."""
        rest = iter(blocks)
        held, begun = _beginning(rest)
        yield held[:begun]
        held = held[begun:]
        while begun:
            at = yield from self._pieces(held)
            held = held[at:]
            if self._ended or len(held) > MOST_HELD or not (block := next(rest, b"")):
                break
            held += block
        yield held
        yield from rest

    def _pieces(self, held: bytes) -> Generator[bytes, None, int]:
        """Yield the rows that are not plain. Return where the last whole row ends."""
        at = 0
        while (end := held.find(ROW_END, at)) >= 0:
            if not self._take(held, at, end):
                piece = held[at : end + len(ROW_END)]
                if b"<!" in piece or b"<?" in piece:
                    self._ended = True
                    return at
                yield piece
            at = end + len(ROW_END)
        yield b""  # the caller uses the rows that were taken
        return at

    def _take(self, held: bytes, at: int, end: int) -> bool:
        """Take a row, if it is plain."""
        head = HEAD.match(held, at, end)
        if not head or not CELLS.fullmatch(held, head.end(), end) or NO_CHARACTER.search(held, head.end(), end):
            return False
        number = int(head[1])
        if not self._rows.number < number <= LAST_ROW:
            return False
        try:
            cells = self._cells(held, head.end(), end, head[1])
        except (ValueError, IndexError, Rejected):  # the parser's handlers find the same, and name it
            return False
        if cells is None:
            return False
        self._rows.add(number, cells)
        return True

    def _cells(self, held: bytes, start: int, end: int, row: bytes) -> dict[int, bytes] | None:
        """Return the fields of a row; None if its cells have other names than the parser expects."""
        cells, last, strings, numeric = dict[int, bytes](), -1, self._values.strings, self._numeric
        for letters, number, style, kind, formula, valued, text, inline, own in CELL.findall(held, start, end):
            column = self._place(letters)
            if number != row or column <= last:
                return None
            last = column
            if not formula and text.isdigit() and kind in SHORT:
                if kind == b"s":
                    cells[column] = strings[int(text)]
                    continue
                if style in numeric and (text[0] != ZERO or len(text) == 1):
                    cells[column] = text
                    continue
            field = self._field(kind, style, bool(formula), bool(valued or inline), text or own)
            if field is not None:
                cells[column] = field
        return cells

    def _place(self, letters: bytes) -> int:
        if (found := self._places.get(letters)) is None:
            found = self._places[letters] = self._rows.place(letters.decode())
        return found

    def _any_field(self, kind: bytes, style: bytes, formula: bool, valued: bool, text: bytes) -> bytes | None:
        pieces = [text.decode()] if text else []
        return self._values.field(
            Cell(kind=kind.decode() or "n", style=int(style or 0), formula=formula, valued=valued, text=pieces)
        )


def _beginning(rest: Iterator[bytes]) -> tuple[bytes, int]:
    """Return the first bytes of a sheet, and where its rows begin in them; 0 if no row is to be taken."""
    held = b""
    for block in rest:
        held += block
        if (begun := held.find(BEGINNING)) >= 0:
            prolog = PROLOG.match(held)
            plain = prolog and not re.search(rb"<[!?]", held[prolog.end() : begun])
            return held, begun + len(BEGINNING) if plain else 0
        if len(held) > MOST_HELD:
            break
    return held, 0
