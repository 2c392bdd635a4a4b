"""Which cells are dates and times: a workbook stores both as numbers, and only the cell's number format shows them."""

from __future__ import annotations

import re
from enum import Enum


class Shown(Enum):
    """What a number format makes of a number."""

    NUMBER = "number"
    DATE = "date"  # a date, with or without a time of day
    TIME = "time"  # a time of day
    DURATION = "duration"  # hours, minutes and seconds, which may be more than a day


LITERAL = re.compile(r'"[^"]*"?|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]?|general|am/pm|a/p', re.IGNORECASE | re.DOTALL)
"""Text, padding, colours, conditions and locales in a format's code: everything but its fields."""
ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
DATES, TIMES = re.compile("[yd]", re.IGNORECASE), re.compile("[hs]", re.IGNORECASE)
MONTHS = re.compile("m", re.IGNORECASE)
BUILT_IN = {
    **dict.fromkeys((14, 15, 16, 17, 22, 27, 28, 29, 30, 31, 34, 35, 36, *range(50, 59)), Shown.DATE),
    **dict.fromkeys((18, 19, 20, 21, 32, 33, 45, 47), Shown.TIME),
    46: Shown.DURATION,
}
"""The formats that have a number and no code. Source: ECMA-376, part 1, 18.8.30."""


def shown_by(code: str) -> Shown:
    """Return what a format's code shows. Its first section counts, which is for positive numbers."""
    fields = LITERAL.sub("", code).partition(";")[0]
    if ELAPSED.search(fields):
        return Shown.DURATION
    if DATES.search(fields):
        return Shown.DATE
    if TIMES.search(fields):
        return Shown.TIME
    return Shown.DATE if MONTHS.search(fields) else Shown.NUMBER
