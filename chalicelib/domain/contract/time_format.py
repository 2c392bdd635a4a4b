"""The formats of dates and timestamps in files: the strings of COPY's DATEFORMAT and TIMEFORMAT, and `auto`.

    YYYY, MM, DD          four, two and two digits
    MON                   the month's English name, short (Jan) or long (January), in any case
    HH24 or HH, MI, SS    two digits each; after SS, at the end or before a blank, a point and 1 to 6 digits may follow
    HH12 with AM or PM    01 to 12, and the half of the day
    - / . : , blank       stand for themselves

Each part at most once; a date needs year, month and day, a timestamp also hour and minute. Not supported: years
of two digits, which leave the century open; zones, which COPY refuses; epochs; other parts that TO_DATE supports.
Sources: Redshift guide, "DATEFORMAT and TIMEFORMAT strings", "Using automatic recognition with DATEFORMAT and
TIMEFORMAT", "Date, time, and timestamp literals" (the month stands before the day).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import pairwise

from chalicelib.domain.contract.column import TypeName

AUTO = "auto"
ISO_FORMS = {TypeName.DATE: "YYYY-MM-DD", TypeName.TIMESTAMP: "YYYY-MM-DD HH24:MI:SS"}
ABSENT = 64
"""Offset of a part that the format does not have: after the longest value."""

Positions = tuple[tuple[int, int], ...]
"""Where year, month, day, hour, minute and second stand in a value: (offset, digits)."""

_PARTS = {
    "YYYY": rb"(?P<year>[0-9]{4})",
    "MM": rb"(?P<month>[0-9]{2})",
    "MON": rb"(?P<name>[A-Za-z]{3,9})",
    "DD": rb"(?P<day>[0-9]{2})",
    "HH24": rb"(?P<hour>[0-9]{2})",
    "HH12": rb"(?P<hour12>[0-9]{2})",
    "MI": rb"(?P<minute>[0-9]{2})",
    "SS": rb"(?P<second>[0-9]{2})",
    "AM": rb"(?P<half>[AaPp][Mm])",
}
_SAME = {"HH": "HH24", "PM": "AM"}
_SAME_HOURS = re.compile("HH(?![0-9])")
_FRACTION = rb"(?:\.(?P<fraction>[0-9]{1,6}))?"
_TOKEN = re.compile(r"YYYY|MON|MM|DD|HH24|HH12|HH|MI|SS|AM|PM|[-/.:, ]")
_WIDTHS = {"YYYY": 4, "MM": 2, "DD": 2, "HH24": 2, "MI": 2, "SS": 2}
_ZONE = rb"(?P<zone>Z|[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?)?"
_MONTHS = "January, February, March, April, May, June, July, August, September, October, November, December"
_NUMBERS = {name[:size]: n for n, name in enumerate(_MONTHS.lower().split(", "), 1) for size in (3, len(name))}

_AUTO_DAYS = ("YYYY-MM-DD", "YYYYMMDD", "MM/DD/YYYY", "MON DD, YYYY", "DD-MON-YYYY", "MON-DD-YYYY", "YYYY-MON-DD")
_AUTO_CLOCKS = (" HH24:MI:SS", " HH24:MI")
_AUTO_MORE = ("YYYYMMDD HH24MISS",)


class TimeFormatError(ValueError):
    """A format that COPY does not support, or an ambiguous one; the message names what to write."""


@dataclass(frozen=True, kw_only=True)
class TimeForm:
    """The notation of one column's values."""

    text: str
    """The format as COPY's option has it."""
    shapes: tuple[re.Pattern[bytes], ...]
    """A value has one of these."""
    positions: Positions = ()
    """Where the parts stand, if that is the same in all values."""
    marks: tuple[tuple[int, int], ...] = ()
    """(offset, byte) of the characters between the parts."""
    length: int = 0
    """Bytes of a value without parts of a second."""
    split: bool = False
    """Parts of a second may follow."""

    @property
    def fixed(self) -> bool:
        """Whether every part has a fixed offset, so that SQL can take a value apart."""
        return bool(self.positions)

    def iso(self, value: bytes) -> bytes | None:
        """Return the same time in ISO 8601; None if the value has another form or is not in the calendar."""
        for shape in self.shapes:
            if found := shape.fullmatch(value):
                return _iso({name: part.decode() for name, part in found.groupdict().items() if part})
        return None


def time_form(text: str, kind: TypeName) -> TimeForm | None:
    """Read a column's format; None if it is ISO 8601, which needs no conversion. Raises TimeFormatError."""
    wanted = " ".join(text.split()).upper()
    if not wanted or _SAME_HOURS.sub("HH24", wanted) == ISO_FORMS.get(kind):
        return None
    return _form(wanted, kind)


