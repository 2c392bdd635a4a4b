"""Redshift's type names, with the synonyms and defaults its documentation lists, read into a ColumnType."""

from __future__ import annotations

import re

from chalicelib.domain.contract.column import ColumnType, TypeName

MAX_VARCHAR = 65_535
MAX_CHAR = 4_096
MAX_VARBYTE = 16_777_216
MAX_PRECISION = 38
LATER = "interval, geometry, geography and hllsketch are not supported in this version"

_NAMES = {
    "smallint": TypeName.SMALLINT,
    "int2": TypeName.SMALLINT,
    "integer": TypeName.INTEGER,
    "int": TypeName.INTEGER,
    "int4": TypeName.INTEGER,
    "bigint": TypeName.BIGINT,
    "int8": TypeName.BIGINT,
    "decimal": TypeName.DECIMAL,
    "numeric": TypeName.DECIMAL,
    "real": TypeName.REAL,
    "float4": TypeName.REAL,
    "double precision": TypeName.DOUBLE,
    "float8": TypeName.DOUBLE,
    "float": TypeName.DOUBLE,
    "boolean": TypeName.BOOLEAN,
    "bool": TypeName.BOOLEAN,
    "char": TypeName.CHAR,
    "character": TypeName.CHAR,
    "nchar": TypeName.CHAR,
    "bpchar": TypeName.CHAR,
    "varchar": TypeName.VARCHAR,
    "character varying": TypeName.VARCHAR,
    "nvarchar": TypeName.VARCHAR,
    "text": TypeName.VARCHAR,
    "date": TypeName.DATE,
    "time": TypeName.TIME,
    "time without time zone": TypeName.TIME,
    "timetz": TypeName.TIMETZ,
    "time with time zone": TypeName.TIMETZ,
    "timestamp": TypeName.TIMESTAMP,
    "timestamp without time zone": TypeName.TIMESTAMP,
    "timestamptz": TypeName.TIMESTAMPTZ,
    "timestamp with time zone": TypeName.TIMESTAMPTZ,
    "super": TypeName.SUPER,
    "varbyte": TypeName.VARBYTE,
    "varbinary": TypeName.VARBYTE,
    "binary varying": TypeName.VARBYTE,
}
MOST = {TypeName.CHAR: MAX_CHAR, TypeName.VARCHAR: MAX_VARCHAR, TypeName.VARBYTE: MAX_VARBYTE}
_FIXED_LENGTH = ("bpchar", "text")
_SHAPE = re.compile(r"(?P<name>[a-z0-9_ ]+?)(?: ?\( ?(?P<size>[0-9]{1,8}|max) ?(?:, ?(?P<scale>[0-9]{1,3}) ?)?\))?")


class ColumnTypeError(ValueError):
    """A type that Redshift, or this version, does not support; the message names what to write instead."""


def parse_type(text: str) -> ColumnType:
    """Read a type such as `decimal(18,2)`, `varchar(64)` or `int8`. Raises ColumnTypeError."""
    shape = _SHAPE.fullmatch(" ".join(text.lower().split()))
    if not shape or shape["name"] not in _NAMES:
        raise ColumnTypeError(
            f'"{text}" is not a column type; write one like bigint, decimal(18,2) or varchar(64) ({LATER})'
        )
    name, size, scale = shape["name"], shape["size"], shape["scale"]
    kind = _NAMES[name]
    if kind is TypeName.DECIMAL and size != "max":
        return _decimal(text, int(size or 18), int(scale or 0))
    if kind in MOST and scale is None and not (size and name in _FIXED_LENGTH):
        return _text(text, kind, name, size)
    if size is not None:
        raise ColumnTypeError(f'"{text}": {name} does not take these parameters; write {kind.value}')
    return ColumnType(kind=kind)


def _decimal(text: str, precision: int, scale: int) -> ColumnType:
    if not 1 <= precision <= MAX_PRECISION:
        raise ColumnTypeError(f'"{text}": the precision must be 1 to {MAX_PRECISION} digits')
    if scale > min(precision, 37):
        raise ColumnTypeError(f'"{text}": the scale must be at most the precision, and at most 37')
    return ColumnType(kind=TypeName.DECIMAL, precision=precision, scale=scale)


def _text(text: str, kind: TypeName, name: str, size: str | None) -> ColumnType:
    most = MOST[kind]
    default = 1 if name in ("char", "character", "nchar") else 64_000 if kind is TypeName.VARBYTE else 256
    length = default if size is None else most if size == "max" else int(size)
    if not 1 <= length <= most:
        raise ColumnTypeError(f'"{text}": the length of {kind.value} must be 1 to {most} bytes')
    return ColumnType(kind=kind, length=length)
