"""Files of JSON, staged in pieces, and how they are read by plain Python."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chalicelib.domain.contract.column import Column, ColumnType, TypeName
from chalicelib.domain.contract.contract import ExtraColumns, FileFormat, Limits
from chalicelib.domain.contract.dialect import JSON_DIALECT
from chalicelib.domain.contract.layout import Layout
from chalicelib.domain.contract.tally import total
from chalicelib.domain.raw.bytesource import InMemory, Range
from chalicelib.domain.staging.stage import stage_chunk
from chalicelib.domain.staging.validate import compile_rules
from tests.support.files.engine import contract

COLUMNS = (
    Column(name="id", type=ColumnType(kind=TypeName.BIGINT), required=True),
    Column(name="note", type=ColumnType(kind=TypeName.VARCHAR, length=400)),
    Column(name="amount", type=ColumnType(kind=TypeName.DOUBLE)),
    Column(name="doc", type=ColumnType(kind=TypeName.SUPER)),
    Column(name="city", type=ColumnType(kind=TypeName.VARCHAR, length=40), path="at.city"),
)
CONTRACT = contract(*COLUMNS, format=FileFormat.JSON, dialect=JSON_DIALECT, extra_columns=ExtraColumns.IGNORE)


@dataclass(frozen=True)
class Staged:
    """What comes of a file."""

    good: bytes
    rejects: list[tuple[int, int, int, str, bytes]]
    """Line, byte offset, code, reason and record."""
    end: int
    left_out: dict[str, int]


def staged(
    data: bytes, *, cuts: tuple[int, ...] = (), block: int = 1 << 20, longest: int = 1 << 20, **more: object
) -> Staged:
    """Stage a file in chunks that are planned at these offsets."""
    agreed = replace(CONTRACT, limits=Limits(max_record_bytes=longest), **more)  # type: ignore[arg-type]
    source, rules = InMemory(data), compile_rules(agreed, Layout(columns=agreed.columns))
    at, line, good, rejects, tallies = 0, 0, b"", list[tuple[int, int, int, str, bytes]](), []
    for stop in (*cuts, len(data)):
        lines = 0
        for done in stage_chunk(source, Range(start=at, stop=max(at, stop)), rules, block_bytes=block):
            at, good, lines = done.end, good + bytes(done.good), lines + done.lines
            tallies.append(done.left_out)
            rejects += [(r.line + line, r.byte_offset, r.code, r.reason, r.record) for r in done.rejects]
        line += lines
    return Staged(good=good, rejects=rejects, end=at, left_out=total(tallies))
