"""The values of a column in a contract: its default, its bounds, its allowed values.

This module checks only the contract's own texts, once, at cold start. The staging engine checks files.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from chalicelib.domain.checks.matcher import LONGEST, fault_of, matcher
from chalicelib.domain.contract.column import Column, ColumnType, TypeName

if TYPE_CHECKING:
    from chalicelib.domain.checks.check import Check

Comparable = int | float | Decimal | date | datetime | str | bool

_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)")
_FLOAT = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CLOCK = r"[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?"
_TIMESTAMP = re.compile(_DATE.pattern + _CLOCK)
_TIMESTAMPTZ = re.compile(_DATE.pattern + _CLOCK + r"(?:Z|[+-](?:0[0-9]|1[0-4]):?[0-9]{2})")
_BITS = {TypeName.SMALLINT: 16, TypeName.INTEGER: 32, TypeName.BIGINT: 64}
_LARGEST_REAL = 3.4028234663852886e38
_BOOLEANS = ("true", "t", "yes", "y", "1", "false", "f", "no", "n", "0")

UNBOUNDED = (TypeName.CHAR, TypeName.VARCHAR, TypeName.BOOLEAN, TypeName.TIMETZ, TypeName.SUPER, TypeName.VARBYTE)
"""Types without `min` and `max`: how their values sort depends on the warehouse."""


class ColumnValueError(ValueError):
    """A text that is not a value of the type; the message names the fault and the fix."""


def parse_value(type_: ColumnType, text: str) -> Comparable:
    """Read a text as a value of that type. Raises ColumnValueError."""
    return _PARSERS[type_.kind](type_, text)


def _integer(type_: ColumnType, text: str) -> int:
    value = int(text) if _INTEGER.fullmatch(text) else None
    bits = _BITS[type_.kind]
    if value is None or not -(1 << bits - 1) <= value < 1 << bits - 1:
        raise ColumnValueError(f'"{text}" is not a {type_.sql}; write a whole number of at most {bits} bits')
    return value


def _decimal(type_: ColumnType, text: str) -> Decimal:
    if not _DECIMAL.fullmatch(text):
        raise ColumnValueError(f'"{text}" is not a {type_.sql}; write digits with an optional point')
    whole, _, fraction = text.lstrip("+-").partition(".")
    if len(fraction) > type_.scale or len(whole.lstrip("0")) > type_.precision - type_.scale:
        raise ColumnValueError(f'"{text}" does not fit {type_.sql}; write fewer digits, or make the type larger')
    return Decimal(text)


def _float(type_: ColumnType, text: str) -> float:
    value = float(text) if _FLOAT.fullmatch(text) else math.inf
    if math.isinf(value) or (type_.kind is TypeName.REAL and abs(value) > _LARGEST_REAL):
        raise ColumnValueError(f'"{text}" is not a {type_.sql}; write a number such as 0.5 or 1e6')
    return value


def _boolean(type_: ColumnType, text: str) -> bool:
    if text.lower() not in _BOOLEANS:
        raise ColumnValueError(f'"{text}" is not a {type_.sql}; write true or false')
    return _BOOLEANS.index(text.lower()) < 5


def _date(type_: ColumnType, text: str) -> date:
    if _DATE.fullmatch(text):
        with suppress(ValueError):
            return date.fromisoformat(text)
    raise ColumnValueError(f'"{text}" is not a valid {type_.sql}; write it as 2026-01-31')


def _moment(type_: ColumnType, text: str) -> datetime:
    zoned = type_.kind is TypeName.TIMESTAMPTZ
    if (_TIMESTAMPTZ if zoned else _TIMESTAMP).fullmatch(text):
        with suppress(ValueError):
            return datetime.fromisoformat(text)
    raise ColumnValueError(f'"{text}" is not a {type_.sql}; write it as 2026-01-31 13:45:00{"+00:00" if zoned else ""}')


def _text(type_: ColumnType, text: str) -> str:
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > type_.length:
        raise ColumnValueError(
            f'"{text}" has {size} bytes, but {type_.sql} stores at most {type_.length}; make the type longer'
        )
    if type_.kind is TypeName.CHAR and not text.isascii():
        raise ColumnValueError(f'"{text}" has letters that a char column cannot store; make it a varchar')
    if "\0" in text:
        raise ColumnValueError("has a NUL character, which Redshift cannot store; remove it")
    return text


def _checked(type_: ColumnType, text: str) -> str:
    """Read a text of a type that its check judges fully. Times are padded, so that they compare as they sort."""
    from chalicelib.domain.checks.documents import document, varbyte  # numpy: most contracts do without
    from chalicelib.domain.checks.times import time

    check: dict[TypeName, Callable[[], Check]] = {
        TypeName.TIME: lambda: time(type_, zoned=False),
        TypeName.TIMETZ: lambda: time(type_, zoned=True),
        TypeName.SUPER: document,
        TypeName.VARBYTE: lambda: varbyte(type_),
    }
    if fault := check[type_.kind]().judge(text.encode("utf-8", "surrogatepass")):
        raise ColumnValueError(f'"{text}" {fault.reason}')
    return f"{text[:8]}.{text[9:]:0<6}" if type_.kind is TypeName.TIME else text


_PARSERS: dict[TypeName, Callable[[ColumnType, str], Comparable]] = {
    **dict.fromkeys(_BITS, _integer),
    TypeName.DECIMAL: _decimal,
    TypeName.REAL: _float,
    TypeName.DOUBLE: _float,
    TypeName.BOOLEAN: _boolean,
    TypeName.DATE: _date,
    TypeName.TIMESTAMP: _moment,
    TypeName.TIMESTAMPTZ: _moment,
    **dict.fromkeys((TypeName.TIME, TypeName.TIMETZ, TypeName.SUPER, TypeName.VARBYTE), _checked),
    TypeName.CHAR: _text,
    TypeName.VARCHAR: _text,
}


def value_faults(column: Column) -> list[str]:
    """Return the faults of the column's default, bounds, values and pattern, each as 'key: fault and fix'."""
    faults = [f"{key_path}: {fault}" for key_path, text in _texts(column) if (fault := _fault(column.type, text))]
    faults += _pattern_faults(column)
    return faults or [*_bound_faults(column), *_default_faults(column)]


