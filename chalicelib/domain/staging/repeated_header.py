"""Rows that repeat the file's header or a line beside it, as files have that were joined from several."""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Collection
from dataclasses import replace

import numpy as np

from chalicelib.domain.checks.codes import RowCode
from chalicelib.domain.checks.row_fault import RowFault
from chalicelib.domain.contract.identifiers import fold
from chalicelib.domain.formats.csv.preamble import SEP_BYTES, named_delimiter
from chalicelib.domain.raw.swar import (
    LOW,
    Fields,
    Ints,
    Mask,
    equal,
    every,
    fields_of,
    table_of,
    without_front,
    word,
    word_of,
)
from chalicelib.domain.staging.table import Table

IGNORED = table_of(b" _\t\n\v\f\r\x1c\x1d\x1e\x1f")
"""The ASCII characters that do not count in a name, as `fold` has it."""
BEGINNING = re.compile(rb"[^ _]{1,8}")
LOWER = every(0x20)
"""The bit that makes a letter lower-case. Other characters may become alike, which `_repeats` finds."""


REPEATED_HEADER = RowFault(
    column="",
    code=RowCode.CONTRACT,
    reason="repeats the header: the file may be joined from several; dialect.repeated_header can leave such rows out",
)
REPEATED_LINE = replace(
    REPEATED_HEADER, reason=REPEATED_HEADER.reason.replace("the header", "a line beside the header", 1)
)


def repeated(table: Table, bad: Collection[int]) -> dict[int, RowFault]:
    """Return the rows that repeat the header or a line beside it, each with its fault."""
    return {
        **dict.fromkeys(repeated_head_lines(table), REPEATED_LINE),
        **dict.fromkeys(repeated_headers(table, bad), REPEATED_HEADER),
    }


def repeated_headers(table: Table, bad: Collection[int]) -> list[int]:
    """Return the rows whose fields are the header's names. Case, spaces and underscores do not count.

    If no such row can be good, only the bad rows are looked at.
    """
    if not table.rules.header:
        return []
    rows = np.array(sorted(bad), np.int64) if table.rules.header_is_bad else np.arange(len(table.widths))
    rows = rows[table.sound()[rows] & (table.widths[rows] == len(table.rules.columns))]
    for index, name in table.rules.header:
        rows = rows[_begins_alike(_names(table.values(index, rows)), name.encode())] if len(rows) else rows
    return [row for row in rows.tolist() if _repeats(table, row)]


def _names(values: Fields) -> Fields:
    """Return the values without what does not count in front of a name: a byte order mark, white space and underscores.

    A file has the mark in its middle if it was joined from files that begin with it.
    """
    marked = len(BOM_UTF8) * ((word(values, 0)[0] & LOW[len(BOM_UTF8)]) == word_of(BOM_UTF8))
    return without_front(values.part(values.start + marked, values.length - marked), IGNORED)


def _begins_alike(values: Fields, name: bytes) -> Mask:
    """Return which values may be the name, by their first characters."""
    found = BEGINNING.match(name)
    size = len(found[0]) if found else 0
    wanted = word_of(name[:size]) | LOWER
    alike: Mask = ((word(values, 0)[0] | LOWER) & LOW[size]) == (wanted & LOW[size])
    return alike


def _repeats(table: Table, row: int) -> bool:
    """Return whether a row is the header."""
    for index, name in table.rules.header:
        (value,) = table.values(index, np.array([row])).raw()
        if fold(value.removeprefix(BOM_UTF8).decode(errors="replace")) != fold(name):
            return False
    return True


def repeated_head_lines(table: Table) -> list[int]:
    """Return the rows that repeat a line beside the header: the one that names the delimiter, or one behind it.

    A block without the bytes of such a line costs a search for each of them.
    """
    rules, found = table.rules, list[Ints]()
    if not (rules.sep or rules.head_lines):
        return []
    origin, stop = table.reading.origin, int(table.finishes[-1])
    data, first = origin.data if origin else table.data, int(table.begins[0])
    names = [b"=" + rules.sep] if rules.sep else []
    names += [rb"=\t"] if rules.sep == b"\t" else []
    if any(data.find(name, first, stop) >= 0 for name in names):
        found.append(_sep_lines(_as_read(table), rules.sep))
    for line in rules.head_lines:
        if data.find(line, first, stop) >= 0:
            found.append(np.flatnonzero(equal(_as_read(table), line)))
    rows = np.unique(np.concatenate(found)) if found else np.empty(0, np.int64)
    return [row for row, blank in zip(rows.tolist(), table.blank[rows].tolist(), strict=True) if not blank]


def _as_read(table: Table) -> Fields:
    """Return whole records as the file has them, without line ends."""
    origin, rows = table.reading.origin, slice(table.first, table.first + len(table.widths))
    if not origin:
        return table.lines
    return fields_of(origin.data).part(origin.starts[rows], origin.ends[rows] - origin.starts[rows])


def _sep_lines(lines: Fields, delimiter: bytes) -> Ints:
    """Return the lines that name the delimiter."""
    last = lines.at(lines.length - 1)
    ends = (last == delimiter[-1]) | (last == ord('"')) | (last == ord("t"))
    rows = np.flatnonzero(ends & (lines.length > 0) & (lines.length <= SEP_BYTES))
    named = [named_delimiter(line.removeprefix(BOM_UTF8)) == delimiter for line in lines.pick(rows).raw()]
    found: Ints = rows[np.array(named, np.bool_)]
    return found
