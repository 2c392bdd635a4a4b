"""Values in a contract, as the types have them."""

from __future__ import annotations

import pytest

from chalicelib.domain.contract_files.columns.column_type import parse_type
from chalicelib.domain.contract_files.columns.column_value import ColumnValueError, parse_value

GOOD = [
    ("smallint", "-32768"),
    ("smallint", "+7"),
    ("bigint", "9223372036854775807"),
    ("decimal(4,2)", "99.99"),
    ("decimal(4,2)", "-.5"),
    ("decimal(4,2)", "007"),
    ("real", "1e6"),
    ("double precision", "-0.25"),
    ("boolean", "Yes"),
    ("char(2)", "ab"),
    ("varchar(4)", "éé"),
    ("varchar(1)", ""),
    ("date", "2024-02-29"),
    ("timestamp", "2026-01-31 23:59:59.123456"),
    ("timestamp", "2026-01-31T23:59:59"),
    ("timestamptz", "2026-01-31 23:59:59+02:00"),
    ("timestamptz", "2026-01-31 23:59:59Z"),
    ("time", "24:00:00"),
    ("timetz", "23:59:59.5+14:59"),
    ("super", '{"a": [1.5, null, "\\ud83d\\ude00"]}'),
    ("super", "[" * 500 + "]" * 500),
    ("super", '"' + "[" * 600 + '"'),
    ("varbyte(2)", "CAfe"),
]


BAD = [
    ("smallint", "32768"),
    ("bigint", "9223372036854775808"),
    ("bigint", "1.0"),
    ("bigint", "1_000"),
    ("bigint", "１"),
    ("bigint", ""),
    ("bigint", " 1"),
    ("decimal(4,2)", "100"),
    ("decimal(4,2)", "1.234"),
    ("decimal(4,2)", "1e1"),
    ("decimal(4,2)", "12."),
    ("decimal(4,2)", "."),
    ("decimal(4,2)", "NaN"),
    ("real", "1e39"),
    ("real", "inf"),
    ("double precision", "1e400"),
    ("boolean", "maybe"),
    ("char(2)", "é"),
    ("char(2)", "abc"),
    ("varchar(3)", "éé"),
    ("varchar(3)", "a\0b"),
    ("date", "2023-02-29"),
    ("date", "20240229"),
    ("date", "2024-2-9"),
    ("timestamp", "2026-01-31"),
    ("timestamp", "2026-01-31 24:00:01"),
    ("timestamp", "2026-01-31 10:00:00+00:00"),
    ("timestamptz", "2026-01-31 10:00:00"),
    ("timestamptz", "2026-01-31 10:00:00+15:00"),
    ("time", "24:00:01"),
    ("time", "10:00:00Z"),
    ("timetz", "24:00:00Z"),
    ("super", "NaN"),
    ("super", '{"a": 1, "a": 2}'),
    ("super", '"\\ud83d"'),
    ("super", '"\\\\\\u0000"'),
    ("super", "1" * 39),
    ("super", "-1e999"),
    ("super", "1e-999"),
    ("super", "[" * 501 + "]" * 501),
    ("super", '"' + "a" * (4 << 20) + '"'),
    ("super", "[1,]"),
    ("varbyte(2)", "cafe01"),
    ("varbyte(2)", "c"),
    ("varbyte(2)", "0x01"),
]


@pytest.mark.parametrize(("type_", "text"), GOOD)
def test_values(type_: str, text: str) -> None:
    parse_value(parse_type(type_), text)


@pytest.mark.parametrize(("type_", "text"), BAD)
def test_values_that_do_not_fit(type_: str, text: str) -> None:
    with pytest.raises(ColumnValueError):
        parse_value(parse_type(type_), text)
