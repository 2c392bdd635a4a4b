"""Rejects as a table that the operator corrects: CSV that a spreadsheet opens without running anything in it.

Guarantees that unedited values are read back exactly as they were written, whatever they hold. It does not guard
against changes by the spreadsheet program itself (numbers without their zeros, dates in its own form).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from landfall.faults import absent, usage

OWN = ("_load", "_line", "_byte_offset", "_code", "_column", "_reason", "_record")
"""The columns before the row's own. _record holds a record that could not be split into columns."""
RECORD = OWN.index("_record")
KEPT = "'"
SIGNS = "=+-@＝＋－＠"
FORMULA_STARTS = (*SIGNS, "\t", "\r", "\n")
"""A spreadsheet reads a cell with such a start as a formula. Source: OWASP, CSV Injection."""
PLACES = {"^": "".join((*FORMULA_STARTS, KEPT)), "(?<=[;\t\r\n])": f"{SIGNS}{KEPT}"}
"""Patterns of a cell's beginning, and the characters before which KEPT is put there: a formula's start, or KEPT itself.

A cell begins inside ours if a spreadsheet separates cells by semicolons or tabs. It ignores quotes inside a cell.
"""
DELIMITERS = (",", ";", "\t")
"""Delimiters that spreadsheets write; which one depends on the country."""
MARKS = '\ufeff"'
"""Characters that may stand before the first name of a table that was appended to another: its mark, and a quote."""
LONGEST_CELL = 1 << 24

_GUARDED = re.compile("|".join(f'{place}(?="*[{re.escape(starts)}])' for place, starts in PLACES.items()))
_KEPT = re.compile("|".join(f'{place}{KEPT}(?="*[{re.escape(starts)}])' for place, starts in PLACES.items()))
_LOAD = re.compile(r"[0-9a-f]{32}-[0-9]{1,9}")
_NUMBER = re.compile(r"[0-9]{1,18}")


class _Lines(Protocol):
    """A reader of the csv module."""

    line_num: int

    def __iter__(self) -> Iterator[list[str]]: ...


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """The values that all rows of a file share."""

    load: str
    """The run and the generation that rejected them."""
    columns: Sequence[str]
    """The row's own columns."""


@dataclass(frozen=True, kw_only=True)
class Fix:
    """A corrected row."""

    line: str
    """Its line in the file that it was rejected from, as the table has it."""
    byte_offset: int
    values: tuple[str, ...]

    @property
    def body(self) -> dict[str, Any]:
        """The row in the API's form."""
        return {"byte_offset": self.byte_offset, "values": list(self.values)}


@dataclass(frozen=True, kw_only=True)
class Fixes:
    """The corrected rows of a table."""

    columns: tuple[str, ...]
    rows: Mapping[str, Sequence[Fix]]
    """Rows by the load that rejected them."""
    left_out: int
    """Number of rows without any value."""
    records: Mapping[bool, Sequence[int]]
    """Lines of the table with a value in `_record`, by whether their row is sent. `_record` itself is not read."""


def harmless(text: str) -> str:
    """Put an apostrophe wherever a spreadsheet might begin a cell and find a formula, or an apostrophe."""
    return _GUARDED.sub(KEPT, text)


def plain(text: str) -> str:
    """Undo `harmless`. A text that the operator wrote keeps its own apostrophes."""
    return _KEPT.sub("", text)


# ---- writing --------------------------------------------------------------------------------------------------------


def write_rejects(path: Path, sheet: Sheet, rejects: Iterable[Mapping[str, Any]]) -> int:
    """Write rejects as they come, and return their number. Raises CommandError."""
    if str(path) == "-":
        raise usage("- is not a file: --out writes one; --json writes to standard output")
    try:
        with path.open("x", newline="", encoding="utf-8-sig") as out:  # by the mark spreadsheets detect UTF-8
            writer = csv.writer(out)
            writer.writerow(map(harmless, (*OWN, *sheet.columns)))
            count = 0
            for count, reject in enumerate(rejects, start=1):  # noqa: B007
                writer.writerow(map(harmless, _cells(sheet, reject)))
            return count
    except FileExistsError:
        raise usage(f"{path} already exists, and may hold corrected rows: name another file") from None
    except OSError as error:
        raise usage(f"{path} cannot be written: {error.strerror}") from None


def _cells(sheet: Sheet, reject: Mapping[str, Any]) -> list[str]:
    known = [str(reject[name]) for name in ("line", "byte_offset", "code", "column", "reason")]
    if reject["values"] is None:
        return [sheet.load, *known, reject["record"], *("" for _ in sheet.columns)]
    return [sheet.load, *known, "", *reject["values"]]


# ---- reading --------------------------------------------------------------------------------------------------------


def read_fixes(path: Path) -> Fixes:
    """Read the corrected table. Raises CommandError that names the line at fault."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise absent(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise usage(f"{path} is not UTF-8; save it as `CSV UTF-8`") from None
    csv.field_size_limit(max(csv.field_size_limit(), LONGEST_CELL))
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        table = [(number, [plain(cell) for cell in row]) for number, row in _numbered(lines) if any(row)]
    except csv.Error as error:
        raise usage(f"{path} is not CSV at line {lines.line_num}: {error}") from None
    header = tuple(table[0][1]) if table else ()
    if header[: len(OWN)] != OWN or len(header) == len(OWN):
        raise usage(
            f"{path} is not a table of rejects: it must begin with the columns {', '.join(OWN)}, then the row's own"
        )
    return _fixes(path, header, table[1:])


def _numbered(lines: _Lines) -> Iterator[tuple[int, list[str]]]:
    """Yield each record with the line on which it starts. The reader's own number is that of its last line."""
    start = 1
    for row in lines:
        yield start, row
        start = lines.line_num + 1


def _delimiter(text: str) -> str:
    """Return the character after the first name."""
    found = text.lstrip('"').removeprefix(OWN[0]).lstrip('"')[:1]
    return found if found in DELIMITERS else ","


def _refuse_other_columns(path: Path, number: int, header: tuple[str, ...], cells: Sequence[str]) -> None:
    """Raise CommandError if an appended table, which has its own header, has other columns."""
    if tuple(cells[1:]) != header[1:]:
        raise usage(f"{path}, line {number}: a table with other columns begins here; send it as a file of its own")


def _fixes(path: Path, header: tuple[str, ...], table: Iterable[tuple[int, list[str]]]) -> Fixes:
    rows: dict[str, dict[int, Fix]] = {}
    records: dict[bool, list[int]] = {True: [], False: []}
    left_out = 0
    for number, cells in table:
        if cells[0].strip(MARKS) == OWN[0]:
            _refuse_other_columns(path, number, header, cells)
            continue
        if len(cells) != len(header):
            raise usage(f"{path}, line {number}: {len(cells)} cells, and the header has {len(header)}")
        load, line, offset = cells[:3]
        if not _LOAD.fullmatch(load) or not _NUMBER.fullmatch(offset):
            raise usage(f"{path}, line {number}: leave {OWN[0]} and {OWN[2]} as they were written")
        values = tuple(cells[len(OWN) :])
        if cells[RECORD]:
            records[any(values)].append(number)
        if not any(values):
            left_out += 1
        elif int(offset) in rows.setdefault(load, {}):
            raise usage(f"{path}, line {number}: the row of byte {offset} appears twice")
        else:
            rows[load][int(offset)] = Fix(line=line, byte_offset=int(offset), values=values)
    kept = {load: list(found.values()) for load, found in rows.items() if found}
    return Fixes(columns=header[len(OWN) :], rows=kept, left_out=left_out, records=records)
