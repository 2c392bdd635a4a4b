"""A date or time as a form has it, written in ISO 8601, or what keeps it from being read.

The words about a fault name parts of the form and kinds of signs. They hold nothing of the value itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from chalicelib.domain.checks.diagnosis import invisible
from chalicelib.domain.contract.column import TypeName
from chalicelib.domain.contract.time_format import CLOCKS, MONTHS, UNITS, UNPADDED, WIDTHS, ZONED, Tokens

ZONE = rb"(?:Z|[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?)"
MONTHS_BY_NAME = {name[:size].lower().encode(): n for n, name in enumerate(MONTHS, 1) for size in (3, len(name))}
_LIMITS = {"hour": 23, "minute": 59, "second": 59}


class UnreadableError(ValueError):
    """A value that is in the form, but no moment; the message names why."""


@dataclass(frozen=True, kw_only=True)
class WrittenForm:
    """One form of the dates or times of a type."""

    tokens: Tokens
    kind: TypeName
    century_from: int = 0
    """The first of the hundred years that a year of two digits stands for."""
    exact: re.Pattern[bytes] = field(init=False)
    loose: re.Pattern[bytes] = field(init=False)
    """The form with any number of digits and letters in a part, where that leaves no doubt."""

    def __post_init__(self) -> None:
        zoned = self.kind in ZONED and "MI" in self.tokens
        object.__setattr__(self, "exact", _pattern(self.tokens, zoned=zoned, loose=False))
        object.__setattr__(self, "loose", _pattern(self.tokens, zoned=zoned, loose=True))

    def iso(self, value: bytes) -> bytes | None:
        """Return the moment in ISO 8601, with its fraction of a second and its zone as written.

        None if the value has another form. Raises UnreadableError if there is no such moment.
        """
        found = self.exact.fullmatch(value)
        if not found:
            return None
        parts = found.groupdict()
        day = self._day(parts) if "year" in parts else b""
        clock = self._clock(parts) if self.kind in CLOCKS else b""
        return day + b" " + clock if day and clock else day or clock

    def _day(self, parts: dict[str, bytes]) -> bytes:
        year, month = int(parts["year"]), parts["month"]
        if len(parts["year"]) == 2:
            year = self.century_from + (year - self.century_from) % 100
        try:
            return date(year, MONTHS_BY_NAME.get(month.lower()) or int(month), int(parts["day"])).isoformat().encode()
        except ValueError:
            raise UnreadableError("there is no such day in the calendar") from None

    def _clock(self, parts: dict[str, bytes]) -> bytes:
        hour, minute, second = (int(parts.get(unit, b"0")) for unit in ("hour", "minute", "second"))
        if "half" in parts:
            if not 1 <= hour <= 12:
                raise UnreadableError("its hour is not 1 to 12")
            hour = hour % 12 + 12 * (parts["half"].lower() == b"pm")
        for unit, number in (("hour", hour), ("minute", minute), ("second", second)):
            if number > _LIMITS[unit]:
                raise UnreadableError(f"its {unit} is more than {_LIMITS[unit]}")
        return b"%02d:%02d:%02d%s%s" % (hour, minute, second, parts.get("fraction") or b"", parts.get("zone") or b"")

    def difference(self, value: bytes) -> str:
        """Return how a value of another form differs from this one."""
        found = self.loose.fullmatch(value)
        if not found:
            return _other_form(value, self.tokens)
        for name in self.tokens:
            part = found[UNITS[name]] if name in UNITS else b""
            if name in WIDTHS and len(part) != WIDTHS[name]:
                return f"{name} needs {'four' if WIDTHS[name] == 4 else 'two'} digits"
            if name in UNPADDED and not 1 <= len(part) <= 2:
                return f"{name} needs one or two digits"
            if name == "MON" and part.lower() not in MONTHS_BY_NAME:
                return "MON is not the English name of a month"
        return "AM is neither AM nor PM"


def _pattern(tokens: Tokens, *, zoned: bool, loose: bool) -> re.Pattern[bytes]:
    made = b""
    for name, following in pairwise((*tokens, "")):
        if name not in UNITS:
            made += re.escape(name.encode())
            continue
        fixed = following in WIDTHS or following in UNPADDED
        made += b"(?P<%s>%s)" % (UNITS[name].encode(), _part(name, loose=loose and not fixed))
        if name == "SS" and following != "." and not fixed:
            made += rb"(?P<fraction>\.[0-9]+)?"
    return re.compile(made + (b"(?P<zone>%s)?" % ZONE if zoned else b""))


def _part(name: str, *, loose: bool) -> bytes:
    if name in ("MON", "AM"):
        return b"[A-Za-z]*" if loose else b"(?i:%s)" % (b"[ap]m" if name == "AM" else b"|".join(MONTHS_BY_NAME))
    return b"[0-9]*" if loose else b"[0-9]{1,2}" if name in UNPADDED else b"[0-9]{%d}" % WIDTHS[name]


def _other_form(value: bytes, tokens: Tokens) -> str:
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return "it has bytes that are not text"
    if hidden := invisible(text.replace(" ", "")):
        return f"it has {hidden}"
    if any(character.isdigit() and not character.isascii() for character in text):
        return "it has digits other than 0-9"
    if any(character.isalpha() for character in text) and not {"MON", "AM", "T"} & set(tokens):
        return "it has letters"
    signs = re.sub(r"[0-9]|[^\W_]", "", text)
    wanted = "".join(name for name in tokens if name not in UNITS and name != "T")
    if len(signs) != len(wanted):
        return "it has fewer parts" if len(signs) < len(wanted) else "it has more parts or signs"
    return "other signs stand between its parts" if signs != wanted else "its parts are others"
