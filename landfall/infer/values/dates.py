"""Finds the formats that dates and timestamps of a column may have, in the words of a column's `format`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from landfall.infer.values.fitting import Counts

LEAST_ALIKE = 0.9
"""Share of a column's rows that must have one shape."""
ISO_DAY, ISO_CLOCK = "YYYY-MM-DD", "HH24:MI:SS"
ISO_FORMS = (ISO_DAY, f"{ISO_DAY} {ISO_CLOCK}", f"{ISO_DAY}T{ISO_CLOCK}")
ORDERS = (("DD", "MM", "Y"), ("MM", "DD", "Y"), ("Y", "MM", "DD"))
_DAY = rb"(?P<a>[0-9]{1,4})(?P<sign>[-/. ])(?P<b>[0-9]{1,2}|[A-Za-z]{3,9})(?P=sign)(?P<c>[0-9]{1,4})"
_TIME = (
    rb"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?P<second>:[0-9]{2})?(?:\.[0-9]{1,6})?"
    rb"(?P<half> ?[AaPp][Mm])?"
)
_SHAPE = re.compile(_DAY + rb"(?:(?P<blank>[ T])" + _TIME + rb")?")
_ONLY_CLOCK = re.compile(rb"(?P<blank>)" + _TIME)
COMPACT = re.compile(rb"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")


def date_formats(counts: Counts) -> list[tuple[str, str]]:
    """Return the types and formats that fit nearly all values: several if day and month could be exchanged.

    Dates of ISO 8601 need no format, and are not among them.
    """
    found = [(match, rows) for value, rows in counts.items() if (match := _SHAPE.fullmatch(value))]
    alike = _alike(found)
    if sum(rows for _, rows in alike) < sum(counts.values()) * LEAST_ALIKE or not alike:
        return []
    matches = [match for match, _ in alike]
    clock = _clock(matches)
    kind = "timestamp" if clock else "date"
    return [(kind, form) for day in _days(matches) if (form := day + clock) not in ISO_FORMS]


def clock_format(counts: Counts) -> str:
    """Return the format of times of day that are not written as in ISO 8601; empty if the values are no such times."""
    matches = [_ONLY_CLOCK.fullmatch(value) for value in counts]
    found = [match for match in matches if match]
    shapes = {(match["second"] is None, match["half"] is None) for match in found}
    if len(found) < len(matches) or len(shapes) != 1 or (form := _clock(found)) == ISO_CLOCK:
        return ""
    return form


def dated(counts: Counts) -> int:
    """Count the rows whose value has the shape of a date."""
    return sum(rows for value, rows in counts.items() if _SHAPE.fullmatch(value))


def _alike(found: list[tuple[re.Match[bytes], int]]) -> list[tuple[re.Match[bytes], int]]:
    """Return the values with the commonest signs and parts."""
    shapes = Counter[tuple[object, ...]]()
    for match, rows in found:
        shapes[_form(match)] += rows
    most = shapes.most_common(1)
    return [(match, rows) for match, rows in found if _form(match) == most[0][0]] if most else []


def _form(match: re.Match[bytes]) -> tuple[object, ...]:
    return match["sign"], match["b"].isalpha(), match["blank"], match["second"] is None, match["half"] is None


def _days(matches: list[re.Match[bytes]]) -> Iterator[str]:
    sign = matches[0]["sign"].decode()
    parts = [[match[part] for match in matches] for part in "abc"]
    for order in ORDERS:
        tokens = [_token(kind, values) for kind, values in zip(order, parts, strict=True)]
        if all(tokens):
            yield sign.join(tokens)


def _token(kind: str, values: list[bytes]) -> str:
    """Return how a part is written if it is a day, month or year; empty if it cannot be that."""
    lengths = {len(value) for value in values}
    if any(value.isalpha() for value in values):
        return "MON" if kind == "MM" and all(value.isalpha() for value in values) else ""
    if kind == "Y":
        return {frozenset({4}): "YYYY", frozenset({2}): "YY"}.get(frozenset(lengths), "")
    most = 31 if kind == "DD" else 12
    if max(lengths) > 2 or not all(1 <= int(value) <= most for value in values):
        return ""
    return kind if lengths == {2} else kind[0]


def _clock(matches: list[re.Match[bytes]]) -> str:
    first = matches[0]
    if first["hour"] is None:
        return ""
    padded = all(len(match["hour"]) == 2 for match in matches)
    half = first["half"] is not None
    hour = ("HH12" if padded else "H12") if half else ("HH24" if padded else "H24")
    seconds = ":SS" if first["second"] else ""
    return f"{first['blank'].decode()}{hour}:MI{seconds}{' AM' if half else ''}"


def short_year(form: str) -> bool:
    """Return whether a format has a year of two digits."""
    return "YY" in form and "YYYY" not in form
