"""Guesses by its look whether a value is a number, a date, a time or text, and whether a row may name columns.

These are hints for the layout of a file. The type of a column is judged by the engine's own checks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import Enum

from landfall.infer.layout.rows import Row

MOST_OTHERS = 0.1
"""Largest share of a column's values that may look otherwise than the rest."""
ZERO_DATES = (b"0000-00-00", b"0000-00-00 00:00:00", b"00.00.0000", b"00/00/0000")
NULL_WORDS = (
    b"\\N", b"NULL", b"null", b"Null", b"N/A", b"n/a", b"NA", b"#N/A", b"None", b"NaN", b"nan", b"-", b"?", *ZERO_DATES,
)  # fmt: skip
LONGEST_NAME = 128
_BLANKS = b" \t\xc2\xa0"
_NUMBER = re.compile(
    rb"[-+(]?[^\w\s.,;:/'\"+()-]{0,4}\s?[-+]?[0-9]+(?:[., '][0-9]+)*(?:[eE][-+]?[0-9]+)?\s?[^\w\s]{0,4}[-)]?"
)
_DATE = re.compile(rb"[0-9]{1,4}([-/.])(?:[0-9]{1,2}|[A-Za-z]{3,9})\1[0-9]{1,4}(?:[T ].*)?")
_TIME = re.compile(rb"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?: ?[AaPp][Mm])?")
_NAME = re.compile(r"[^\W\d][\w ]*")


class Look(Enum):
    """What a value looks like."""

    NUMBER = "number"
    DATE = "date"
    TIME = "time"
    BOOLEAN = "boolean"
    TEXT = "text"
    NONE = "none"  # nothing, or a word for nothing


def look(value: bytes) -> Look:
    """Return what a value looks like."""
    bare = value.strip(_BLANKS)
    if not bare or bare in NULL_WORDS:
        return Look.NONE
    if bare[:1].isalpha():
        return Look.BOOLEAN if bare.lower() in (b"true", b"false") else Look.TEXT
    if _DATE.fullmatch(bare):
        return Look.DATE
    if _TIME.fullmatch(bare):
        return Look.TIME
    return Look.NUMBER if _NUMBER.fullmatch(bare) else Look.TEXT


def looks(values: Iterable[bytes]) -> Look:
    """Return what nearly all values of a column look like: TEXT if they differ, NONE without a value."""
    counts: dict[Look, int] = {}
    for value in values:
        found = look(value)
        counts[found] = counts.get(found, 0) + 1
    counts.pop(Look.NONE, None)
    if not counts:
        return Look.NONE
    most = max(counts, key=lambda found: counts[found])
    return most if counts[most] >= sum(counts.values()) * (1 - MOST_OTHERS) else Look.TEXT


def may_name(row: Row) -> bool:
    """Return whether a row may name columns: at least half of its values are short texts."""
    texts = [value for value in row if look(value) is Look.TEXT and len(value) <= LONGEST_NAME]
    return len(texts) * 2 >= len(row) and all(look(value) in (Look.TEXT, Look.NONE) for value in row)


def plainly_names(row: Row) -> bool:
    """Return whether every value of a row is a plain name: letters, digits, blanks and underscores."""
    return all(_NAME.fullmatch(value.decode("utf-8", "replace").strip()) for value in row)


def columns_below(rows: Sequence[Row], width: int) -> list[list[bytes]]:
    """Return the values of each column, from rows of this width."""
    whole = [row for row in rows if len(row) == width]
    return [[row[place] for row in whole] for place in range(width)]
