"""Rejects as a table for people, to be corrected: CSV that a spreadsheet opens without running anything in it.

Guarantees that values which nobody touched come back from the file exactly as they went into it, whatever they hold.
What a spreadsheet program makes of them on its way (numbers without their zeros, dates of its own) is not promised.
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
"""The columns before the row's own. _record has a record that could not be taken apart into columns."""
RECORD = OWN.index("_record")
KEPT = "'"
SIGNS = "=+-@＝＋－＠"
FORMULA_STARTS = (*SIGNS, "\t", "\r", "\n")
"""A spreadsheet takes a cell that starts so for a formula. Source: OWASP, CSV Injection."""
PLACES = {"^": "".join((*FORMULA_STARTS, KEPT)), "(?<=[;\t\r\n])": f"{SIGNS}{KEPT}"}
"""Where a cell begins, and before what KEPT is put there: a formula's start, or KEPT itself.

One begins inside ours if a spreadsheet separates cells by semicolons or tabs: it ignores quotes that do not begin one.
"""
DELIMITERS = (",", ";", "\t")
"""Those that spreadsheets write, each in some country."""
MARKS = '\ufeff"'
"""What may stand before the first name of a table that was appended to another: its mark, and a quote."""
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
    """What the rows of a file have in common."""

    load: str
    """The run and the generation that rejected them."""
    columns: Sequence[str]
    """The row's own."""


@dataclass(frozen=True, kw_only=True)
class Fix:
    """A corrected row."""

    line: str
    """Of the file it was rejected from, as the table says."""
    byte_offset: int
    values: tuple[str, ...]

    @property
    def body(self) -> dict[str, Any]:
        """As the API takes it."""
        return {"byte_offset": self.byte_offset, "values": list(self.values)}


@dataclass(frozen=True, kw_only=True)
class Fixes:
    """The corrected rows of a table."""

    columns: tuple[str, ...]
    rows: Mapping[str, Sequence[Fix]]
    """By the load that rejected them."""
    left_out: int
    """Rows without any value."""
    records: Mapping[bool, Sequence[int]]
    """Lines of the table that hold something in `_record`, which is not read: by whether their row is sent."""


def harmless(text: str) -> str:
    """The text, with an apostrophe wherever a spreadsheet might begin a cell and find a formula, or an apostrophe."""
    return _GUARDED.sub(KEPT, text)


def plain(text: str) -> str:
    """What `harmless` was given; a text that somebody wrote since keeps an apostrophe that is its own."""
    return _KEPT.sub("", text)


# ---- writing --------------------------------------------------------------------------------------------------------


def write_rejects(path: Path, sheet: Sheet, rejects: Iterable[Mapping[str, Any]]) -> int:
    """Write rejects as they come. Returns how many there were. Raises CommandError."""
    if str(path) == "-":
        raise usage("- is no file: --out writes one; --json writes to standard output")
    try:
        with path.open("x", newline="", encoding="utf-8-sig") as out:  # the mark tells spreadsheets that it is UTF-8
            writer = csv.writer(out)
            writer.writerow(map(harmless, (*OWN, *sheet.columns)))
            count = 0
            for count, reject in enumerate(rejects, start=1):  # noqa: B007
                writer.writerow(map(harmless, _cells(sheet, reject)))
            return count
    except FileExistsError:
        raise usage(f"{path} is there, and may hold rows that somebody has corrected: name another file") from None
    except OSError as error:
        raise usage(f"{path} cannot be written: {error.strerror}") from None


def _cells(sheet: Sheet, reject: Mapping[str, Any]) -> list[str]:
    known = [str(reject[name]) for name in ("line", "byte_offset", "code", "column", "reason")]
    if reject["values"] is None:
        return [sheet.load, *known, reject["record"], *("" for _ in sheet.columns)]
    return [sheet.load, *known, "", *reject["values"]]


# ---- reading --------------------------------------------------------------------------------------------------------


def read_fixes(path: Path) -> Fixes:
    """The table as it was corrected. Raises CommandError that names the line at fault."""
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
        raise usage(f"{path} is no CSV at line {lines.line_num}: {error}") from None
    header = tuple(table[0][1]) if table else ()
    if header[: len(OWN)] != OWN or len(header) == len(OWN):
        raise usage(
            f"{path} is no table of rejects: it has to begin with the columns {', '.join(OWN)}, then the row's own"
        )
    return _fixes(path, header, table[1:])


def _numbered(lines: _Lines) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line on which it starts: the reader counts to its end."""
    start = 1
    for row in lines:
        yield start, row
        start = lines.line_num + 1


def _delimiter(text: str) -> str:
    """What follows the first name."""
    found = text.lstrip('"').removeprefix(OWN[0]).lstrip('"')[:1]
    return found if found in DELIMITERS else ","


def _refuse_other_columns(path: Path, number: int, header: tuple[str, ...], cells: Sequence[str]) -> None:
    """A header further on is that of a table which was appended."""
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
            raise usage(f"{path}, line {number}: the row of byte {offset} is there twice")
        else:
            rows[load][int(offset)] = Fix(line=line, byte_offset=int(offset), values=values)
    kept = {load: list(found.values()) for load, found in rows.items() if found}
    return Fixes(columns=header[len(OWN) :], rows=kept, left_out=left_out, records=records)
