"""The values of one Parquet column as values of CSV, by its type and by what its column in the contract wants.

No value is rounded or cut: a value that the column cannot hold keeps all of its digits, so that its row is rejected.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from chalicelib.domain.contract.column import ColumnType, TypeName

PLAIN_SCALE = 6
"""Decimals with more digits after the point are written with an exponent by pyarrow, if they are small."""
TIMED = (TypeName.TIMESTAMP, TypeName.TIMESTAMPTZ)
Convert = Callable[[pa.Array], pa.Array]


def converter(kind: pa.DataType, wanted: ColumnType | None) -> Convert | None:
    """Return what makes a column's values writable; None if no value of it can be loaded.

    `wanted` is the type of its column in the contract, None if the contract has no such column.
    """
    target = wanted.kind if wanted else None
    if isinstance(kind, pa.BaseExtensionType):
        return _stored(kind, wanted)
    if pa.types.is_dictionary(kind):
        inner = converter(kind.value_type, wanted)
        return (lambda values: inner(values.dictionary_decode())) if inner else None
    if pa.types.is_nested(kind):
        return _documents if target in (None, TypeName.SUPER) and _written(kind) else None
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return _bytes(target)
    if target is TypeName.SUPER and not (_is_text(kind) or pa.types.is_integer(kind) or pa.types.is_boolean(kind)):
        return _documents if _written(kind) else None
    return _moments(kind, target) if pa.types.is_temporal(kind) else _simple(kind)


def _stored(kind: Any, wanted: ColumnType | None) -> Convert | None:
    """Return the conversion of a type that is stored as another, such as JSON; a UUID is written as people do."""
    if kind.extension_name == "arrow.uuid":
        return lambda values: pa.array([None if v is None else str(v) for v in values.to_pylist()], pa.string())
    inner = converter(kind.storage_type, wanted)
    return (lambda values: inner(values.storage)) if inner else None


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _simple(kind: pa.DataType) -> Convert | None:
    if pa.types.is_decimal(kind):
        return _same if 0 <= kind.scale <= PLAIN_SCALE else _decimals
    if pa.types.is_float16(kind):
        return lambda values: values.cast(pa.float32())
    if _is_text(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return _same
    return _same if pa.types.is_boolean(kind) or pa.types.is_null(kind) else None


def _same(values: pa.Array) -> pa.Array:
    return values


def _decimals(values: pa.Array) -> pa.Array:
    return pa.array([None if value is None else f"{value:f}" for value in values.to_pylist()], pa.string())


def _bytes(target: TypeName | None) -> Convert:
    """Return hexadecimal digits for a varbyte column; for others the bytes are a text, as old programs write them."""
    if target is TypeName.VARBYTE:
        return lambda values: pa.array([None if v is None else v.hex() for v in values.to_pylist()], pa.string())
    return lambda values: values.cast(pa.binary()).cast(pa.string(), safe=False)  # staging finds what is no text


def _moments(kind: pa.DataType, target: TypeName | None) -> Convert | None:
    if pa.types.is_duration(kind) or pa.types.is_interval(kind):
        return None
    if pa.types.is_date(kind):
        return _days if target in TIMED else lambda values: _fit(values, pa.date32())
    if pa.types.is_time(kind):
        return lambda values: _fit(values, pa.time64("us"))
    if target is TypeName.DATE:
        return _midnights
    zone = "UTC" if kind.tz and target is not TypeName.TIMESTAMP else None
    return lambda values: _fit(values, pa.timestamp("us", tz=zone))


def _fit(values: pa.Array, kind: pa.DataType) -> pa.Array:
    """Return the values in another unit; as text with all digits if they do not fit it."""
    try:
        return values.cast(kind)
    except pa.ArrowInvalid:
        text = pc.cast(values, pa.string())
        return pc.replace_substring_regex(text, pattern=r"(\.[0-9]{6})000(Z?)$", replacement=r"\1\2")


def _days(values: pa.Array) -> pa.Array:
    return pc.binary_join_element_wise(pc.cast(_fit(values, pa.date32()), pa.string()), "00:00:00", " ")


def _midnights(values: pa.Array) -> pa.Array:
    """Return dates; a time of day that is not midnight stays, and its row is rejected."""
    text = pc.cast(values.cast(pa.timestamp(values.type.unit)), pa.string())
    return pc.replace_substring_regex(text, pattern=r" 00:00:00(\.0+)?$", replacement="")


# ---- documents -------------------------------------------------------------------------------------------------------


def _written(kind: pa.DataType) -> bool:
    """Return whether all values of a type can be written as JSON."""
    inner = [kind.field(n).type for n in range(kind.num_fields)]
    if inner:
        return all(_written(one) for one in inner)
    return not (pa.types.is_duration(kind) or pa.types.is_interval(kind) or pa.types.is_union(kind))


def _documents(values: pa.Array) -> pa.Array:
    written = values.cast(_with_texts(values.type))
    return pa.array([None if value is None else document(value) for value in written.to_pylist()], pa.string())


def _with_texts(kind: pa.DataType) -> pa.DataType:
    """Return the type with texts for dates and times: Python's have no nanoseconds."""
    if pa.types.is_struct(kind):
        return pa.struct([one.with_type(_with_texts(one.type)) for one in kind])
    if pa.types.is_map(kind):
        return pa.map_(_with_texts(kind.key_type), _with_texts(kind.item_type))
    if pa.types.is_nested(kind):
        return pa.list_(kind.value_field.with_type(_with_texts(kind.value_type)))
    return pa.string() if pa.types.is_temporal(kind) else kind


def document(value: Any) -> str:
    """Return a value as JSON. Numbers keep their digits; bytes become base64, a map a list of its pairs."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{_text(name)}:{document(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(document, value)) + "]"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return _text(base64.b64encode(value).decode() if isinstance(value, bytes) else value)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def refusals(schema: pa.Schema, wanted: Iterable[ColumnType | None]) -> Iterator[str]:
    """Yield each column whose type its column in the contract cannot hold."""
    for field, column in zip(schema, wanted, strict=True):
        if converter(field.type, column) is None:
            yield f"{field.name} has the type {field.type}, which {column.sql if column else 'no column'} cannot hold"
