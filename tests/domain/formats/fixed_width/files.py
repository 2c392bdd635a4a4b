"""Lines of fixed width, and how they are read one by one by plain slices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chalicelib.domain.contract.column import Column
from chalicelib.domain.contract.contract import Contract, ExtraColumns, FileFormat
from chalicelib.domain.contract.dialect import FIXED_DIALECT, ShortRows, Unit
from chalicelib.domain.contract.notation import Align, Span
from tests.support.files.engine import contract, text


def lines_of(
    *spans: Span, longest: int = 1 << 20, extra: ExtraColumns = ExtraColumns.FAIL, **dialect: object
) -> Contract:
    """Return a contract of texts at these positions, called a, b and so on."""
    columns = [Column(name=chr(ord("a") + n), type=text(4_000), span=span) for n, span in enumerate(spans)]
    own = replace(FIXED_DIALECT, columns=tuple(column.name for column in columns), **dialect)  # type: ignore[arg-type]
    return contract(*columns, format=FileFormat.FIXED_WIDTH, dialect=own, longest=longest, extra_columns=extra)


def spans_of(*columns: tuple[int, int], **more: object) -> list[Span]:
    return [Span(start=start, width=width, **{"align": Align.LEFT, **more}) for start, width in columns]  # type: ignore[arg-type]


Record = tuple[int, int, bytes]
"""Line, byte offset and bytes, without the line end."""


def records_of(data: bytes, things: Contract) -> list[Record]:
    dialect, at, found = things.dialect, 0, list[Record]()
    while at < len(data):
        end = at + dialect.record_length - 1 if dialect.record_length else data.find(dialect.line_end, at)
        stop = min(end + 1, len(data)) if end >= 0 else len(data)
        record = data[at:stop]
        if dialect.record_length:
            record = record.rstrip(b"\r\n") if stop - at < dialect.record_length else record
        else:
            record = record.removesuffix(dialect.line_end)
            too_long = len(record) > things.limits.max_record_bytes
            record = record.removesuffix(b"\r") if dialect.line_end == b"\n" and not too_long else record
        found.append((len(found) + 1, at, record))
        at = stop
    return found


def read(data: bytes, things: Contract) -> tuple[list[list[str]], list[tuple[int, int, int]]]:
    """Return the values of good rows, and line, byte offset and code of each reject."""
    good, rejects = list[list[str]](), list[tuple[int, int, int]]()
    for line, at, record in records_of(data, things):
        comment = things.dialect.comment.encode()
        if len(record) > things.limits.max_record_bytes:
            rejects.append((line, at, 1216))
        elif record and not (comment and record.startswith(comment)):
            values = values_of(record, things)
            if isinstance(values, int):
                rejects.append((line, at, values))
            else:
                good.append(values)
    return good, rejects


def values_of(record: bytes, things: Contract) -> list[str] | int:
    """Return the values of a record, or the code of its fault."""
    spans = [column.span for column in things.columns if column.span]
    shown: Sequence[object] = record
    if things.dialect.unit is Unit.CHARACTERS:
        try:
            shown = record.decode()
        except UnicodeDecodeError:
            return 1220
    last, fills = max(span.last for span in spans), things.dialect.short_rows is ShortRows.FILL
    if len(shown) < last and not fills:
        return 1203
    if any(s.start <= len(shown) < s.last and (s.align is not Align.LEFT or s.padding != " ") for s in spans):
        return 1203
    rest = shown[last:]
    if things.extra_columns is ExtraColumns.FAIL and (rest.strip(" ") if isinstance(rest, str) else rest.strip(b" ")):  # type: ignore[attr-defined]
        return 1202
    fields = [shown[span.start - 1 : span.last] for span in spans]
    try:
        texts = [field.decode() if isinstance(field, bytes) else str(field) for field in fields]
    except UnicodeDecodeError:
        return 1220
    return [_stripped(value, span) for value, span in zip(texts, spans, strict=True)]


def _stripped(value: str, span: Span) -> str:
    value = value.lstrip(span.padding) if span.align is not Align.LEFT else value
    value = value.rstrip(span.padding) if span.align is not Align.RIGHT else value
    return value if value.strip(" ") else ""
