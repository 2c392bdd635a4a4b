"""The INSERTs with which a small load stages its rows in place of COPY.

Guarantees that staging holds what COPY of the same parts would put there. Each value is a parameter, never SQL text.
Rows for which that is not certain are left to COPY.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from backports import zstd

from chalicelib.domain.contract.column import ColumnType, TypeName
from chalicelib.domain.contract.dialect import Dialect
from chalicelib.domain.contract.identifiers import quote_identifier, quote_identifiers
from chalicelib.domain.contract.layout import staged_column
from chalicelib.domain.warehouse.ddl import LINEAGE, MARK, OFFSET, staging_name
from chalicelib.domain.warehouse.load import LoadOrder
from chalicelib.domain.warehouse.staged_text import fields_of, value_of

MOST_PARAMETERS = 32_767
"""Of one statement: the protocol counts them in 16 bits."""
MOST_BYTES = 16_000_000
"""Of a load's rows as text, since they are held in memory; larger ones go by COPY."""
MOST_VALUE_BYTES = 65_535
"""The longest text of a parameter; a super may be longer, and goes by COPY."""
MARK_TYPE = ColumnType(kind=TypeName.CHAR, length=8)
MOMENTS = TypeName.TIMESTAMP, TypeName.TIMESTAMPTZ
PARSED = {TypeName.SUPER: "JSON_PARSE(?)", TypeName.VARBYTE: "FROM_HEX(?)"}
"""Types that COPY does not read as a cast from text does."""

Row = tuple[str | None, ...]


class LeftToCopy(Exception):
    """These rows are not for INSERTs."""


@dataclass(frozen=True, kw_only=True)
class Insert:
    """One INSERT, with its parameters in the order of their question marks."""

    sql: str
    values: Row


def inserts(order: LoadOrder, parts: Iterable[bytes]) -> list[Insert]:
    """Return the INSERTs that stage the rows of compressed parts. Raises LeftToCopy."""
    names = ((MARK, OFFSET) if order.contract.lineage else ()) + order.columns
    types = tuple(_type(order, name) for name in names)
    rows = list(_bounded(row for part in parts for row in _rows(order, types, part)))
    if len(rows) != order.rows_good:
        raise LeftToCopy("the parts have another number of rows")
    row_sql = f"({', '.join(PARSED.get(column.kind, '?') for column in types)})"
    staging = quote_identifier(staging_name(order.group_id))
    into = f"INSERT INTO {staging} ({quote_identifiers(names)}) VALUES\n"  # nosec B608 - quoted names
    most = MOST_PARAMETERS // len(names)
    return [
        Insert(sql=into + ",\n".join([row_sql] * len(some)), values=tuple(value for row in some for value in row))
        for some in (rows[first : first + most] for first in range(0, len(rows), most))
    ]


def _type(order: LoadOrder, name: str) -> ColumnType:
    if name == MARK:
        return MARK_TYPE
    return LINEAGE[OFFSET] if name == OFFSET else staged_column(order.contract, name).type


def _rows(order: LoadOrder, types: Sequence[ColumnType], part: bytes) -> Iterator[Row]:
    contract = order.contract
    try:
        with zstd.open(io.BytesIO(part), "rt", encoding="utf-8", newline="") as text:
            for fields in fields_of(contract, text):
                yield tuple(_value(t, field, contract.dialect) for t, field in zip(types, fields, strict=True))
    except (ValueError, EOFError, csv.Error, zstd.ZstdError) as error:
        raise LeftToCopy("a part is not whole") from error


def _value(column: ColumnType, text: str, dialect: Dialect) -> str | None:
    """Return the parameter for a staged field; None is NULL."""
    value = value_of(column, text, dialect)
    return value.replace("T", " ") if value and column.kind in MOMENTS else value


def _bounded(rows: Iterator[Row]) -> Iterator[Row]:
    """Yield the rows. Raises LeftToCopy if they, or a value, are too long."""
    left = MOST_BYTES
    for row in rows:
        sizes = [len(value.encode()) for value in row if value]
        left -= sum(sizes)
        if left < 0 or max(sizes, default=0) > MOST_VALUE_BYTES:
            raise LeftToCopy("the rows, or one of their values, are too long for parameters")
        yield row
