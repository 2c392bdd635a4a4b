"""Dates and times in the form that a column's files have them.

Guarantees that no part of a value is left out: a form without seconds takes no value with seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from chalicelib.domain.contract.column import Column, TypeName
from chalicelib.domain.contract.time_format import CLOCKS, DAYS, MONTHS, ZONED, TimeFormat, time_format
from landfall.notebook.frame_error import UnwritableError

NANO = 10**9
EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, kw_only=True)
class _Moment:
    day: date
    hour: int = 0
    minute: int = 0
    second: int = 0
    nanosecond: int = 0
    offset: timedelta | None = None


def moment_text(value: object, column: Column) -> str:
    """Return a date or time as the column's files have it. Raises UnwritableError."""
    moment = _moment(value, column.type.kind)
    found = time_format(column.format, column.type.kind)
    if found.per_second:
        return _epoch(moment, column, found.per_second)
    return _formed(moment, column, found)


def _moment(value: object, kind: TypeName) -> _Moment:
    wanted = _wanted(kind)
    if isinstance(value, datetime) and kind is TypeName.DATE:
        return _Moment(day=_day_of(value))
    if isinstance(value, datetime) and kind in DAYS:
        return _clock(value.date(), value, value.utcoffset(), kind)
    if isinstance(value, time) and kind not in DAYS:
        return _clock(date.min, value, value.utcoffset(), kind)
    if isinstance(value, date) and not isinstance(value, datetime) and kind is TypeName.DATE:
        return _Moment(day=value)
    raise UnwritableError(f"a {type(value).__name__} is no {kind.value}; make it {wanted}")


def _wanted(kind: TypeName) -> str:
    if kind is TypeName.DATE:
        return "a date, or a timestamp at midnight"
    return "a timestamp (pandas.to_datetime)" if kind in DAYS else "a datetime.time"


def _day_of(value: datetime) -> date:
    if value.tzinfo is not None:
        raise UnwritableError("a date has no zone; take the day with .dt.date in the zone that counts")
    if value.time() != time() or _below_micro(value):
        raise UnwritableError("a date has no time of day; take the day with .dt.normalize()")
    return value.date()


def _below_micro(value: datetime | time) -> int:
    """Return the nanoseconds that pandas keeps beside the microseconds."""
    return int(getattr(value, "nanosecond", False))


def _clock(day: date, value: datetime | time, offset: timedelta | None, kind: TypeName) -> _Moment:
    if offset is not None and kind not in ZONED:
        raise UnwritableError(f"a {kind.value} has no zone; convert it, then drop the zone with .dt.tz_localize(None)")
    if offset is not None and offset.total_seconds() % 60:
        raise UnwritableError("its zone has seconds; convert it to UTC with .dt.tz_convert('UTC')")
    nanosecond = value.microsecond * 1000 + _below_micro(value)
    return _Moment(
        day=day, hour=value.hour, minute=value.minute, second=value.second, nanosecond=nanosecond, offset=offset
    )


def _epoch(moment: _Moment, column: Column, per_second: int) -> str:
    seconds = (moment.day.toordinal() - EPOCH) * 86_400 + moment.hour * 3600 + moment.minute * 60 + moment.second
    seconds -= int((moment.offset or timedelta()).total_seconds())
    units, rest = divmod((seconds * NANO + moment.nanosecond) * per_second, NANO)
    if rest:
        raise UnwritableError(f'it has a fraction that "{column.format}" cannot hold; round it with .dt.floor')
    return str(units)


def _formed(moment: _Moment, column: Column, found: TimeFormat) -> str:
    form, kind = found.forms[0], column.type.kind
    if kind in CLOCKS and "SS" not in form and (moment.second or moment.nanosecond):
        raise UnwritableError(f'it has seconds, which the format "{found.text}" leaves out; use .dt.floor("min")')
    if "YY" in form and not 0 <= moment.day.year - column.notation.century_from < 100:
        first = column.notation.century_from
        raise UnwritableError(f"its year is not in the hundred years from {first} on, and YY has two digits")
    text = "".join(PARTS[token](moment) if token in PARTS else token for token in form)
    return text if moment.offset is None else text + _zone(moment.offset)


def _zone(offset: timedelta) -> str:
    minutes = int(offset.total_seconds()) // 60
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def _seconds(moment: _Moment) -> str:
    fraction = f".{moment.nanosecond:09}".rstrip("0") if moment.nanosecond else ""
    return f"{moment.second:02}{fraction}"


PARTS: dict[str, Callable[[_Moment], str]] = {
    "YYYY": lambda m: f"{m.day.year:04}",
    "YY": lambda m: f"{m.day.year % 100:02}",
    "MM": lambda m: f"{m.day.month:02}",
    "M": lambda m: str(m.day.month),
    "MON": lambda m: MONTHS[m.day.month - 1][:3],
    "DD": lambda m: f"{m.day.day:02}",
    "D": lambda m: str(m.day.day),
    "HH24": lambda m: f"{m.hour:02}",
    "H24": lambda m: str(m.hour),
    "HH12": lambda m: f"{(m.hour - 1) % 12 + 1:02}",
    "H12": lambda m: str((m.hour - 1) % 12 + 1),
    "MI": lambda m: f"{m.minute:02}",
    "SS": _seconds,
    "AM": lambda m: "AM" if m.hour < 12 else "PM",
}
"""The text of each part of a form. What is not here stands for itself."""
