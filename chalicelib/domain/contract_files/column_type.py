"""Redshift's type names, with the synonyms and defaults its documentation lists, read into a ColumnType."""

from __future__ import annotations

import re

from chalicelib.domain.contract.contract import ColumnType, Kind

MAX_VARCHAR = 65_535
MAX_CHAR = 4_096
MAX_VARBYTE = 16_777_216
MAX_PRECISION = 38
LATER = "interval, geometry, geography and hllsketch are not supported in this version"

_NAMES = {
    "smallint": Kind.SMALLINT,
    "int2": Kind.SMALLINT,
    "integer": Kind.INTEGER,
    "int": Kind.INTEGER,
    "int4": Kind.INTEGER,
    "bigint": Kind.BIGINT,
    "int8": Kind.BIGINT,
    "decimal": Kind.DECIMAL,
    "numeric": Kind.DECIMAL,
    "real": Kind.REAL,
    "float4": Kind.REAL,
    "double precision": Kind.DOUBLE,
    "float8": Kind.DOUBLE,
    "float": Kind.DOUBLE,
    "boolean": Kind.BOOLEAN,
    "bool": Kind.BOOLEAN,
    "char": Kind.CHAR,
    "character": Kind.CHAR,
    "nchar": Kind.CHAR,
    "bpchar": Kind.CHAR,
    "varchar": Kind.VARCHAR,
    "character varying": Kind.VARCHAR,
    "nvarchar": Kind.VARCHAR,
    "text": Kind.VARCHAR,
    "date": Kind.DATE,
    "time": Kind.TIME,
    "time without time zone": Kind.TIME,
    "timetz": Kind.TIMETZ,
    "time with time zone": Kind.TIMETZ,
    "timestamp": Kind.TIMESTAMP,
    "timestamp without time zone": Kind.TIMESTAMP,
    "timestamptz": Kind.TIMESTAMPTZ,
    "timestamp with time zone": Kind.TIMESTAMPTZ,
    "super": Kind.SUPER,
    "varbyte": Kind.VARBYTE,
    "varbinary": Kind.VARBYTE,
    "binary varying": Kind.VARBYTE,
}
MOST = {Kind.CHAR: MAX_CHAR, Kind.VARCHAR: MAX_VARCHAR, Kind.VARBYTE: MAX_VARBYTE}
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
    if kind is Kind.DECIMAL and size != "max":
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
    return ColumnType(kind=Kind.DECIMAL, precision=precision, scale=scale)


def _text(text: str, kind: Kind, name: str, size: str | None) -> ColumnType:
    most = MOST[kind]
    default = 1 if name in ("char", "character", "nchar") else 64_000 if kind is Kind.VARBYTE else 256
    length = default if size is None else most if size == "max" else int(size)
    if not 1 <= length <= most:
        raise ColumnTypeError(f'"{text}": the length of {kind.value} must be 1 to {most} bytes')
    return ColumnType(kind=kind, length=length)
