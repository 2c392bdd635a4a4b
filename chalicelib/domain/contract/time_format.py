"""The formats of dates and times in files: COPY's parts, the same without leading zeros, epochs, and `auto`.

    YYYY                  four digits
    YY                    two digits; the contract's `century_from` names the first of the hundred years they stand for
    MM, DD                two digits each; M, D: one or two
    MON                   the month's English name, short (Jan) or long (January), in any case
    HH24 or HH, MI, SS    two digits each; H24 or H: one or two. A point and a fraction may follow SS
    HH12, H12 with AM     1 to 12, and the half of the day
    T - / . : , blank     stand for themselves
    epochsecs             whole seconds since 1970 in UTC; epochmillisecs: milliseconds

Each part at most once; a date needs year, month and day, a time hour and minute, a timestamp all five. Source of the
parts and of `auto`: Redshift guide, "DATEFORMAT and TIMEFORMAT strings", "Using automatic recognition with DATEFORMAT
and TIMEFORMAT", "Date, time, and timestamp literals" (the month stands before the day).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from chalicelib.domain.contract.column import TypeName

Tokens = tuple[str, ...]
"""The parts of a form, and the signs between them."""

AUTO = "auto"
EPOCHS = {"epochsecs": 1, "epochmillisecs": 1_000}
"""How many units of an epoch are one second."""
DAYS = (TypeName.DATE, TypeName.TIMESTAMP, TypeName.TIMESTAMPTZ)
CLOCKS = (TypeName.TIME, TypeName.TIMETZ, TypeName.TIMESTAMP, TypeName.TIMESTAMPTZ)
ZONED = (TypeName.TIMETZ, TypeName.TIMESTAMPTZ)
FORMATTED = (TypeName.DATE, TypeName.TIME, TypeName.TIMETZ, TypeName.TIMESTAMP, TypeName.TIMESTAMPTZ)

UNITS: Mapping[str, str] = {
    **dict.fromkeys(("YYYY", "YY"), "year"),
    **dict.fromkeys(("MM", "M", "MON"), "month"),
    **dict.fromkeys(("DD", "D"), "day"),
    **dict.fromkeys(("HH24", "H24", "HH12", "H12"), "hour"),
    "MI": "minute",
    "SS": "second",
    "AM": "half",
}
"""What each part stands for."""
WIDTHS = {"YYYY": 4, **dict.fromkeys(("YY", "MM", "DD", "HH24", "HH12", "MI", "SS"), 2)}
"""Digits of the parts that always have as many."""
UNPADDED = ("M", "D", "H24", "H12")
"""Parts of one or two digits."""
TWELVE = ("HH12", "H12")
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December")  # fmt: skip
"""The English names, whatever the locale."""

_SAME = {"HH": "HH24", "H": "H24", "PM": "AM"}
_TOKEN = re.compile(r"YYYY|YY|MON|MM|MI|M|DD|D|HH24|HH12|HH|H24|H12|H|SS|AM|PM|[-/.:, T]")
_NEEDED = {"year": "YYYY", "month": "MM", "day": "DD", "hour": "HH24", "minute": "MI"}
_ISO_DAY: Tokens = ("YYYY", "-", "MM", "-", "DD")
_ISO_CLOCK: Tokens = ("HH24", ":", "MI", ":", "SS")
_AUTO_DAYS = ("YYYY-MM-DD", "YYYYMMDD", "MM/DD/YYYY", "MON DD, YYYY", "DD-MON-YYYY", "MON-DD-YYYY", "YYYY-MON-DD")
_AUTO_CLOCKS = (" HH24:MI:SS", " HH24:MI", "")
_AUTO_MORE = "YYYYMMDD HH24MISS"


class TimeFormatError(ValueError):
    """A format that there is not, or an ambiguous one; the message names what to write."""


@dataclass(frozen=True, kw_only=True)
class TimeFormat:
    """How files write the values of a column."""

    text: str
    """As the contract has it; empty for ISO 8601."""
    forms: tuple[Tokens, ...] = ()
    """A value has one of these; none for an epoch."""
    per_second: int = 0
    """Units of an epoch in a second; 0 if it is no epoch."""

    @property
    def has_short_year(self) -> bool:
        """Whether the century is left open."""
        return any("YY" in form for form in self.forms)


@lru_cache(maxsize=256)
def time_format(text: str, kind: TypeName) -> TimeFormat:
    """Read a column's format. Raises TimeFormatError."""
    text = text.strip()
    if text.lower() in EPOCHS:
        return _epoch(text.lower(), kind)
    if text.lower() == AUTO:
        return TimeFormat(text=AUTO, forms=_auto_forms(kind))
    tokens = _tokens(text) if text else ()
    iso = iso_forms(kind)
    if not tokens or tokens in iso:
        return TimeFormat(text="", forms=iso)
    _complete(tokens, kind)
    return TimeFormat(text=text, forms=(tokens,))


def iso_forms(kind: TypeName) -> tuple[Tokens, ...]:
    """Return the forms that need no format."""
    if kind is TypeName.DATE:
        return (_ISO_DAY,)
    if kind in DAYS:
        return tuple((*_ISO_DAY, between, *_ISO_CLOCK) for between in (" ", "T"))
    return (_ISO_CLOCK,)


def _epoch(name: str, kind: TypeName) -> TimeFormat:
    if kind not in DAYS:
        raise TimeFormatError("an epoch has a day; make the column a timestamp or timestamptz")
    return TimeFormat(text=name, per_second=EPOCHS[name])


def _tokens(text: str) -> Tokens:
    found = _TOKEN.findall(text.upper())
    if "".join(found) != text.upper():
        known = "YYYY, YY, MM, M, MON, DD, D, HH24, H24, HH12, H12, MI, SS, AM, T and - / . : , or a blank"
        raise TimeFormatError(f'"{text}" is not a format; write it with {known}, or "epochsecs", "epochmillisecs"')
    return tuple(_SAME.get(token, token) for token in found)


def _complete(tokens: Tokens, kind: TypeName) -> None:
    units = [UNITS[token] for token in tokens if token in UNITS]
    needed = [unit for unit in _NEEDED if kind in (CLOCKS if unit in ("hour", "minute") else DAYS)]
    if not set(needed) <= set(units) or len(set(units)) < len(units):
        wanted = " and ".join(_NEEDED[unit] for unit in needed)
        raise TimeFormatError(f"a {kind.value} needs {wanted} (or other parts for the same), each once")
    if kind not in CLOCKS and {"hour", "minute", "second"} & set(units):
        raise TimeFormatError("a date has no time of day; make it a timestamp")
    if kind not in DAYS and {"year", "month", "day"} & set(units):
        raise TimeFormatError(f"a {kind.value} has no day; make it a timestamp")
    if bool(set(TWELVE) & set(tokens)) != ("AM" in tokens):
        raise TimeFormatError("HH12 or H12 and AM belong together; HH24 needs neither")
    for one, other in pairwise(tokens):
        if one in UNPADDED and (other in WIDTHS or other in UNPADDED):
            raise TimeFormatError(f"{one} has one or two digits, so that a sign must stand before {other}")


def _auto_forms(kind: TypeName) -> tuple[Tokens, ...]:
    if kind not in DAYS:
        raise TimeFormatError(f'a {kind.value} has no "auto"; leave the format out for ISO 8601')
    if kind is TypeName.DATE:
        return tuple(map(_tokens, _AUTO_DAYS))
    moments = [day + clock for day in _AUTO_DAYS for clock in _AUTO_CLOCKS]
    return (*iso_forms(kind), *map(_tokens, (*moments[1:], _AUTO_MORE)))
