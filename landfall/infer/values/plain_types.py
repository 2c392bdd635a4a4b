"""Finds the type of values that are written as COPY reads them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from landfall.infer.toml_text import Setting, Settings
from landfall.infer.values.dates import clock_format, date_formats, short_year
from landfall.infer.values.fitting import FIRST_VALUES, MOST_WRONG, Counts, misfits
from landfall.text import plural

ISO = ("date", "timestamp", "timestamptz", "time")
BOOLEANS = ({b"true", b"false"}, {b"t", b"f"}, {b"yes", b"no"}, {b"y", b"n"})
"""Words for true and false. One of them alone may be a code, such as NO for Norway."""
MOST_BOOLEANS = 8
"""Most spellings of them, in lower and upper case."""
PHONE = re.compile(rb"\+[0-9]{7,}")
"""A telephone number."""
MOST_DIGITS = 38
_NUMBER = re.compile(rb"[+-]?([0-9]{1,38})(?:\.([0-9]{1,37}))?")
_ZONED = re.compile(rb".*(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)")


@dataclass(frozen=True, kw_only=True)
class Typed:
    """A type and its settings, or text."""

    settings: Mapping[str, Setting]
    as_text: Settings
    """The column as text."""
    notes: tuple[str, ...] = ()
    instead: tuple[tuple[Settings, str], ...] = field(default=())
    """Other settings that read the values, each with its reason."""

    @property
    def is_text(self) -> bool:
        return str(self.settings["type"]).startswith("varchar")


def plain(counts: Counts, text: Settings) -> tuple[Typed | None, str]:
    """Return the first type that takes every value as it is written; without one, a type that nearly all rows have."""
    near: list[tuple[int, str]] = []
    for kind, form in candidates(counts):
        settings: dict[str, Setting] = {"type": kind}
        if form:
            settings["format"] = form
        wrong = misfits(settings, counts)
        if wrong == 0:
            return Typed(settings=settings, as_text=text, notes=_notes(kind, counts)), ""
        if wrong:
            near.append((wrong, f"{kind}{' ' + form if form else ''}"))
    wrong, kind = min(near, key=lambda found: found[0], default=(0, ""))
    return None, f"{kind} except for {wrong} of {sum(counts.values())} rows" if near else ""


def candidates(counts: Counts) -> Iterator[tuple[str, str]]:
    if len(counts) <= MOST_BOOLEANS and {value.lower() for value in counts} in BOOLEANS:
        yield "boolean", ""
    are_phones = all(PHONE.fullmatch(value) for value in counts)
    yield from [] if are_phones else _numeric(counts)
    yield from ((kind, "") for kind in ISO)
    if len(forms := date_formats(counts)) == 1:
        yield from ((kind, form) for kind, form in forms if not short_year(form))
    if form := clock_format(counts):
        yield "time", form
    if all(value[:1] in b"{[" for value in counts):
        yield "super", ""
    if not are_phones and all(_exact(value) for value in counts):
        yield "double precision", ""


def _numeric(counts: Counts) -> Iterator[tuple[str, str]]:
    """Yield the types of whole numbers and decimals, unless digits are identifiers: a number has no leading zero."""
    first = [value for value, _ in zip(counts, range(FIRST_VALUES), strict=False) if _NUMBER.fullmatch(value)]
    if len(first) * 2 < min(len(counts), FIRST_VALUES):
        return
    matches = [match for value in counts if (match := _NUMBER.fullmatch(value))]
    rows = sum(counts[match[0]] for match in matches)
    if rows < sum(counts.values()) * (1 - MOST_WRONG) or any(has_leading_zero(match[1]) for match in matches):
        return
    if not any(match[2] for match in matches):
        if max(abs(int(match[0])) for match in matches) < 20_000_000:
            yield "integer", ""
        yield "bigint", ""
    scale = max(len(match[2] or b"") for match in matches)
    whole = max(len(match[1]) for match in matches)
    scale = max(scale, 2) if scale else 0
    if whole + scale <= MOST_DIGITS:
        yield f"decimal({18 if whole + scale <= 16 else min(MOST_DIGITS, whole + scale + 2)},{scale})", ""


def has_leading_zero(digits: bytes) -> bool:
    return len(digits) > 1 and digits.startswith(b"0")


def _exact(value: bytes) -> bool:
    """Return whether double precision keeps every digit of a number. Digits of an identifier are not a number."""
    digits = value.lstrip(b"+-")
    if has_leading_zero(digits.partition(b".")[0]):
        return False
    try:
        return Decimal(value.decode()) == Decimal(repr(float(value)))
    except (InvalidOperation, ValueError):
        return False


def _notes(kind: str, counts: Counts) -> tuple[str, ...]:
    if kind != "timestamptz":
        return ()
    bare = sum(rows for value, rows in counts.items() if not _ZONED.fullmatch(value[10:]))
    return (f"{plural(bare, 'row')} without a zone: the time counts as UTC",) if bare else ()
