"""Finds the table in a workbook: its sheet, its row of names, its rows."""

from __future__ import annotations

import re
from itertools import islice

from chalicelib.domain.contract.contract import FileFormat, Limits
from chalicelib.domain.contract.dialect import Dialect
from chalicelib.domain.contract.sheet import Sheet
from chalicelib.domain.decode.fields import MARK
from chalicelib.domain.decode.file_kind import binary_kind
from chalicelib.domain.decode.xlsx.package import Package
from chalicelib.domain.decode.xlsx.sheet_rows import sheet_rows
from chalicelib.domain.decode.xlsx.strings import shared_strings
from chalicelib.domain.decode.xlsx.workbook import read_workbook, visible_sheets
from chalicelib.errors import Rejected
from landfall.infer.layout.converted import first_text
from landfall.infer.layout.rows import Row, records
from landfall.infer.layout.sample_table import SampleTable
from landfall.localfile import LocalFile
from landfall.text import plural

HEAD_BYTES = 512
DAY_LENGTH, MOMENT_LENGTHS = 10, {10, 19, 23}
MOMENT = re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}(?: [0-9:.]+)?")
LOOKED_ROWS = 20
"""The first rows, among which is the one with the names."""


def is_workbook(source: LocalFile) -> bool:
    """Return whether a file is an Excel workbook, by its first bytes."""
    kind = binary_kind(source.read(0, min(HEAD_BYTES, source.size)))
    return kind is not None and "xlsx" in kind.name


def find_sheet(source: LocalFile) -> SampleTable:
    """Read the beginning of a workbook's sheet: the only visible one, or the first. Raises Rejected."""
    package = Package(source, Limits())
    names = visible_sheets(package)
    if not names:
        raise Rejected("the workbook has no visible sheet with cells", code="NO_TABLE")
    sheet = Sheet(name=names[0] if len(names) > 1 else "", header_row=_header_row(package, names[0]))
    text, whole = first_text(source, FileFormat.XLSX, sheet)
    _, first, *lines = [record.values for record in records(text, Dialect())]
    rows = [row for row in lines if row and len(row) == len(first or ()) and not any(MARK in value for value in row)]
    notes = [f"other sheets: {', '.join(map(repr, names[1:]))}"] if names[1:] else []
    bad = sum(row is None or any(MARK in value for value in row) for row in lines)
    notes += [f"{plural(bad, 'row')} of the sample have cells without a value that can be loaded"] if bad else []
    return SampleTable(
        dialect=Dialect(),
        names=tuple(value.decode(errors="replace").strip() for value in first or ()),
        rows=_timed(rows),
        ascii=True,
        whole=whole,
        notes=tuple(notes),
        format=FileFormat.XLSX,
        sheet=sheet,
    )


def _timed(rows: list[Row]) -> list[Row]:
    """Write dates with a time of day in columns in which some have one, as the conversion does for timestamps."""
    for place, values in enumerate(zip(*rows, strict=True)):
        lengths = {len(value) for value in values if value}
        if {DAY_LENGTH} < lengths <= MOMENT_LENGTHS and all(MOMENT.fullmatch(value) for value in values if value):
            for row in rows:
                row[place] += b" 00:00:00" if len(row[place]) == DAY_LENGTH else b""
    return rows


def _header_row(package: Package, name: str) -> int:
    """Return the first row that is as wide as any of the first rows; others above it are titles."""
    book = read_workbook(package, Sheet(name=name))
    first = list(islice(sheet_rows(package, book, shared_strings(package, book.strings)), LOOKED_ROWS))
    widest = max((len(row.cells) for row in first), default=0)
    return next((row.number for row in first if len(row.cells) == widest), 1)
