"""Cells' values as text: numbers with their digits, dates and times in ISO 8601 by their number format.

A workbook's numbers are doubles. A program may write one with more digits than it takes to tell it from all others:
then the shortest text of the same double is its value, as the program's user sees it. Other numbers keep their digits.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal

from chalicelib.domain.decode.xlsx.number_formats import Shown

NUMBER = re.compile(r"-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
"""How workbooks write characters that XML cannot have, such as a carriage return."""
WHOLE = re.compile(r"0|-?[1-9][0-9]*")
MOST_CHARACTERS = 400
"""The longest number; a double without an exponent has 309 digits before the point."""
MOST_ZEROS = 40
"""More zeros than that stay in the exponent: a decimal has at most 38 digits."""
ROUNDED_FROM, EXACT_TO = 16, 17
"""A double with this number of digits may have a shorter text; with more digits the number was not a double."""
EPOCH, EPOCH_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)  # noqa: DTZ001 - a sheet has no time zone
LEAP_DAY = 60
"""The serial number of 29 February 1900, a day that Excel counts and that did not exist."""
DAYS_1904 = 1_462
LAST_DAY = 2_958_465
"""The serial number of 31 December 9999."""
DAY_MS = 86_400_000


class NoValue(Exception):
    """The cell has no value that could be text; the message is the reason, as a predicate of the column."""


def plain_text(written: str) -> str:
    """Return a text without the escapes of workbooks. A character may be half of a pair, which is no text."""
    return ESCAPED.sub(lambda found: chr(int(found[1], 16)), written) if "_x" in written else written


def number_text(written: str) -> str:
    """Return a number in plain digits. Raises NoValue."""
    if WHOLE.fullmatch(written) and len(written) <= MOST_CHARACTERS:
        return written
    if len(written) > MOST_CHARACTERS or not NUMBER.fullmatch(written):
        raise NoValue("is in a numeric cell, but is not a number; save the workbook again")
    value = Decimal(written)
    if ROUNDED_FROM <= len(value.as_tuple().digits) <= EXACT_TO:
        shorter = Decimal(repr(float(written)))
        value = shorter if len(shorter.as_tuple().digits) < len(value.as_tuple().digits) else value
    _, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int) or not -MOST_ZEROS <= exponent <= MOST_ZEROS:
        return str(value)
    text = f"{value:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text if any(digits) else "0"


def moment_text(written: str, shown: Shown, *, from_1904: bool) -> str:
    """Return a date, a time of day or a duration. Raises NoValue."""
    if len(written) > MOST_CHARACTERS or not NUMBER.fullmatch(written):
        raise NoValue("is in a date cell, but is not a number; save the workbook again")
    serial = Decimal(written)
    if not 0 <= serial <= LAST_DAY + 1:
        raise NoValue("is a number outside of the dates of a workbook; correct the cell, or its number format")
    days = int(serial)
    day_ms = int(((serial - days) * DAY_MS).to_integral_value())
    days, day_ms = days + day_ms // DAY_MS, day_ms % DAY_MS
    if shown is Shown.DURATION:
        return clock_text(days * DAY_MS + day_ms)
    if shown is Shown.TIME and not days:
        return clock_text(day_ms)
    return _date(days, from_1904=from_1904) + (f" {clock_text(day_ms)}" if day_ms else "")


def clock_text(ms: int) -> str:
    """Return a time of day or a duration."""
    seconds, rest = divmod(abs(ms), 1000)
    text = f"{'-' if ms < 0 else ''}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{text}.{rest:03}" if rest else text


def _date(days: int, *, from_1904: bool) -> str:
    if days > LAST_DAY - (DAYS_1904 if from_1904 else 0):
        raise NoValue("is a date after the year 9999; correct the cell")
    if from_1904:
        return (EPOCH_1904 + timedelta(days=days)).date().isoformat()
    if days in {0, LEAP_DAY}:
        what = "0 January 1900" if days == 0 else "29 February 1900"
        raise NoValue(f"is {what}, a day that does not exist; correct the cell")
    return (EPOCH + timedelta(days=days + (days < LEAP_DAY))).date().isoformat()
