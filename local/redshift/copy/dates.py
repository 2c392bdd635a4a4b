"""Reads a text as a date or a timestamp like COPY, or returns None.

Without TIMEFORMAT 'auto' only YYYY-MM-DD and YYYY-MM-DD HH:MI:SS are read. Redshift is much stricter here than
PostgreSQL. DATEFORMAT and other formats are not emulated.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from functools import cache

ISO_DATE, ISO_TIME = "YYYY-MM-DD", "YYYY-MM-DD HH24:MI:SS"

_OFFSET = r"[+-](?:0\d|1[0-4])(?::?[0-5]\d)?"  # documented for TIMETZ: up to 14:59
_PARTS = {
    "YYYY": r"(?P<year>\d{4})",
    "YY": r"(?P<short>\d{2})",
    "MONTH": r"(?P<name>[A-Za-z]{3,9})",
    "MON": r"(?P<name>[A-Za-z]{3,9})",  # "abbreviated name or full name"
    "MM": r"(?P<month>\d{1,2})",
    "DDD": "",
    "DD": r"(?P<day>\d{1,2})",
    "HH24": r"(?P<hour>\d{1,2})",
    "HH12": r"(?P<hour12>\d{1,2})",
    "HH": r"(?P<hour>\d{1,2})",
    "MI": r"(?P<minute>\d{2})",
    "SS": r"(?P<second>\d{2})(?:\.(?P<fraction>\d{1,6})\d*)?",
    "AM": r"(?P<half>[AaPp][Mm])",
    "PM": r"(?P<half>[AaPp][Mm])",
    "OF": rf"(?P<offset>Z|{_OFFSET})?",
    "TZ": rf"(?P<offset>Z|UTC|{_OFFSET})?",
}
_CUT = re.compile("|".join(sorted(_PARTS, key=len, reverse=True)), re.I)
_MONTHS = "January, February, March, April, May, June, July, August, September, October, November, December"

_AUTO_DATES = (
    "YYYY-MM-DD",
    "YYYY/MM/DD",
    "YYYY.MM.DD",
    "YYYYMMDD",
    "MM/DD/YYYY",
    "MM-DD-YYYY",
    "MM.DD.YYYY",
    "MM/DD/YY",
    "MON DD, YYYY",
    "MONTH DD, YYYY",
    "DD-MON-YYYY",
    "MON-DD-YYYY",
    "DD MON YYYY",
    "YYYY-MON-DD",
)
_AUTO_CLOCKS = (" HH24:MI:SSOF", "THH24:MI:SSOF", " HH24:MIOF", "THH24:MIOF", " HH12:MI:SS AM", " HH24MISSOF", "")

Reader = Callable[[str], str | None]


def read_date(text: str) -> str | None:
    """Return a date in ISO form; None if it has another format."""
    found = _moment(text, [_pattern(ISO_DATE)])
    return found[0].date().isoformat() if found else None


def time_reader(*, auto: bool, zone: bool) -> Reader:
    """Return a function that converts a text to a timestamp in ISO form, or to None if it has another format."""
    patterns = _auto_times() if auto else [_pattern(ISO_TIME + ("OF" if zone else ""))]

    def read(text: str) -> str | None:
        found = _moment(text, patterns)
        if found is None:
            return None
        moment, offset = found
        return f"{moment}{offset}" if zone else str(moment)  # a TIMESTAMP ignores the zone

    return read


def _auto_times() -> list[re.Pattern[str]]:
    return [_pattern(day + clock) for day in _AUTO_DATES for clock in _AUTO_CLOCKS]


@cache
def _pattern(wanted: str) -> re.Pattern[str]:
    """Return the format as a regular expression. HH:MI:SS always accepts fractions of a second."""
    made, at, seen = "", 0, set()
    for found in _CUT.finditer(wanted):
        part = _PARTS[found[0].upper()]
        made += re.escape(wanted[at : found.start()]) + ("" if part in seen else part)
        seen.add(part)
        at = found.end()
    return re.compile(made + re.escape(wanted[at:]), re.ASCII)


def _moment(text: str, patterns: list[re.Pattern[str]]) -> tuple[datetime, str] | None:
    """Return the local time and its offset from UTC. Both together may exceed the years that Python has."""
    for pattern in patterns:
        found = pattern.fullmatch(text)
        if found is not None:
            moment = _built(found.groupdict())
            if moment is not None:
                return moment, found.groupdict().get("offset") or ""
    return None


def _built(parts: dict[str, str | None]) -> datetime | None:
    try:
        return datetime(  # noqa: DTZ001 - the zone, if any, is set below
            _year(parts),
            _month(parts),
            int(parts.get("day") or 1),
            _hour(parts),
            int(parts.get("minute") or 0),
            int(parts.get("second") or 0),
            int((parts.get("fraction") or "0").ljust(6, "0")),
        )
    except ValueError:
        return None


def _year(parts: dict[str, str | None]) -> int:
    short = int(parts.get("short") or 0)
    return int(parts["year"] or 0) if "year" in parts else short + (2000 if short < 70 else 1900)


def _month(parts: dict[str, str | None]) -> int:
    name = parts.get("name")
    if not name:
        return int(parts.get("month") or 1)
    return next((n for n, one in enumerate(_MONTHS.lower().split(", "), 1) if name.lower() in (one, one[:3])), 0)


def _hour(parts: dict[str, str | None]) -> int:
    if not parts.get("hour12"):
        return int(parts.get("hour") or 0)
    hour = int(parts["hour12"] or 0)
    if not 1 <= hour <= 12:
        raise ValueError
    return hour % 12 + (12 if (parts.get("half") or "").lower() == "pm" else 0)
