"""Names of a sheet's cells in A1 notation, and the fields of a landed row that refer to them."""

from __future__ import annotations

import re

CELL = "_cell"
"""The field with the name of the row's first cell, such as `Orders!A17`. The others follow in the order of fields."""
FAULT = "_fault"
"""The field with an object: for each field without a usable value, the reason."""
OWN_FIELDS = (CELL, FAULT)
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LIKE_A_CELL = re.compile(r"[A-Za-z]{1,3}[0-9]+|[Rr][0-9]*[Cc][0-9]*|[Rr][0-9]+|[Cc][0-9]+|[Tt]rue|TRUE|[Ff]alse|FALSE")
_PLACE = re.compile(r"([A-Z]+)([0-9]+)")


def letters(column: int) -> str:
    """Return the letters of a column, counted from 0."""
    text = ""
    while column >= 0:
        text = chr(ord("A") + column % 26) + text
        column = column // 26 - 1
    return text


def column_of(text: str) -> int:
    """Return the number of a column, from 0, by its letters."""
    number = 0
    for letter in text:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def quoted_title(title: str) -> str:
    """Return a sheet's title as A1 notation always understands it."""
    return "'" + title.replace("'", "''") + "'"


def cell_name(title: str, column: int, row: int) -> str:
    """Return the name of a cell, with quotes around the title only if it needs them. Rows count from 1."""
    plain = _PLAIN.fullmatch(title) and not _LIKE_A_CELL.fullmatch(title)
    return f"{title if plain else quoted_title(title)}!{letters(column)}{row}"


def beside(first: str, offset: int | None) -> str:
    """Return the name of the cell so many columns right of another one, or of its whole row.

    Empty if the other one is no name of a cell.
    """
    sheet, _, place = first.rpartition("!")
    found = _PLACE.fullmatch(place)
    if not found:
        return ""
    row = found[2]
    return f"{sheet}!{row}:{row}" if offset is None else f"{sheet}!{letters(column_of(found[1]) + offset)}{row}"
