"""The values of a column as text and in pandas: no digit is lost on the way there and back.

| type | dtype |
|---|---|
| smallint, integer, bigint | Int64 |
| decimal | object, of Decimal; None is NULL |
| real, double precision | Float64 |
| boolean | boolean |
| date | datetime64[s] |
| timestamp, timestamptz | datetime64[us]; timestamptz with the time zone UTC |
| all others | string |
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from chalicelib.domain.contract.column import FLOATS, WHOLE, ColumnType, TypeName
from chalicelib.domain.staging.transform import Values

TRUE = (b"t", b"true", b"y", b"yes", b"1")
ZONED = re.compile(rb"(.{19}(?:\.[0-9]+)?)(?:Z|([+-])([0-9]{2}):?([0-9]{2})?)?")
"""A timestamptz that passed the check: the moment, then the sign, hours and minutes of its zone."""


class DtypeError(Exception):
    """A column of a result has values of another type than the contract's; the message names what it needs."""


@dataclass(frozen=True, kw_only=True)
class Form:
    """The form in pandas of the values of some types."""

    name: str
    """What a result needs, for messages."""
    read: Callable[[Values], Any]
    """Returns texts as an array for a Series."""
    types: tuple[type, ...]
    """The types of values that a result may have, besides texts."""
    kinds: str
    """The kinds of NumPy's dtypes that a result may have, besides objects."""

    def series(self, values: Values, index: pd.Index[Any]) -> pd.Series[Any]:
        """Return the values of a column."""
        return pd.Series(self.read(values), index=index)

    def texts(self, column: pd.Series[Any], kind: ColumnType) -> list[bytes | None]:
        """Return a column of a result as text. Raises DtypeError."""
        dtype = column.dtype
        if isinstance(dtype, pd.DatetimeTZDtype) or getattr(dtype, "kind", "O") == "M":
            if "M" not in self.kinds or isinstance(dtype, pd.DatetimeTZDtype) != (kind.kind is TypeName.TIMESTAMPTZ):
                raise DtypeError(f"is {dtype}; {kind.sql} needs {self.name}")
            return _moments(column, kind)
        if getattr(dtype, "kind", "O") not in self.kinds + "OUT" and not isinstance(dtype, pd.StringDtype):
            raise DtypeError(f"is {dtype}; {kind.sql} needs {self.name}")
        missing = column.isna().tolist()
        pairs = zip(column.astype(object).tolist(), missing, strict=True)
        return [None if absent else self._text(value, kind) for value, absent in pairs]

    def _text(self, value: Any, kind: ColumnType) -> bytes:
        plain = value.item() if isinstance(value, np.generic) else value
        if isinstance(plain, str):
            return plain.encode("utf-8", "surrogatepass")
        if not isinstance(plain, self.types) or (isinstance(plain, bool) and bool not in self.types):
            raise DtypeError(f"has a value of type {type(value).__name__}; {kind.sql} needs {self.name}")
        if isinstance(plain, datetime):
            if (plain.tzinfo is not None) != (kind.kind is TypeName.TIMESTAMPTZ):
                raise DtypeError(
                    f"has a time {'with' if plain.tzinfo else 'without'} a zone; {kind.sql} needs {self.name}"
                )
            return _shortened(plain.isoformat(), kind)
        if isinstance(plain, bool):
            return str(plain).lower().encode()
        return (f"{plain:f}" if isinstance(plain, Decimal) else str(plain)).encode()


def _moments(column: pd.Series[Any], kind: ColumnType) -> list[bytes | None]:
    """Return dates and times as text, with all digits that they have."""
    zone = "+00:00" if isinstance(column.dtype, pd.DatetimeTZDtype) else ""
    plain = column.dt.tz_convert("UTC").dt.tz_localize(None) if zone else column
    texts = np.datetime_as_string(plain.to_numpy()).tolist()
    return [None if text == "NaT" else _shortened(text + zone, kind) for text in texts]


