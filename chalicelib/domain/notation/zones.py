"""The offset from UTC of a local time that files write without a zone.

Guarantees that a local time gets an offset only if it has exactly one: where clocks go back an hour stands twice, and
where they go forward an hour is left out.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from chalicelib.domain.notation.written_form import ZONE, UnreadableError

_LOCAL = len("yyyy-mm-dd hh:mm:ss")
_ENDS_IN_ZONE = re.compile(rb".{%d}(?:\.[0-9]+)?%s" % (_LOCAL, ZONE))
_FURTHEST = timedelta(hours=15)
"""Offsets are below: Redshift reads at most 14:59."""


def with_zone(iso: bytes, zone: ZoneInfo) -> bytes:
    """Return a moment in ISO 8601 with its offset from UTC. Raises UnreadableError if it has none, or two."""
    if _ENDS_IN_ZONE.fullmatch(iso):
        return iso
    local = datetime.fromisoformat(iso[:_LOCAL].decode())
    offset, other = offsets(local, zone)
    if offset > other:
        raise UnreadableError(f"it stands twice in the time of {zone.key}, where clocks go back; a zone must follow it")
    if offset < other:
        raise UnreadableError(f"there is no such time in {zone.key}, where clocks go forward")
    if text := offset_text(offset):
        return iso + text
    try:
        return (local - offset).isoformat(sep=" ").encode() + iso[_LOCAL:] + b"+00:00"
    except OverflowError:
        raise UnreadableError("it is before the year 1 or after 9999 in UTC") from None


def offsets(local: datetime, zone: ZoneInfo) -> tuple[timedelta, timedelta]:
    """Return the offset that a local time has before a change of clocks, and after it."""
    before, after = (zone.utcoffset(local.replace(fold=fold)) for fold in (0, 1))
    return before or timedelta(), after or timedelta()


def offset_text(offset: timedelta) -> bytes:
    """Return the offset as Redshift reads it; empty if it has seconds, as in times before time zones."""
    minutes, rest = divmod(abs(offset), timedelta(minutes=1))
    if rest or abs(offset) >= _FURTHEST:
        return b""
    return b"%s%02d:%02d" % (b"-" if offset < timedelta() else b"+", minutes // 60, minutes % 60)


@lru_cache(maxsize=65_536)
def hour_offset(zone: str, hour: int) -> bytes:
    """Return the offset of all times in a local hour; empty if they have several, none, or one with seconds.

    The hour is a number: ((year * 13 + month) * 32 + day) * 24 + hour.
    """
    rest, clock = divmod(hour, 24)
    rest, day = divmod(rest, 32)
    start = datetime(*divmod(rest, 13), day, clock)  # noqa: DTZ001 - a local time
    found = {
        offset for moment in (start, start.replace(minute=59, second=59)) for offset in offsets(moment, ZoneInfo(zone))
    }
    return offset_text(found.pop()) if len(found) == 1 else b""
