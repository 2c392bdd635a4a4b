"""Rows that repeat the file's header, as files have that were joined from several."""

from __future__ import annotations

import re
from collections.abc import Collection

import numpy as np

from chalicelib.domain.contract.identifiers import fold
from chalicelib.domain.formats.csv.preamble import BOM
from chalicelib.domain.raw.swar import LOW, Fields, Mask, every, table_of, without_front, word, word_of
from chalicelib.domain.staging.table import Table

IGNORED = table_of(b" _\t\n\v\f\r\x1c\x1d\x1e\x1f")
"""The ASCII characters that do not count in a name, as `fold` has it."""
BEGINNING = re.compile(rb"[^ _]{1,8}")
LOWER = every(0x20)
"""The bit that makes a letter lower-case. Other characters may become alike, which `_repeats` finds."""


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
    marked = len(BOM) * ((word(values, 0)[0] & LOW[len(BOM)]) == word_of(BOM))
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
        if fold(value.removeprefix(BOM).decode(errors="replace")) != fold(name):
            return False
    return True
