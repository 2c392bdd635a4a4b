"""The settings of a column for dates and times, checked together: its format, the century, the time zone."""

from __future__ import annotations

from collections.abc import Iterator

from chalicelib.domain.contract.column import Column, TypeName
from chalicelib.domain.contract.time_format import FORMATTED, TimeFormatError, time_format
from chalicelib.domain.contract.time_zone import is_time_zone

LAST_CENTURY = 9_900
"""The last year that a hundred years of the calendar begin with."""


def format_faults(column: Column) -> Iterator[tuple[str, str]]:
    """Yield the faults of the settings, each as the key with the fault and its fix."""
    kind, notation = column.type.kind, column.notation
    if kind not in FORMATTED:
        if column.format:
            yield "format", f"a {kind.value} cannot have one; remove it (only dates and times can)"
        return
    try:
        form = time_format(column.format, kind)
    except TimeFormatError as fault:
        yield "format", str(fault)
        return
    if form.has_short_year and not notation.century_from:
        yield "century_from", "is missing; YY needs the first of the hundred years that it means, such as 1930"
    if notation.century_from and not form.has_short_year:
        yield "century_from", "only a format with YY needs it; remove it"
    if notation.timezone and kind is TypeName.TIMESTAMPTZ:
        yield from _zone_faults(notation.timezone, epoch=bool(form.per_second))
    if (form.text or notation.timezone) and kind in (TypeName.TIMESTAMP, TypeName.TIMESTAMPTZ):
        for text in column.values:
            if "T" in text:
                yield "values", f'"{text}" has a T, but values are compared with a blank in its place; write a blank'


def _zone_faults(name: str, *, epoch: bool) -> Iterator[tuple[str, str]]:
    if epoch:
        yield "timezone", "an epoch counts from 1970 in UTC; remove it"
    elif not is_time_zone(name):
        yield "timezone", f'"{name}" is not a time zone; write one such as Europe/Oslo'
