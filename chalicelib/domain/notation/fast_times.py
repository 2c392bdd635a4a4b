"""Rewrite whole columns of dates and times in ISO 8601 at once, where that is certain to be what `read` returns.

Certain are moments in forms of digits and signs, with AM or PM, and epochs. The parts are found from left to right: a
part of one or two digits moves all that stands behind it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chalicelib.domain.checks.times import pair, real_date, real_fraction, zone_length
from chalicelib.domain.contract.column import TypeName
from chalicelib.domain.contract.time_format import CLOCKS, DAYS, UNITS, UNPADDED, ZONED, iso_forms
from chalicelib.domain.notation.times import WrittenTimes
from chalicelib.domain.notation.written_form import WrittenForm
from chalicelib.domain.notation.zones import hour_offset
from chalicelib.domain.raw.splice import Splice
from chalicelib.domain.raw.swar import (
    PADDING,
    Bytes,
    Fields,
    Ints,
    Mask,
    Words,
    all_digits,
    fields_of,
    numbers,
    word_of,
)

PAIRS = np.array([word_of(b"%02d" % n) for n in range(100)], np.uint64)
"""The two digits of each number, as the first characters of a word."""
WIDTHS = {TypeName.DATE: 10, **dict.fromkeys((TypeName.TIME, TypeName.TIMETZ), 8)}
"""Characters in ISO 8601, if they are not those of a timestamp."""
WIDTH, ROOM = 19, 32
LETTER_A, LETTER_M, LETTER_P, LOWER = (np.uint8(byte) for byte in b"amp ")
BLANK, DASH, POINT = (ord(sign) for sign in " -.")
LIMITS = {"hour": 24, "minute": 60, "second": 60}
UTC = np.frombuffer(b"+00:00", np.uint8)
MOST_UNITS = 17
"""Digits of an epoch that is taken apart vectorised: every moment in milliseconds has fewer."""
DAY = 86_400
FIRST, LAST = (int(np.datetime64(day, "s").astype(np.int64)) for day in ("0001-01-01", "9999-12-31T23:59:59"))
"""The seconds from 1970 to the first and last second that the types have."""

Parts = dict[str, Ints]
"""The parts of moments, by unit."""


def rewrite_times(times: WrittenTimes, values: Fields, marks: Ints, splice: Splice) -> Mask:
    """Rewrite the values that are certain. Return which they are."""
    if times.format.per_second:
        return _epochs(times, values, marks, splice)
    certain = np.zeros(len(marks), np.bool_)
    for form in times.forms:
        rows = np.flatnonzero(~certain)
        if len(rows) and "MON" not in form.tokens:
            certain[rows] = _in_form(times, form, values.pick(rows), marks[rows], splice)
    return certain


def _in_form(times: WrittenTimes, form: WrittenForm, values: Fields, marks: Ints, splice: Splice) -> Mask:
    """Rewrite the values of one form. A value is changed in one place: in a zone, a fraction would be between two."""
    certain, parts, stop = _read(values, form)
    zones = zone_length(values, 0) if times.type.kind in ZONED and "MI" in form.tokens else np.zeros_like(marks)
    whole = values.length - zones == stop
    body = values.part(values.start, values.length - zones)
    certain &= real_fraction(body, stop) if form.tokens[-1] == "SS" else whole
    is_iso = form.tokens in iso_forms(times.type.kind)
    text = np.zeros((len(marks), 8), np.uint8) if is_iso else _iso(parts, times.type.kind)
    width = 0 if is_iso else WIDTHS.get(times.type.kind, WIDTH)
    length = np.full(len(marks), width)
    if times.zone:
        local = certain & (zones == 0)
        text[:, width : width + 6] = _offsets(parts, local, times.zone.key)
        certain &= (zones > 0) | ((whole | is_iso) & (text[:, width] > 0))
        length += 6 * local
    rows = np.flatnonzero(certain)
    if is_iso and "T" in form.tokens:
        splice.put(values.start[rows] + 10, BLANK)
    if times.zone or not is_iso:
        old = values.part(values.stop, length * 0) if is_iso else values.part(values.start, stop + length * 0)
        _replace(old.pick(rows), marks[rows], text[rows], length[rows], splice)
    return certain


def _replace(old: Fields, marks: Ints, text: Bytes, length: Ints, splice: Splice) -> None:
    """Replace fields by the first `length` bytes of the rows of `text`."""
    new = fields_of(text.tobytes() + PADDING)
    splice.replace(old, marks, new.part(np.arange(len(marks)) * text.shape[1], length))


# ---- reading --------------------------------------------------------------------------------------------------------


@dataclass(kw_only=True)
class _Found:
    """The moments of a column, as far as they are read."""

    known: Mask
    parts: Parts
    stop: Ints | int = 0
    """Where each value is read up to."""


def _read(values: Fields, form: WrittenForm) -> tuple[Mask, Parts, Ints | int]:
    """Return which values begin with a moment in this form, its parts, and where each one ends."""
    found = _Found(known=np.ones(len(values.start), np.bool_), parts={})
    for name in form.tokens:
        if name in UNITS:
            _read_part(values, name, found)
        else:
            found.known &= values.at(found.stop) == np.uint8(ord(name))
            found.stop = found.stop + 1
    known, parts = found.known, found.parts
    if "YY" in form.tokens:
        parts["year"] = form.century_from + (parts["year"] - form.century_from) % 100
    if "half" in parts:
        known &= (parts["hour"] >= 1) & (parts["hour"] <= 12)
        parts["hour"] = parts["hour"] % 12 + 12 * parts["half"]
    for unit in LIMITS.keys() & parts.keys():
        known &= parts[unit] < LIMITS[unit]
    if "year" in parts:
        year = parts["year"]
        leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
        known &= real_date(year > 0, leap, parts["month"], parts["day"])
    return known, parts, found.stop


def _read_part(values: Fields, name: str, found: _Found) -> None:
    at, unit = found.stop, UNITS[name]
    found.stop = at + 2
    if name == "AM":
        half = values.at(at) | LOWER
        found.known &= ((half == LETTER_A) | (half == LETTER_P)) & ((values.at(at + 1) | LOWER) == LETTER_M)
        found.parts[unit] = (half == LETTER_P).astype(np.int64)
        return
    number, digits = pair(values, at)
    if name in UNPADDED:
        first, found.stop = values.at(at) - np.uint8(48), at + 1 + digits.astype(np.int64)
        number, digits = np.where(digits, number, first), first < 10
    found.known &= digits
    found.parts[unit] = number.astype(np.int64)
    if name == "YYYY":
        rest, digits = pair(values, at + 2)
        found.known &= digits
        found.parts[unit], found.stop = found.parts[unit] * 100 + rest, at + 4


# ---- writing --------------------------------------------------------------------------------------------------------


def _iso(parts: Parts, kind: TypeName) -> Bytes:
    """Return the text of moments without fractions of a second, one a row, with room behind it.

    Eight characters are made at a time: "yyyy-mm-", "dd hh:mm", ":ss".
    """
    count = len(next(iter(parts.values())))
    pairs = {unit: PAIRS[np.minimum(number, 99)] for unit, number in parts.items() if unit not in ("year", "half")}
    none = np.broadcast_to(PAIRS[0], count)
    hour, minute, second = (pairs.get(unit, none) for unit in LIMITS)
    text = np.zeros((count, ROOM // 8), np.uint64)
    if kind in DAYS:
        century, year = np.divmod(np.clip(parts["year"], 0, 9_999), 100)
        text[:, 0] = PAIRS[century] | _at(PAIRS[year], 2) | _at(pairs["month"], 5) | word_of(b"\0\0\0\0-\0\0-")
        text[:, 1] = pairs["day"] | _at(hour, 3) | _at(minute, 6) | word_of(b"\0\0 \0\0:")
        text[:, 2] = _at(second, 1) | word_of(b":")
    else:
        text[:, 0] = hour | _at(minute, 3) | _at(second, 6) | word_of(b"\0\0:\0\0:")
    return text.view(np.uint8)


def _at(pairs: Words, offset: int) -> Words:
    """Return words with their characters moved to an offset."""
    return pairs << np.uint64(8 * offset)


def _offsets(parts: Parts, wanted: Mask, zone: str) -> Bytes:
    """Return the offset of each wanted local time in a zone, with NUL for other rows and for hours of a change."""
    text = np.zeros((len(wanted), 6), np.uint8)
    rows = np.flatnonzero(wanted)
    hour = parts.get("hour", np.zeros_like(parts["year"]))
    hours = (((parts["year"] * 13 + parts["month"]) * 32 + parts["day"]) * 24 + hour)[rows]
    distinct, which = np.unique(hours, return_inverse=True)
    known = [hour_offset(zone, hour).ljust(6, b"\0") for hour in distinct.tolist()]
    text[rows] = np.frombuffer(b"".join(known), np.uint8).reshape(-1, 6)[which]
    return text


def _epochs(times: WrittenTimes, values: Fields, marks: Ints, splice: Splice) -> Mask:
    """Rewrite epochs of digits, with a minus or without."""
    kind, negative = times.type.kind, values.at(0) == DASH
    digits = values.part(values.start + negative, values.length - negative)
    certain = (digits.length > 0) & (digits.length <= MOST_UNITS) & all_digits(digits, MOST_UNITS)
    digits = digits.part(digits.start, np.where(certain, digits.length, 0))
    units = numbers(digits).astype(np.int64) * np.where(negative, -1, 1)
    seconds, rest = np.divmod(units, times.format.per_second)
    certain &= (seconds >= FIRST) & (seconds <= LAST)
    if kind not in CLOCKS:
        certain &= (seconds % DAY == 0) & (rest == 0)
    rows = np.flatnonzero(certain)
    text, rest = _iso(_utc(seconds[rows]), kind), rest[rows]
    length = np.full(len(rows), WIDTHS.get(kind, WIDTH))
    some = np.flatnonzero(rest)
    if len(some):
        text[some, WIDTH : WIDTH + 4] = (_at(PAIRS[rest[some] // 10], 1) | word_of(b"."))[:, None].view(np.uint8)[:, :4]
        text[some, WIDTH + 3] = rest[some] % 10 + ord("0")
        length[some] += 4
    if kind in ZONED:
        text[np.arange(len(rows))[:, None], length[:, None] + np.arange(6)] = UTC
        length += 6
    _replace(values.pick(rows), marks[rows], text, length, splice)
    return certain


def _utc(seconds: Ints) -> Parts:
    """Return the parts of moments that are given in seconds since 1970."""
    days = np.floor_divide(seconds, DAY).astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    clock = seconds % DAY
    return {
        "year": days.astype("datetime64[Y]").astype(np.int64) + 1970,
        "month": months.astype(np.int64) % 12 + 1,
        "day": (days - months.astype("datetime64[D]")).astype(np.int64) + 1,
        "hour": clock // 3600,
        "minute": clock // 60 % 60,
        "second": clock % 60,
    }
