"""DATEFORMAT and TIMEFORMAT: text to a date or a timestamp as COPY reads it, or a reason why not.

Without 'auto' only the given format is read (by default YYYY-MM-DD and YYYY-MM-DD HH:MI:SS), as in Redshift, which is
much stricter than PostgreSQL.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from local.redshift.copy.statement import AUTO

ISO_DATE, ISO_TIME = "YYYY-MM-DD", "YYYY-MM-DD HH:MI:SS"

_PARTS = {
    "YYYY": r"(?P<year>\d{4})",
    "YY": r"(?P<short>\d{2})",
    "MONTH": r"(?P<name>[A-Za-z]{3,9})",
    "MON": r"(?P<name>[A-Za-z]{3})",
    "MM": r"(?P<month>\d{1,2})",
    "DDD": "",
    "DD": r"(?P<day>\d{1,2})",
    "HH24": r"(?P<hour>\d{1,2})",
    "HH12": r"(?P<hour>\d{1,2})",
    "HH": r"(?P<hour>\d{1,2})",
    "MI": r"(?P<minute>\d{2})",
    "SS": r"(?P<second>\d{2})(?:\.(?P<fraction>\d{1,6})\d*)?",
    "AM": r"(?P<half>[AaPp][Mm])",
    "PM": r"(?P<half>[AaPp][Mm])",
    "OF": r"(?P<offset>Z|[+-]\d{2}(?::?\d{2})?)?",
    "TZ": r"(?P<offset>Z|UTC|[+-]\d{2}(?::?\d{2})?)?",
}
_CUT = re.compile("|".join(sorted(_PARTS, key=len, reverse=True)), re.I)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

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
    "DD MON YYYY",
    "YYYY-MON-DD",
)
_AUTO_CLOCKS = (" HH24:MI:SSOF", "THH24:MI:SSOF", " HH24:MIOF", "THH24:MIOF", " HH12:MI:SS AM", " HH24MISSOF", "")

Reader = Callable[[str], str | None]


def date_reader(wanted: str) -> Reader:
    """A function that gives a date in ISO form, or None when the text is not of the format."""
    patterns = [_pattern(text) for text in (_AUTO_DATES if wanted == AUTO else (wanted or ISO_DATE,))]
    if wanted == AUTO:
        patterns += _auto_times()

    def read(text: str) -> str | None:
        found = _moment(text, patterns)
        return found.date().isoformat() if found else None

    return read


def time_reader(wanted: str, *, zone: bool) -> Reader:
    """As `date_reader`, for TIMESTAMP and TIMESTAMPTZ."""
    if wanted.lower() in ("epochsecs", "epochmillisecs"):
        return _epoch(1000 if wanted.lower() == "epochmillisecs" else 1)
    patterns = _auto_times() if wanted == AUTO else [_pattern((wanted or ISO_TIME) + _zone_suffix(wanted, zone=zone))]

    def read(text: str) -> str | None:
        found = _moment(text, patterns)
        if found is None:
            return None
        return str(found) if found.tzinfo is None or zone else str(found.astimezone(UTC).replace(tzinfo=None))

    return read


def _zone_suffix(wanted: str, *, zone: bool) -> str:
    return "OF" if zone and not wanted else ""


def _auto_times() -> list[re.Pattern[str]]:
    return [_pattern(day + clock) for day in _AUTO_DATES for clock in _AUTO_CLOCKS]


def _pattern(wanted: str) -> re.Pattern[str]:
    """The format as a regular expression; HH:MI:SS always takes fractions of a second."""
    made, at, seen = "", 0, set()
    for found in _CUT.finditer(wanted):
        part = _PARTS[found[0].upper()]
        made += re.escape(wanted[at : found.start()]) + ("" if part in seen else part)
        seen.add(part)
        at = found.end()
    return re.compile(made + re.escape(wanted[at:]))


def _moment(text: str, patterns: list[re.Pattern[str]]) -> datetime | None:
    for pattern in patterns:
        found = pattern.fullmatch(text)
        if found is not None:
            moment = _built(found.groupdict())
            if moment is not None:
                return moment
    return None


def _built(parts: dict[str, str | None]) -> datetime | None:
    try:
        moment = datetime(  # noqa: DTZ001 - the zone, if any, is set below
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
    offset = parts.get("offset")
    return moment.replace(tzinfo=UTC) - _offset(offset) if offset else moment


def _year(parts: dict[str, str | None]) -> int:
    short = int(parts.get("short") or 0)
    return int(parts.get("year") or 0) or short + (2000 if short < 70 else 1900)


def _month(parts: dict[str, str | None]) -> int:
    name = parts.get("name")
    return _MONTHS.index(name[:3].lower()) + 1 if name else int(parts.get("month") or 1)


def _hour(parts: dict[str, str | None]) -> int:
    hour, half = int(parts.get("hour") or 0), (parts.get("half") or "").lower()
    return hour % 12 + (12 if half == "pm" else 0) if half else hour


def _offset(text: str) -> timedelta:
    if text in ("Z", "UTC"):
        return timedelta(0)
    hours, minutes = int(text[1:3]), int(text[3:].lstrip(":") or 0)
    return timedelta(hours=hours, minutes=minutes) * (-1 if text[0] == "-" else 1)


def _epoch(per_second: int) -> Reader:
    start = datetime(1970, 1, 1)  # noqa: DTZ001 - a timestamp without a zone

    def read(text: str) -> str | None:
        try:
            return str(start + timedelta(milliseconds=int(text) * 1000 // per_second))
        except (ValueError, OverflowError):
            return None

    return read
