"""Checks of dates and times in ISO 8601: the forms that COPY reads under both DATEFORMAT and TIMEFORMAT 'auto'.

    date         2025-01-31
    time         23:59:59, with 1 to 6 digits after a point; also 24:00:00, the last of Redshift's range
    timetz       the same up to 23:59:59, with or without a zone (without: UTC)
    timestamp    2025-01-31 23:59:59, with a space or T between, with 1 to 6 digits after a point
    timestamptz  the same, followed by Z, +01, +01:00, +0100 or nothing (UTC)

Real days only, years 0001 to 9999; offsets up to 14:59, as Redshift documents for TIMETZ. Other forms: domain/notation.
Source: Redshift guide, "Datetime types", "Using automatic recognition with DATEFORMAT and TIMEFORMAT".
"""

from __future__ import annotations

import re
from datetime import datetime

import numpy as np

from chalicelib.domain.checks.check import Check, Fault
from chalicelib.domain.checks.codes import RowCode
from chalicelib.domain.checks.diagnosis import found_in_moment
from chalicelib.domain.contract.column import ColumnType
from chalicelib.domain.raw.swar import Bytes, Fields, Ints, Mask, all_digits

DASH, COLON, POINT, SPACE, T, Z, PLUS = (ord(c) for c in "-:. TZ+")
DAYS = np.array([0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] + [0] * 244, np.uint8)
"""Days of each month, of February in leap years; 0 for a number that is not a month."""
DATE = re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}")
TIME = re.compile(rb"([0-9]{4}-[0-9]{2}-[0-9]{2})[ T]((?:[01][0-9]|2[0-3])(?::[0-5][0-9]){2})(?:\.[0-9]{1,6})?")
CLOCK = re.compile(rb"(?:[01][0-9]|2[0-3])(?::[0-5][0-9]){2}(?:\.[0-9]{1,6})?")
MIDNIGHT = re.compile(rb"24:00:00(?:\.0{1,6})?")
WITH_ZONE, WITHOUT_ZONE = ", optionally with a zone such as Z or +01:00", " without a zone"
ZONE = re.compile(rb"Z|[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?")


def pair(fields: Fields, offset: int | Ints) -> tuple[Bytes, Mask]:
    """Return the two-digit number at an offset of each field, and whether both bytes are digits."""
    tens, ones = fields.at(offset) - np.uint8(48), fields.at(offset + 1) - np.uint8(48)
    return tens * np.uint8(10) + ones, (tens < 10) & (ones < 10)


def real_day(fields: Fields) -> Mask:
    """Return which fields begin with a real date, yyyy-mm-dd. The caller excludes fields of under ten bytes."""
    century, proven = pair(fields, 0)
    year, digits = pair(fields, 2)
    month, month_digits = pair(fields, 5)
    day, day_digits = pair(fields, 8)
    proven &= digits & month_digits & day_digits & (fields.at(4) == DASH) & (fields.at(7) == DASH)
    leap = np.where(year == 0, century % 4 == 0, year % 4 == 0)
    proven &= real_date((year > 0) | (century > 0), leap, month, day)
    return proven


def real_date(in_range: Mask, leap: Mask, month: Bytes | Ints, day: Bytes | Ints) -> Mask:
    """Return which dates are in the calendar; `in_range` and `leap` are about their years."""
    proven: Mask = in_range & (day >= 1) & (day <= DAYS[month])
    proven &= (month != 2) | (day != 29) | leap
    return proven


def real_time(fields: Fields) -> Mask:
    """Return which fields have a time of day after the date, up to the field's end."""
    proven = real_clock(fields, 11)
    proven &= (fields.at(10) == SPACE) | (fields.at(10) == T)
    return proven


def real_clock(fields: Fields, start: int) -> Mask:
    """Return which fields have a time of day, hh:mm:ss, from `start` to the field's end."""
    proven = real_fraction(fields, start + 8)
    for offset, limit in ((start, 24), (start + 3, 60), (start + 6, 60)):
        value, digits = pair(fields, offset)
        proven &= digits & (value < limit)
    proven &= (fields.at(start + 2) == COLON) & (fields.at(start + 5) == COLON)
    return proven


