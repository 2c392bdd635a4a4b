"""Read one date or time in the contract's format. It becomes ISO 8601, which COPY reads.

A fraction of a second keeps its digits, and a zone is kept as it is written. A time without one gets the offset that it
has in the contract's time zone. An epoch is in UTC.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from chalicelib.domain.checks.check import Fault
from chalicelib.domain.checks.codes import RowCode
from chalicelib.domain.checks.diagnosis import found_in_number
from chalicelib.domain.contract.column import Column, ColumnType, TypeName
from chalicelib.domain.contract.notation import Excess
from chalicelib.domain.contract.time_format import AUTO, FORMATTED, ZONED, TimeFormat, time_format
from chalicelib.domain.notation.canonical import Canonical, Read
from chalicelib.domain.notation.moments import moment_reader
from chalicelib.domain.notation.written_form import UnreadableError, WrittenForm
from chalicelib.domain.notation.zones import with_zone

_EPOCH = re.compile(rb"(?P<units>[+-]?[0-9]+)(?P<zeros>\.0+)?")
_MOST_DIGITS = 40
_START = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class WrittenTimes:
    """How files write a column's dates or times."""

    type: ColumnType
    format: TimeFormat
    forms: tuple[WrittenForm, ...]
    """None for an epoch."""
    zone: ZoneInfo | None
    """The zone of times without one; None is UTC."""
    excess: Excess


def written_times(column: Column) -> WrittenTimes | None:
    """Return how files write a column's dates or times; None if that is as Redshift reads them, or it has none."""
    if column.type.kind not in FORMATTED or not (column.format or column.notation.timezone):
        return None
    return _compiled(column.type, column.format, column.notation.century_from, column.notation.timezone,
                     column.notation.excess)  # fmt: skip


@lru_cache(maxsize=256)
def _compiled(type_: ColumnType, text: str, century_from: int, timezone: str, excess: Excess) -> WrittenTimes | None:
    format_ = time_format(text, type_.kind)
    if not format_.text and not timezone:
        return None
    forms = [WrittenForm(tokens=form, kind=type_.kind, century_from=century_from) for form in format_.forms]
    zone = ZoneInfo(timezone) if timezone else None
    return WrittenTimes(type=type_, format=format_, forms=tuple(forms), zone=zone, excess=excess)


def time_reader(times: WrittenTimes) -> Read:
    """Return the reader of a column's dates or times."""
    within_microseconds = moment_reader(times.type, times.excess)

    def read(value: bytes) -> Canonical | Fault:
        try:
            iso = _epoch(value, times) if times.format.per_second else _moment(value, times)
            found = Canonical(text=iso) if times.type.kind is TypeName.DATE else within_microseconds(iso)
        except UnreadableError as what:
            return _fault(times, str(what))
        if times.zone and isinstance(found, Canonical):
            return _with_zone(found, times.zone)
        return found

    return read


def _with_zone(found: Canonical, zone: ZoneInfo) -> Canonical | Fault:
    try:
        return Canonical(text=with_zone(found.text or b"", zone), altered=found.altered)
    except UnreadableError as what:
        return Fault(code=RowCode.TIMESTAMP, reason=f"is not a timestamptz: {what}")


def _fault(times: WrittenTimes, what: str) -> Fault:
    kind, text = times.type.kind, times.format.text
    iso = "yyyy-mm-dd hh:mm:ss, optionally with a zone such as Z or +01:00"
    written = "in a form that auto recognises" if text == AUTO else f"written {text or iso}"
    code = RowCode.DATE if kind is TypeName.DATE else RowCode.TIMESTAMP
    return Fault(code=code, reason=f"is not a {times.type.sql} {written}{what and ': '}{what}")


def _moment(value: bytes, times: WrittenTimes) -> bytes:
    for form in times.forms:
        if iso := form.iso(value):
            return iso
    raise UnreadableError("" if times.format.text == AUTO else times.forms[0].difference(value))


def _epoch(value: bytes, times: WrittenTimes) -> bytes:
    """Return the moment in UTC. A date must be midnight, because it has no room for a time of day."""
    found = _EPOCH.fullmatch(value)
    if not found or (found["zeros"] and times.excess.refuses(found["zeros"].strip(b"."))):
        raise UnreadableError(f"it has {found_in_number(value)}")
    if len(found["units"]) > _MOST_DIGITS:
        raise UnreadableError("it has too many digits")
    try:
        seconds, rest = divmod(int(found["units"]), times.format.per_second)
        moment = _START + timedelta(seconds=seconds)
    except OverflowError:
        raise UnreadableError("it is before the year 1 or after 9999") from None
    day, clock = moment.date().isoformat(), moment.time().isoformat()
    if times.type.kind is TypeName.DATE:
        if rest or clock != "00:00:00":
            raise UnreadableError("it has a time of day; make the column a timestamp")
        return day.encode()
    fraction = f".{rest:03d}" if rest else ""
    return f"{day} {clock}{fraction}{'+00:00' if times.type.kind in ZONED else ''}".encode()
