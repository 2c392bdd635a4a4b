"""Parquet files, with the rows, rejects and counts that come of each."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal

import pyarrow as pa

from tests.cases.case import KEY, Bad, Layout
from tests.support.parquet_text import written

TOP = 'format = "parquet"'


def _one(called: str, kind: str, values: pa.Array, *rows: object, bad: tuple[Bad, ...] = (), **how: object) -> Layout:
    """One column of a type beside the key; a row that is `...` is rejected."""
    found = [(n, value) for n, value in enumerate(rows) if value is not ...]
    data = written({"id": pa.array(range(len(values))), "txt": values}, **how)
    columns = f'{KEY}\ntxt = {{ type = "{kind}" }}'
    return Layout(name=f"{called} of Parquet", top=TOP, columns=columns, text=data, rows=found, bad=bad)


def decimals(*values: str | None, precision: int, scale: int) -> pa.Array:
    return pa.array([Decimal(value) if value else None for value in values], pa.decimal128(precision, scale))


NANOS = pa.array([1714569300123456789, 1714569300000000000, None], pa.timestamp("ns"))
MOMENTS = pa.array([datetime(2024, 5, 1, 13, 15), datetime(2024, 5, 1), None], pa.timestamp("ms"))  # noqa: DTZ001
UTC = pa.array([1714569300123456, None], pa.timestamp("us", tz="UTC"))
NESTED = pa.array([{"a": [1, None], "d": Decimal("1.50"), "t": datetime(2024, 5, 1)}, None])  # noqa: DTZ001
PAIRS = pa.array([[("k", 1), ("k", 2)], []], pa.map_(pa.string(), pa.int64()))
OCTETS = pa.array([b"a,b", b"\xff", None])
UUIDS = pa.array([bytes(range(16)), None], pa.uuid())

LAYOUTS = (
    _one("texts", "varchar(100)", pa.array(['a "b",\nc', "", None, "NULL", "é"]), 'a "b",\nc', None, None, "NULL", "é"),
    _one("texts by dictionary", "varchar(9)", pa.array(["a", "b", None, "a"]).dictionary_encode(), "a", "b", None, "a"),
    _one(
        "decimals",
        "decimal(38,2)",
        decimals("12345678901234567890123456.78", "-0.05", None, precision=38, scale=2),
        Decimal("12345678901234567890123456.78"),
        Decimal("-0.05"),
        None,
    ),
    _one(
        "small decimals",
        "decimal(20,8)",
        decimals("0.00000010", "-1", precision=20, scale=8),
        Decimal("1E-7"),
        Decimal(-1),
    ),
    _one(
        "decimals with more digits",
        "decimal(20,2)",
        decimals("1.001", "1.100", precision=20, scale=3),
        ...,
        Decimal("1.1"),
        bad=(Bad(code=1209),),
    ),
    _one("unsigned numbers", "bigint", pa.array([2**64 - 1, 1], pa.uint64()), ..., 1, bad=(Bad(code=1222),)),
    _one("floats", "double precision", pa.array([0.1, 1e300, float("nan")]), 0.1, 1e300, ..., bad=(Bad(code=1208),)),
    _one("small floats", "varchar(20)", pa.array([0.1, None], pa.float32()), "0.1", None),
    _one("booleans", "boolean", pa.array([True, False, None]), True, False, None),
    _one("dates", "date", pa.array([date(2024, 5, 1), date(1, 1, 1), None]), "2024-05-01", "0001-01-01", None),
    _one("dates for timestamps", "timestamp", pa.array([date(2024, 5, 1), None]), "2024-05-01 00:00:00", None),
    _one("timestamps for dates", "date", MOMENTS, ..., "2024-05-01", None, bad=(Bad(code=1205),)),
    _one("timestamps", "timestamp", MOMENTS, "2024-05-01 13:15:00.000000", "2024-05-01 00:00:00.000000", None),
    _one("nanoseconds", "timestamp", NANOS, ..., "2024-05-01 13:15:00.000000", None, bad=(Bad(code=1206),)),
    _one(
        "INT96",
        "timestamp",
        NANOS,
        ...,
        "2024-05-01 13:15:00.000000",
        None,
        bad=(Bad(code=1206),),
        use_deprecated_int96_timestamps=True,
    ),
    _one("moments in UTC", "timestamptz", UTC, "2024-05-01 13:15:00.123456Z", None),
    _one("moments in UTC without a zone", "timestamp", UTC, "2024-05-01 13:15:00.123456", None),
    _one("times", "time", pa.array([time(12, 34, 56, 1), None]), "12:34:56.000001", None),
    _one("bytes", "varbyte(4)", pa.array([b"\x00\xff", b"", None]), "00ff", None, None),
    _one("bytes that are text", "varchar(9)", OCTETS, "a,b", ..., None, bad=(Bad(code=1220),)),
    _one("nested values", "super", NESTED, '{"a": [1, null], "d": 1.5, "t": "2024-05-01 00:00:00.000000"}', None),
    _one("maps", "super", PAIRS, '[["k", 1], ["k", 2]]', "[]"),
    _one("JSON in texts", "super", pa.array(['{"a": 1}', "{", None]), '{"a": 1}', ..., None, bad=(Bad(code=1224),)),
    _one("dates for documents", "super", pa.array([date(2024, 5, 1), None]), '"2024-05-01"', None),
    _one("UUIDs", "varchar(36)", UUIDS, "00010203-0405-0607-0809-0a0b0c0d0e0f", None),
    _one("nothing", "varchar(9)", pa.nulls(2), None, None),
    Layout(
        name="empty texts of Parquet",
        top=TOP,
        dialect='empty = "text"',
        text=written({"id": [1, 2], "txt": ["", None]}),
        rows=[(1, ""), (2, None)],
    ),
    Layout(
        name="rows of Parquet with lines in texts",
        top=TOP,
        limits="chunk_mb = 0.001",
        text=written({"id": pa.array(range(-1, 99)), "txt": ["x" * 101, *["a\nb\n" * 9] * 99]}, row_group_size=7),
        rows=[(n, "a\nb\n" * 9) for n in range(99)],
        bad=[Bad(code=1204)],
    ),
    Layout(
        name="a row of Parquet that is too long",
        top=TOP,
        limits="max_record_bytes = 1000",
        text=written({"id": [1, 2], "txt": ["a\n" * 600, "ok"]}),
        rows=[(2, "ok")],
        bad=[Bad(code=1216, reason="longer than limits.max_record_bytes (1000)")],
    ),
    Layout(
        name="one column of Parquet",
        top=TOP,
        columns=KEY,
        text=written({"id": pa.array([1, None, 2])}),
        rows=[(1,), (2,)],
        bad=[Bad(code=1213)],
    ),
    Layout(
        name="columns of Parquet that are rescued",
        top=f'{TOP}\nextra_columns = "rescue"',
        text=written({"id": [1], "more": [Decimal("1.5")], "txt": ["a"]}),
        rows=[(1, "a", '{"more": "1.5"}')],
    ),
    Layout(name="no row of Parquet", top=TOP, text=written({"id": pa.array([], pa.int64())}), refused="TOO_FEW_ROWS"),
    Layout(name="no column of Parquet", top=TOP, text=written({}), refused="HEADER_MISSING"),
    Layout(name="other columns of Parquet", top=TOP, text=written({"id": [1], "zzz": [1]}), refused="HEADER_MISMATCH"),
    Layout(
        name="a list of Parquet for a text", top=TOP, text=written({"id": [1], "txt": [[1]]}), refused="HEADER_MISMATCH"
    ),
    Layout(
        name="a duration of Parquet",
        top=TOP,
        text=written({"id": [1], "txt": pa.array([1], pa.duration("s"))}),
        refused="HEADER_MISMATCH",
    ),
    Layout(name="a Parquet file that is cut", top=TOP, text=written({"id": [1]})[:-9], refused="PARQUET_BROKEN"),
    Layout(name="CSV for Parquet", top=TOP, text="id,txt\n1,a\n", refused="WRONG_FORMAT"),
    Layout(name="Parquet for CSV", text=written({"id": [1]}), refused="WRONG_FORMAT"),
)
