"""Where the columns of lines of fixed width stand, read and checked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from chalicelib.domain.contract.column import NUMBERS, Column, ColumnType
from chalicelib.domain.contract.contract import RESCUED, Contract, ExtraColumns, FileFormat
from chalicelib.domain.contract.dialect import Encoding, Unit
from chalicelib.domain.contract.notation import BLANK, Align, Span
from chalicelib.domain.contract_files.dialect import FIXED_ONLY
from chalicelib.domain.contract_files.toml_section import Section

MOST_POSITION = 4 << 20
KEYS = ("start", "width", "padding", "align")
IN_NUMBERS = set("0123456789+-.")


def read_span(section: Section, kind: ColumnType | None) -> Span | None:
    """Read where a column stands; record every fault in the section."""
    places = {key: section.integer(key, default=1, low=1, high=MOST_POSITION) for key in ("start", "width")}
    places |= {key: 0 for key in places if key not in section.table}
    span = Span(
        **places,
        padding=section.text("padding", default=BLANK),
        align=section.choice("align", Align.LEFT if kind and kind.is_text else Align.BOTH),
    )
    given = [key for key in KEYS if key in section.table]
    if not given:
        return None
    for key in places:
        if key not in given:
            section.fault(key, "is missing; a column of fixed width has both start and width, counted from 1")
    if len(span.padding) != 1 or not span.padding.isascii() or span.padding in "\r\n":
        section.fault("padding", f"{span.padding!r} cannot fill a column; use one ASCII character")
    elif kind and kind.kind in NUMBERS and span.padding in IN_NUMBERS:
        section.fault("padding", f'"{span.padding}" is part of numbers; remove it (numbers may have zeros in front)')
    return span


def fixed_faults(contract: Contract) -> Iterator[tuple[str, str]]:
    """Yield the faults of positions, each as the key with the fault and its fix."""
    read = contract.as_read.columns
    if contract.format is not FileFormat.FIXED_WIDTH:
        yield from _misplaced(contract, read)
        return
    named = [column for column in read if column.name != RESCUED]
    for column in named:
        if not column.span and (column.required or not contract.transform):
            yield f"columns.{column.name}.start", "is missing; add start and width, counted from 1"
    spans = {column.name: column.span for column in named if column.span and column.span.sound}
    last = max((span.last for span in spans.values()), default=0)
    yield from _overlaps(spans)
    for columns in (contract.columns, contract.transform.columns if contract.transform else ()):
        yield from _out_of_order(columns)
    yield from _record_faults(contract, last)
    if contract.extra_columns is ExtraColumns.RESCUE:
        yield "extra_columns", 'cannot be "rescue": what stands behind the last column has no name; write "ignore"'


def _out_of_order(columns: Sequence[Column]) -> Iterator[tuple[str, str]]:
    """Yield the columns of one table that do not stand in the order of the file."""
    placed = [(column.name, column.span) for column in columns if column.span and column.span.sound]
    for (before, earlier), (name, span) in pairwise(placed):
        if span.last < earlier.start:
            yield f"columns.{name}.start", f"is before {before} in the file; list the columns in the order of the file"


def _misplaced(contract: Contract, columns: Sequence[Column]) -> Iterator[tuple[str, str]]:
    for column in columns:
        if column.span:
            yield f"columns.{column.name}.start", FIXED_ONLY
    for key, announced in (("dialect.trailer", contract.dialect.trailer), ("control_totals", contract.control_totals)):
        if announced and announced.widths:
            yield f"{key}.widths", FIXED_ONLY


def _overlaps(spans: dict[str, Span]) -> Iterator[tuple[str, str]]:
    """Yield the columns that begin within another one."""
    ordered = sorted(spans.items(), key=lambda item: item[1].start)
    for (before, earlier), (name, span) in pairwise(ordered):
        if span.start <= earlier.last:
            where = f"{before}, which has the positions {earlier.start} to {earlier.last}"
            yield f"columns.{name}.start", f"{span.start} is in {where}; change start or width of one of them"


def _record_faults(contract: Contract, last: int) -> Iterator[tuple[str, str]]:
    dialect, longest = contract.dialect, contract.limits.max_record_bytes
    if dialect.unit is Unit.BYTES and dialect.encoding is not Encoding.UTF_8:
        name = dialect.encoding.value
        yield "dialect.unit", f'"bytes" are those of UTF-8, and the encoding is {name}; count characters'
    if last > longest:
        yield "limits.max_record_bytes", f"is less than the last position of a column ({last}); raise it"
    if not dialect.record_length:
        return
    if dialect.unit is not Unit.BYTES:
        yield "dialect.record_length", 'counts bytes, so that positions do, too; add unit = "bytes"'
    if not last <= dialect.record_length <= longest:
        yield (
            "dialect.record_length",
            f"must be at least the last position of a column ({last}), and at most max_record_bytes ({longest})",
        )
