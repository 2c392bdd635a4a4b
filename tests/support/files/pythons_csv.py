"""Python's csv as a second opinion on where records begin and end, and what stands in them.

csv never comes back from a malformed quote, so it is asked record by record: it reads one row from where a record
starts. The row counts if writing its fields again, quoted where they were quoted, gives the very same bytes; if it does
not (or csv raises), the physical line is malformed, and the next record starts behind it.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from chalicelib.domain.contract.contract import Contract

LONE_CR = re.compile(r"\r(?!\n|\Z)")
STAND_IN = "\ue000"
"""Outside quotes csv refuses a carriage return that ends no line; the engine takes it for text."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One record, or one malformed line if `fields` is None. A blank line has no fields."""

    start: int
    end: int
    """Where the next record starts."""
    raw: bytes
    """Without its line end."""
    fields: list[bytes] | None


def read(data: bytes, start: int, things: Contract, *, strict: bool) -> list[Row]:
    """Every record from `start` to the end of the file."""
    rows = []
    while start < len(data):
        rows.append(_row(data, start, things, strict))
        start = rows[-1].end
    return rows


def rows_of(text: bytes, things: Contract, *, strict: bool) -> list[list[bytes]]:
    """A whole text, read as csv reads it: greedily, with no way back."""
    return [_encoded(row) for row in _reader(_lines(text, 0), things, strict)]


def _row(data: bytes, start: int, things: Contract, strict: bool) -> Row:
    reader = _reader(_lines(data, start), things, strict)
    try:
        fields = _encoded(next(reader))
    except csv.Error:
        return _line(data, start)
    end = _end(data, start, reader.line_num)
    raw = data[start:end].removesuffix(b"\n")
    if len(raw) > things.limits.max_record_bytes or not _same(raw.removesuffix(b"\r"), fields, things):
        return _line(data, start)
    return Row(start=start, end=end, raw=raw.removesuffix(b"\r"), fields=fields)


def _line(data: bytes, start: int) -> Row:
    end = _end(data, start, 1)
    return Row(start=start, end=end, raw=data[start:end].removesuffix(b"\n").removesuffix(b"\r"), fields=None)


def _lines(data: bytes, start: int) -> Iterator[str]:
    """Physical lines; every byte a character."""
    for line in io.BytesIO(data[start:]):
        yield LONE_CR.sub(STAND_IN, line.decode("latin-1"))


def _reader(lines: Iterator[str], things: Contract, strict: bool):
    return csv.reader(lines, delimiter=things.dialect.delimiter, quotechar=things.dialect.quote, strict=strict)


def _encoded(fields: list[str]) -> list[bytes]:
    return [field.replace(STAND_IN, "\r").encode("latin-1") for field in fields]


def _end(data: bytes, start: int, lines: int) -> int:
    for _ in range(lines):
        start = data.find(b"\n", start) + 1 or len(data)
    return start


def _same(raw: bytes, fields: list[bytes], things: Contract) -> bool:
    """Whether these fields, quoted where `raw` is, are written as `raw`."""
    quote, written = things.dialect.quote.encode(), []
    at = 0
    for field in fields:
        quoted = raw[at : at + 1] == quote
        if quote in field and not quoted:
            return False
        written.append(quote + field.replace(quote, quote * 2) + quote if quoted else field)
        at += len(written[-1]) + 1
    return things.dialect.delimiter.encode().join(written) == raw