def _texts(column: Column) -> list[tuple[str, str]]:
    named = [("default", column.default), ("min", column.min), ("max", column.max)]
    return [(key_path, text) for key_path, text in named if text is not None] + [("values", v) for v in column.values]


def _fault(type_: ColumnType, text: str) -> str:
    try:
        parse_value(type_, text)
    except ColumnValueError as fault:
        return str(fault)
    return ""


def _pattern_faults(column: Column) -> list[str]:
    if column.pattern is None:
        return []
    try:
        fault = fault_of(column.pattern, column.type.length if column.type.is_text else LONGEST)
    except re.error as error:
        return [f"pattern: not a regular expression ({error}); fix it or remove it"]
    return [f"pattern: {fault}"] if fault else []


def _bound_faults(column: Column) -> list[str]:
    faults = []
    if column.type.kind in UNBOUNDED and (column.min is not None or column.max is not None):
        faults.append(f"min, max: a {column.type.kind.value} cannot have bounds; use values or pattern")
    elif column.min is not None and column.max is not None and not _ordered(column, column.min, column.max):
        faults.append(f'min, max: "{column.min}" is greater than "{column.max}"; swap them')
    if len(set(column.values)) < len(column.values):
        faults.append("values: a value is listed twice; remove one")
    return faults


def _default_faults(column: Column) -> list[str]:
    if column.default is None:
        return []
    if column.required:
        return ["default: never used, because a required column rejects rows with an empty field; remove one of them"]
    faults = []
    if column.values and column.default not in column.values:
        faults.append("default: not one of the values; add it to them")
    if column.pattern is not None and not matcher(column.pattern).matches(column.default):
        faults.append("default: does not match the pattern; fix one of the two")
    if column.type.kind not in UNBOUNDED and not _within(column, column.default):
        faults.append("default: outside min and max; fix one of them")
    return faults


def _within(column: Column, text: str) -> bool:
    low = column.min is None or _ordered(column, column.min, text)
    return low and (column.max is None or _ordered(column, text, column.max))


def _ordered(column: Column, low: str, high: str) -> bool:
    return bool(parse_value(column.type, low) <= parse_value(column.type, high))  # type: ignore[operator]