def real_fraction(fields: Fields, end: int | Ints) -> Mask:
    """Return which fields end at `end`, or there continue with a point and 1 to 6 digits."""
    digits = np.clip(fields.length - end - 1, 0, 6)
    some: Mask = (fields.length >= end + 2) & (fields.length <= end + 7) & (fields.at(end) == POINT)
    some &= all_digits(fields.part(fields.start + end + 1, digits), 6)
    some |= fields.length == end
    return some


def zone_length(fields: Fields, least: int = 19) -> Ints:
    """Return the length of the zone (Z, +hh or +hh:mm) at the end of each field longer than `least`; 0 without one."""
    last, sign3, sign6 = (fields.at(fields.length - back) for back in (1, 3, 6))
    length = np.where(last == Z, 1, 0)
    hours = (sign3 == PLUS) | (sign3 == DASH)
    length[hours & _offset(fields.part(fields.stop - 2, fields.length))] = 3
    minutes, digits = pair(fields.part(fields.stop - 2, fields.length), 0)
    full = ((sign6 == PLUS) | (sign6 == DASH)) & (sign3 == COLON) & digits & (minutes < 60)
    length[full & _offset(fields.part(fields.stop - 5, fields.length))] = 6
    return np.where(fields.length > least, length, 0)


def _offset(fields: Fields) -> Mask:
    """Return which fields begin with the hours of an offset from UTC."""
    hours, digits = pair(fields, 0)
    return digits & (hours <= 14)


def date() -> Check:
    """Return the check of a calendar date."""

    def judge(value: bytes) -> Fault | None:
        if not DATE.fullmatch(value):
            return Fault(code=RowCode.DATE, reason=f"is not a date written yyyy-mm-dd{_found(value)}")
        return (
            None if _exists(value + b" 00:00:00") else Fault(code=RowCode.DATE, reason="is not a day of the calendar")
        )

    return Check(prove=lambda fields: (fields.length == 10) & real_day(fields), judge=judge)


def time(kind: ColumnType, *, zoned: bool) -> Check:
    """Return the check of a time of day; if `zoned`, an offset from UTC may follow."""
    form, zone = "hh:mm:ss", WITH_ZONE if zoned else WITHOUT_ZONE

    def prove(fields: Fields) -> Mask:
        return real_clock(fields.part(fields.start, fields.length - zone_length(fields, 8)) if zoned else fields, 0)

    def judge(value: bytes) -> Fault | None:
        clock = CLOCK.match(value)
        rest = value[clock.end() :] if clock else value
        if clock and (not rest or (zoned and ZONE.fullmatch(rest))):
            return None
        if not zoned and MIDNIGHT.fullmatch(value):
            return None
        return Fault(code=RowCode.TIMESTAMP, reason=_not_written(value, kind, form, zone))

    return Check(prove=prove, judge=judge)


def timestamp(kind: ColumnType, *, zoned: bool) -> Check:
    """Return the check of a date and a time of day; if `zoned`, an offset from UTC may follow."""
    form, zone = "yyyy-mm-dd hh:mm:ss", WITH_ZONE if zoned else WITHOUT_ZONE

    def prove(fields: Fields) -> Mask:
        body = fields.part(fields.start, fields.length - zone_length(fields)) if zoned else fields
        return real_day(body) & real_time(body)

    def judge(value: bytes) -> Fault | None:
        parts = TIME.match(value)
        rest = value[parts.end() :] if parts else b""
        if not parts or (rest and not (zoned and ZONE.fullmatch(rest))):
            return Fault(code=RowCode.TIMESTAMP, reason=_not_written(value, kind, form, zone))
        if not _exists(parts[1] + b" " + parts[2]):
            return Fault(code=RowCode.TIMESTAMP, reason="is not a day and time of the calendar")
        return None

    return Check(prove=prove, judge=judge)


def _found(value: bytes) -> str:
    found = found_in_moment(value)
    return f": it has {found}" if found else ""


def _not_written(value: bytes, kind: ColumnType, form: str, zone: str) -> str:
    """Return the reason for a time that is not written in this form. A wrong fraction is not a matter of zones."""
    found = _found(value)
    if zone == WITH_ZONE:
        found = found.replace("it has a zone", "its zone is written otherwise")
    return f"is not a {kind.sql} written {form}{'' if 'fraction' in found else zone}{found}"


def _exists(moment: bytes) -> bool:
    """Return whether the moment yyyy-mm-dd hh:mm:ss exists in the calendar."""
    try:
        datetime.fromisoformat(moment.decode())
    except ValueError:
        return False
    return True