@lru_cache(maxsize=256)
def _form(wanted: str, kind: TypeName) -> TimeForm:
    if wanted == AUTO.upper():
        return TimeForm(text=AUTO, shapes=_auto_shapes(kind))
    if kind is TypeName.TIMESTAMPTZ:
        raise TimeFormatError('COPY has no format with a zone; write "auto", or leave the format out for ISO 8601')
    tokens = _tokens(wanted)
    _complete(tokens, kind)
    form = TimeForm(text="".join(tokens), shapes=(_shape(tokens),))
    return _placed(form, tokens) if not {"MON", "HH12"} & set(tokens) else form


def _tokens(wanted: str) -> Sequence[str]:
    found = _TOKEN.findall(wanted)
    if "".join(found) != wanted:
        known = "YYYY, MM, MON, DD, HH24, HH12, MI, SS, AM and - / . : , or a blank"
        raise TimeFormatError(f'"{wanted}" is not a format; write it with {known}')
    return [_SAME.get(token, token) for token in found]


def _complete(tokens: Sequence[str], kind: TypeName) -> None:
    parts = [token for token in tokens if token in _PARTS]
    needed = [{"YYYY"}, {"MM", "MON"}, {"DD"}] + ([{"HH24", "HH12"}, {"MI"}] if kind is TypeName.TIMESTAMP else [])
    wanted = " and ".join(" or ".join(sorted(one)) for one in needed)
    if any(len(one & set(parts)) != 1 for one in needed) or len(set(parts)) < len(parts):
        raise TimeFormatError(f"a {kind.value} needs {wanted}, each once")
    if kind is TypeName.DATE and set(parts) - set().union(*needed):
        raise TimeFormatError("a date has no time of day; make it a timestamp")
    if ("HH12" in parts) != ("AM" in parts):
        raise TimeFormatError("HH12 and AM belong together; HH24 needs neither")


def _shape(tokens: Sequence[str], tail: bytes = b"") -> re.Pattern[bytes]:
    made = b""
    for part, following in zip(tokens, [*tokens[1:], ""], strict=True):
        made += _PARTS.get(part) or re.escape(part.encode())
        made += _FRACTION if part == "SS" and following in ("", " ") else b""
    return re.compile(made + tail)


def _placed(form: TimeForm, tokens: Sequence[str]) -> TimeForm:
    found, marks, at = {}, [], 0
    for token in tokens:
        if token in _WIDTHS:
            found[token] = (at, _WIDTHS[token])
        else:
            marks.append((at, ord(token)))
        at += _WIDTHS.get(token, 1)
    if ("SS", " ") in pairwise(tokens):
        return form  # a part after the fraction of a second has no fixed offset
    positions = tuple(found.get(token, (ABSENT, width)) for token, width in _WIDTHS.items())
    return TimeForm(
        text=form.text, shapes=form.shapes, positions=positions, marks=tuple(marks), length=at, split=tokens[-1] == "SS"
    )


def _auto_shapes(kind: TypeName) -> tuple[re.Pattern[bytes], ...]:
    if kind is TypeName.DATE:
        return tuple(_shape(_tokens(day)) for day in _AUTO_DAYS)
    tail = _ZONE if kind is TypeName.TIMESTAMPTZ else b""
    moments = [_shape(_tokens(form), tail) for form in (*_auto_moments(), *_AUTO_MORE)]
    iso = _shape(["YYYY", "-", "MM", "-", "DD", "T", "HH24", ":", "MI", ":", "SS"], tail)
    return (iso, *moments, *(_shape(_tokens(day)) for day in _AUTO_DAYS))


def _auto_moments() -> list[str]:
    return [day + clock for day in _AUTO_DAYS for clock in _AUTO_CLOCKS]


def _iso(parts: dict[str, str]) -> bytes | None:
    month = parts.get("month") or str(_NUMBERS.get(parts["name"].lower(), 0))
    day = f"{parts['year']}-{month:0>2}-{parts['day']}"
    hour = _hour(parts)
    clock = f"{hour}:{parts.get('minute', '00')}:{parts.get('second', '00')}" if hour else ""
    try:
        datetime.fromisoformat(f"{day} {clock or '00:00:00'}")
    except ValueError:
        return None
    fraction = f".{parts['fraction']}" if "fraction" in parts else ""
    return f"{day}{' ' if clock else ''}{clock}{fraction}{parts.get('zone', '')}".encode()


def _hour(parts: dict[str, str]) -> str:
    """Return the hour of 24 in two digits: empty without an hour; 99, which is invalid, for an hour outside 1 to 12."""
    if "hour12" not in parts:
        return parts.get("hour", "")
    hour = int(parts["hour12"])
    if not 1 <= hour <= 12:
        return "99"
    return f"{hour % 12 + 12 * (parts['half'].lower() == 'pm'):02d}"
