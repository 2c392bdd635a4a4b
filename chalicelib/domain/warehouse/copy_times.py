"""Dates and timestamps in one COPY, which has one DATEFORMAT and one TIMEFORMAT for all columns.

COPY gets the format that no conversion can replace. Columns in other formats are staged as text and converted by one
UPDATE in the same transaction. The check has proved every value by then, so no conversion can fail or change a value.
A format whose parts have fixed offsets is taken apart and cast in ISO 8601; ISO 8601 and `auto` are cast directly. Only
formats with month names or AM and PM cannot be converted. So all dates of this kind share one format, and so do all
timestamps.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from chalicelib.domain.contract.column import Column, TypeName
from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract.identifiers import quote_identifier
from chalicelib.domain.contract.time_format import ABSENT, AUTO, TimeForm, time_form

TEXT = "varchar(64)"
"""Long enough for every value of every format."""
_DATES, _TIMES = (TypeName.DATE,), (TypeName.TIMESTAMP, TypeName.TIMESTAMPTZ)
_BETWEEN = ("", "-", "-", " ", ":", ":")
"""The text before each part in ISO 8601."""


def copy_formats(contract: Contract) -> str:
    """Return the options of COPY for the formats of dates and timestamps."""
    date, time = _copy_format(contract, _DATES), _copy_format(contract, _TIMES)
    dated = f" DATEFORMAT AS '{date}'" if date else ""
    timed = any(c.type.kind in _TIMES for c in contract.columns)
    return dated + (f" TIMEFORMAT AS '{time or AUTO}'" if timed else "")


def staged_as_text(contract: Contract) -> dict[str, str]:
    """Return the columns that COPY loads as text, with their names in staging."""
    formats = {kind: _copy_format(contract, kinds) for kinds in (_DATES, _TIMES) for kind in kinds}
    return {
        column.name: f"_text_{number}"
        for number, column in enumerate(contract.columns, 1)
        if column.type.kind in formats and not _reads(formats[column.type.kind], column)
    }


def converted(column: Column, staged: str) -> str:
    """Return the SQL that converts a column's text to its value."""
    form, text = time_form(column.format, column.type.kind), quote_identifier(staged)
    iso = " || ".join(_iso_parts(form, text)) if form and form.fixed else text
    return f"CAST({iso} AS {column.type.sql})"


def unconvertible(contract: Contract) -> Iterator[tuple[str, str]]:
    """Yield pairs of formats that exclude each other, because only COPY could read both."""
    for kinds in (_DATES, _TIMES):
        texts = sorted({form.text for form in _forms(contract, kinds) if form and _copy_reads_only(form)})
        yield from pairwise(texts)


def _copy_format(contract: Contract, kinds: tuple[TypeName, ...]) -> str:
    """Return the format that COPY gets for these types; empty if that is ISO 8601."""
    forms = _forms(contract, kinds)
    alone = next((form.text for form in forms if form and _copy_reads_only(form)), "")
    if alone:
        return alone
    if any(form is None or form.text == AUTO for form in forms):
        return AUTO if any(form and form.text == AUTO for form in forms) else ""
    return Counter(form.text for form in forms if form).most_common(1)[0][0] if forms else ""


def _forms(contract: Contract, kinds: tuple[TypeName, ...]) -> list[TimeForm | None]:
    return [time_form(c.format, c.type.kind) for c in contract.columns if c.type.kind in kinds]


def _copy_reads_only(form: TimeForm) -> bool:
    return not form.fixed and form.text != AUTO


def _reads(copy_format: str, column: Column) -> bool:
    """Return whether COPY with that format reads the column."""
    form = time_form(column.format, column.type.kind)
    return copy_format in ("", AUTO) if form is None else copy_format == form.text


def _iso_parts(form: TimeForm, text: str) -> Iterator[str]:
    for (offset, digits), before in zip(form.positions, _BETWEEN, strict=True):
        if offset != ABSENT:
            to_the_end = form.split and (offset, digits) == form.positions[-1]
            yield f"'{before}'" if before else "''"
            yield f"SUBSTRING({text}, {offset + 1}, {64 if to_the_end else digits})"
