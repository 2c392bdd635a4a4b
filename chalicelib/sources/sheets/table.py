"""A sheet's rows as lines of JSON, below a row of column names. All of it is pure.

Each line begins with the name of its first cell, so that a reject names the cell.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.domain.contract.column import Column, TypeName
from chalicelib.domain.contract.identifiers import fold
from chalicelib.domain.decode.xlsx.cell import MERGED
from chalicelib.domain.decode.xlsx.merges import Area, Covered
from chalicelib.domain.decode.xlsx.values import NoValue
from chalicelib.domain.source.cells import CELL, FAULT, OWN_FIELDS, cell_name
from chalicelib.errors import Refused
from chalicelib.sources.sheets.values import value_of

BAD_HEADER = "SHEET_HEADER"
Cell = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Header:
    """The column names of a sheet."""

    title: str
    row: int
    first: int
    """The column of the first name, from 0. The others stand beside it without a gap."""
    names: tuple[str, ...]
    types: tuple[TypeName | None, ...]
    """The types of the contract's columns; None where it has none."""

    @property
    def stop(self) -> int:
        return self.first + len(self.names)


def header_of(title: str, row: int, left: int, cells: Sequence[Cell], columns: Sequence[Column]) -> Header:
    """Return the header in a row whose first cell is in column `left`. Raises Refused with the cell at fault."""
    named = {left + n: text for n, cell in enumerate(cells) if (text := str(cell.get("formattedValue", "")).strip())}
    if not named:
        raise Refused(
            f"{cell_name(title, left, row)} has no column name; write the names in row {row}", code=BAD_HEADER
        )
    first, seen = min(named), dict[str, int]()
    for column in range(first, max(named) + 1):
        here, text = cell_name(title, column, row), named.get(column, "")
        if not text:
            raise Refused(f"{here} has no column name, between others; write one, or set columns", code=BAD_HEADER)
        if text in OWN_FIELDS:
            raise Refused(f"{here} has the name {text}, which is Landfall's own; rename it", code=BAD_HEADER)
        if (before := seen.setdefault(fold(text), column)) != column:
            other = cell_name(title, before, row)
            raise Refused(f"{here} repeats the column name of {other}; rename one of them", code=BAD_HEADER)
    names = tuple(named[column] for column in sorted(named))
    return Header(title=title, row=row, first=first, names=names, types=tuple(_types(names, columns)))


def _types(names: Sequence[str], columns: Sequence[Column]) -> Iterator[TypeName | None]:
    known = {fold(alias): column for column in columns for alias in column.aliases}
    known |= {fold(column.name): column for column in columns if not column.path}
    exact = {column.path: column for column in columns if column.path}
    for name in names:
        column = exact.get(name) or known.get(fold(name))
        yield column.type.kind if column else None


class Rows:
    """Makes lines of the rows of one sheet. Rows come in order."""

    def __init__(self, header: Header, zone: ZoneInfo, merged: Sequence[Area]) -> None:
        self._header, self._zone = header, zone
        self._covered = Covered(sorted(merged))
        self._columns = list(range(header.first, header.stop))

    def line(self, row: int, left: int, cells: Sequence[Cell]) -> bytes:
        """Return a row as a line; nothing if it is empty. Raises Refused for a value without a column name."""
        covered = set(self._covered.columns(row, self._columns))
        values, faults = dict[int, str](), dict[int, str]()
        for column, cell in enumerate(cells, left):
            try:
                value = value_of(cell, self._type(column), self._zone)
            except NoValue as fault:
                value, faults[column] = "null", str(fault)
            if value is not None:
                values[column] = value
        if not values:
            return b""
        self._refuse_strays(row, values)
        faults |= dict.fromkeys(covered - set(values), MERGED)
        return self._joined(row, values, faults).encode("utf-8", "surrogatepass")

    def _type(self, column: int) -> TypeName | None:
        header = self._header
        return header.types[column - header.first] if header.first <= column < header.stop else None

    def _refuse_strays(self, row: int, values: Mapping[int, str]) -> None:
        header = self._header
        for column in values:
            if not header.first <= column < header.stop:
                named, here = cell_name(header.title, column, header.row), cell_name(header.title, column, row)
                fault = f"{here} has a value, but {named} has no column name"
                raise Refused(f"{fault}; write one, or set columns to those that count", code=BAD_HEADER)

    def _joined(self, row: int, values: Mapping[int, str], faults: Mapping[int, str]) -> str:
        header = self._header
        parts = [f"{json.dumps(CELL)}:{json.dumps(cell_name(header.title, header.first, row), ensure_ascii=False)}"]
        if faults:
            named = {header.names[column - header.first]: faults[column] for column in sorted(faults)}
            parts.append(f"{json.dumps(FAULT)}:{json.dumps(named, ensure_ascii=False)}")
        for column, name in enumerate(header.names, header.first):
            parts.append(f"{json.dumps(name, ensure_ascii=False)}:{values.get(column, 'null')}")
        return "{" + ",".join(parts) + "}\n"
