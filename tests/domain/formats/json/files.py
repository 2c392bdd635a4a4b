"""Files of JSON, staged in pieces, and how they are read by plain Python."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.domain.contract.column import Column, ColumnType, TypeName
from chalicelib.domain.contract.contract import ExtraColumns, FileFormat, Limits
from chalicelib.domain.contract.dialect import JSON_DIALECT
from tests.support.files import pieces
from tests.support.files.engine import contract

COLUMNS = (
    Column(name="id", type=ColumnType(kind=TypeName.BIGINT), required=True),
    Column(name="note", type=ColumnType(kind=TypeName.VARCHAR, length=400)),
    Column(name="amount", type=ColumnType(kind=TypeName.DOUBLE)),
    Column(name="doc", type=ColumnType(kind=TypeName.SUPER)),
    Column(name="city", type=ColumnType(kind=TypeName.VARCHAR, length=40), path="at.city"),
)
CONTRACT = contract(*COLUMNS, format=FileFormat.JSON, dialect=JSON_DIALECT, extra_columns=ExtraColumns.IGNORE)


def staged(
    data: bytes, *, cuts: tuple[int, ...] = (), block: int = 1 << 20, longest: int = 1 << 20, **more: object
) -> pieces.Staged:
    """Stage a file in chunks that are planned at these offsets."""
    agreed = replace(CONTRACT, limits=Limits(max_record_bytes=longest), **more)  # type: ignore[arg-type]
    return pieces.staged(data, agreed, cuts=cuts, block=block)