def _shortened(text: str, kind: ColumnType) -> bytes:
    """Return a moment without zeros at the end of its fraction; a date without midnight."""
    short = re.sub(r"\.([0-9]*?)0+(?![0-9])", lambda found: f".{found[1]}" if found[1] else "", text)
    return (short.removesuffix("T00:00:00") if kind.kind is TypeName.DATE else short).encode()


def _whole(values: Values) -> Any:
    return pd.array([None if value is None else int(value) for value in values], dtype="Int64")


def _decimals(values: Values) -> Any:
    found = np.empty(len(values), object)
    found[:] = [None if value is None else Decimal(value.decode()) for value in values]
    return found


def _floats(values: Values) -> Any:
    return pd.array([None if value is None else float(value) for value in values], dtype="Float64")


def _booleans(values: Values) -> Any:
    return pd.array([None if value is None else value.lower() in TRUE for value in values], dtype="boolean")


def _texts(values: Values) -> Any:
    texts = [None if value is None else value.decode() for value in values]
    return pd.array(texts, dtype=pd.StringDtype("python", na_value=pd.NA))


def _dates(values: Values) -> Any:
    return np.array(["NaT" if value is None else value.decode() for value in values], "datetime64[s]")


def _timestamps(values: Values) -> Any:
    return np.array(["NaT" if value is None else value.decode() for value in values], "datetime64[us]")


def _zoned(values: Values) -> Any:
    return pd.Series(np.array([*map(_in_utc, values)], "datetime64[us]")).dt.tz_localize("UTC").array


def _in_utc(value: bytes | None) -> Any:
    found = ZONED.fullmatch(value or b"")
    if not found:
        return np.datetime64("NaT", "us")
    moment, sign, hours, minutes = found.groups()
    offset = int(hours or 0) * 60 + int(minutes or 0)
    return np.datetime64(moment.decode(), "us") - np.timedelta64(-offset if sign == b"-" else offset, "m")


INTEGERS = Form(name="Int64", read=_whole, types=(int,), kinds="iu")
DECIMALS = Form(name="objects of Decimal, or Int64", read=_decimals, types=(Decimal, int), kinds="iu")
REALS = Form(name="Float64, or Int64", read=_floats, types=(float, Decimal, int), kinds="fiu")
BOOLEANS = Form(name="boolean", read=_booleans, types=(bool,), kinds="b")
TEXTS = Form(name="string", read=_texts, types=(), kinds="")
DATES = Form(name="datetime64[s]", read=_dates, types=(date,), kinds="M")
TIMESTAMPS = Form(name="datetime64[us] without a time zone", read=_timestamps, types=(datetime,), kinds="M")
ZONED_TIMESTAMPS = Form(name="datetime64[us] with a time zone", read=_zoned, types=(datetime,), kinds="M")

FORMS = {
    **dict.fromkeys(WHOLE, INTEGERS),
    TypeName.DECIMAL: DECIMALS,
    **dict.fromkeys(FLOATS, REALS),
    TypeName.BOOLEAN: BOOLEANS,
    TypeName.DATE: DATES,
    TypeName.TIMESTAMP: TIMESTAMPS,
    TypeName.TIMESTAMPTZ: ZONED_TIMESTAMPS,
}


def form_of(kind: ColumnType) -> Form:
    """Return the form of a type's values."""
    return FORMS.get(kind.kind, TEXTS)


def same_values(one: pd.Series[Any], other: pd.Series[Any]) -> list[bool]:
    """Return which values of two columns with the same index are equal; missing values are equal."""
    if one.dtype != other.dtype:
        return [False] * len(one)
    if one.dtype != object:
        absent = one.isna() & other.isna()
        return list(((one == other).fillna(value=False).astype(bool) | absent).tolist())
    rows = zip(one.isna().tolist(), one.tolist(), other.isna().tolist(), other.tolist(), strict=True)
    return [absent and missing if absent or missing else _equal(mine, its) for absent, mine, missing, its in rows]


def _equal(one: object, other: object) -> bool:
    return type(one) is type(other) and one == other
