"""One value of a frame as text for its column. A text is passed on as it is: the contract reads it as in any file.

Guarantees that the text has the value itself. It judges nothing else: the engine rejects a value that its column does
not take. Where a DataFrame may have lost digits already, the value is refused.
"""

from __future__ import annotations

import json
import math
from datetime import date, time
from decimal import Decimal
from typing import Any

import numpy as np

from chalicelib.domain.contract.column import NUMBERS, Column, TypeName
from chalicelib.domain.contract.time_format import FORMATTED
from landfall.notebook.frame_error import UnwritableError
from landfall.notebook.moments import moment_text

DIGITS = {8: 15, 4: 6, 2: 3}
"""By the bytes of a float: the digits that survive it, whatever they are."""
WHOLE_BITS = {8: 53, 4: 24, 2: 11}
"""By the bytes of a float: up to two to this power it holds every whole number."""


def text_of(value: object, column: Column) -> str | None:
    """Return a value as text, None for NULL. Raises UnwritableError."""
    if isinstance(value, str):
        return str(value)
    if is_missing(value):
        return None
    if column.type.kind is TypeName.SUPER:
        return document(value)
    return _written(_plain(value), column)


def _written(value: object, column: Column) -> str:
    """Write a value by the kind of its column. A number may also stand for a boolean, or for the date of an epoch."""
    kind, number = column.type.kind, isinstance(value, int | float | np.floating | Decimal)
    if column.type.is_text and isinstance(value, int | Decimal) and not isinstance(value, bool):
        return _digits(value)
    if kind is TypeName.VARBYTE and isinstance(value, bytes | bytearray):
        return value.hex()
    if kind is TypeName.BOOLEAN and isinstance(value, bool):
        return "true" if value else "false"
    if kind in FORMATTED and not number:
        return moment_text(value, column)
    if number and kind in (*NUMBERS, *FORMATTED, TypeName.BOOLEAN):
        return _number(value, column)
    raise UnwritableError(_misfit(value, column))


def is_missing(value: object) -> bool:
    """Whether a value is None, NaN, NaT or pandas.NA."""
    if value is None or isinstance(value, float | np.floating | Decimal):
        return value is None or bool(value != value)  # noqa: PLR0124 - NaN alone differs from itself
    return type(value).__name__ in ("NAType", "NaTType") or (
        isinstance(value, np.datetime64) and np.isnat(value).item()
    )


def _plain(value: object) -> object:
    """Return numpy's scalars as Python's, except floats, whose width counts."""
    if isinstance(value, np.datetime64):
        import pandas as pd

        return pd.Timestamp(value)
    return value.item() if isinstance(value, np.generic) and not isinstance(value, np.floating) else value


def _misfit(value: object, column: Column) -> str:
    if isinstance(value, float | np.floating) and column.type.is_text:
        return f"{value} is a float, and its column a text: use .astype('Int64') or texts, or 123 would become '123.0'"
    return f"a {type(value).__name__} has no fixed form in a column of {column.type.sql}; convert it to text"


# ---- numbers --------------------------------------------------------------------------------------------------------


def _number(value: object, column: Column) -> str:
    if isinstance(value, bool):
        raise UnwritableError(f"{value} is no number; convert it with .astype('Int64')")
    if isinstance(value, int | Decimal):
        text = _digits(value)
    elif isinstance(value, float | np.floating):
        text = _float(value, column)
    else:
        raise UnwritableError(_misfit(value, column))
    return text.replace(".", column.notation.decimal)


def _digits(value: int | Decimal) -> str:
    if isinstance(value, int):
        return str(int(value))
    if not value.is_finite():
        raise UnwritableError(f"{value} is no number that files can hold")
    return format(value, "f")


def _float(value: float | np.floating[Any], column: Column) -> str:
    """Return the shortest digits that mean this float. Raises UnwritableError where digits may be lost already."""
    if not math.isfinite(value):
        raise UnwritableError(f"{value} is no number that files can hold; replace it, for example by None")
    if column.type.kind is TypeName.DOUBLE:
        return repr(float(value))
    text = str(value)
    if column.type.kind is TypeName.REAL:
        return text
    width = value.dtype.itemsize if isinstance(value, np.floating) else 8
    if float(value).is_integer():
        if abs(value) <= 2 ** WHOLE_BITS[width]:
            return str(int(value))
        raise UnwritableError(_lost(text, "Int64 or text"))
    exact = Decimal(text)
    if len(exact.as_tuple().digits) > DIGITS[width]:
        raise UnwritableError(_lost(text, "text or Decimal, or round it with .round"))
    return format(exact, "f")


def _lost(text: str, better: str) -> str:
    return f"{text} is a float with more digits than a float keeps: read the column as {better}"


# ---- documents ------------------------------------------------------------------------------------------------------


def document(value: object) -> str:
    """Return a value as JSON. A float has its shortest digits, a Decimal its own. Raises UnwritableError."""
    value = value.tolist() if isinstance(value, np.ndarray | np.generic) else value
    if isinstance(value, dict):
        return "{" + ",".join(f"{_name(name)}:{document(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(document, value)) + "]"
    if isinstance(value, float) and not math.isfinite(value):
        raise UnwritableError(f"JSON has no {value}; use None")
    if is_missing(value):
        return "null"
    if isinstance(value, Decimal):
        return _digits(value)
    if isinstance(value, str | int | float):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, date | time):
        raise UnwritableError("JSON has no dates; use texts in ISO 8601")
    raise UnwritableError(f"JSON has no {type(value).__name__}")


def _name(name: object) -> str:
    if not isinstance(name, str):
        raise UnwritableError(f"names in JSON are texts, and {name!r} is a {type(name).__name__}")
    return json.dumps(name, ensure_ascii=False)
