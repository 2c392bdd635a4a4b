"""Result sets in the Data API's form: one typed field per value, and the metadata of each column."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg.pq.abc import PGresult

PAGE_ROWS = 1000

_BOOLEAN, _BYTES = 16, 17
_INTEGERS = {20, 21, 23, 26}
_FLOATS = {700, 701}
_TYPE_NAMES = {
    16: "bool",
    17: "varbyte",
    19: "name",
    20: "int8",
    21: "int2",
    23: "int4",
    25: "varchar",
    26: "oid",
    700: "float4",
    701: "float8",
    705: "varchar",
    1042: "bpchar",
    1043: "varchar",
    1082: "date",
    1083: "time",
    1114: "timestamp",
    1184: "timestamptz",
    1266: "timetz",
    1700: "numeric",
    2278: "void",
    3802: "super",
}
_SIZES = {16: 1, 20: 19, 21: 5, 23: 10, 700: 8, 701: 17, 1082: 13, 1114: 29, 1184: 35}


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of a result: its name, PostgreSQL's number for its type, and the type's modifier."""

    name: str
    oid: int
    modifier: int


@dataclass(frozen=True, kw_only=True)
class Result:
    """The rows of one statement, in PostgreSQL's text format."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[bytes | None]]
    size: int

    def page(self, number: int) -> dict[str, Any]:
        start = number * PAGE_ROWS
        page: dict[str, Any] = {
            "Records": [self._record(row) for row in self.rows[start : start + PAGE_ROWS]],
            "ColumnMetadata": [_metadata(column) for column in self.columns],
            "TotalNumRows": len(self.rows),
        }
        if start + PAGE_ROWS < len(self.rows):
            page["NextToken"] = str(number + 1)
        return page

    def _record(self, row: Sequence[bytes | None]) -> list[dict[str, Any]]:
        return [_field(value, column.oid) for value, column in zip(row, self.columns, strict=True)]


def read(answer: PGresult | None) -> Result | None:
    """Return the result set of an answer; None if the statement has none."""
    if answer is None or answer.nfields == 0:
        return None
    width = range(answer.nfields)
    columns = [
        Column(name=(answer.fname(i) or b"?column?").decode(), oid=answer.ftype(i), modifier=answer.fmod(i))
        for i in width
    ]
    rows = [[answer.get_value(row, i) for i in width] for row in range(answer.ntuples)]
    size = sum(len(value) for row in rows for value in row if value is not None)
    return Result(columns=columns, rows=rows, size=size)


def _field(value: bytes | None, oid: int) -> dict[str, Any]:
    if value is None:
        return {"isNull": True}
    if oid == _BOOLEAN:
        return {"booleanValue": value == b"t"}
    if oid in _INTEGERS:
        return {"longValue": int(value)}
    if oid in _FLOATS and math.isfinite(float(value)):
        return {"doubleValue": float(value)}
    if oid == _BYTES:
        return {"stringValue": value.decode().removeprefix("\\x")}
    return {"stringValue": value.decode()}


def _metadata(column: Column) -> dict[str, Any]:
    name = _TYPE_NAMES.get(column.oid, "varchar")
    precision, scale = _SIZES.get(column.oid, 0), 0
    if name == "numeric" and column.modifier >= 4:
        precision, scale = (column.modifier - 4) >> 16, (column.modifier - 4) & 0xFFFF
    elif name in ("varchar", "bpchar"):
        precision = max(column.modifier - 4, 0)
    return {
        "isCaseSensitive": name in ("varchar", "bpchar", "super"),
        "isCurrency": False,
        "isSigned": column.oid in _INTEGERS | _FLOATS or name == "numeric",
        "label": column.name,
        "length": 0,
        "name": column.name,
        "nullable": 1,
        "precision": precision,
        "scale": scale,
        "schemaName": "",
        "tableName": "",
        "typeName": name,
    }
