"""Numbers: what COPY accepts, with which code it rejects the rest, and the contract's bounds."""

from __future__ import annotations

import pytest

from chalicelib.domain.contract.column import Column, ColumnType, TypeName
from tests.domain.checks.values import assert_bad, assert_good
from tests.support.files.engine import contract, header_of, stage_file

GOOD = {
    "smallint": "0 -32768 32767 +5 0000000000000000000000012",
    "integer": "-2147483648 2147483647",
    "bigint": "-9223372036854775808 9223372036854775807",
    "decimal": "999.99 -999.9 0 .5 00000000001.5",
    "wide": "9" * 38 + " -" + "9" * 38,
    "real": "1 -1.5 1e38 .5 1. 3.4028235e38 1E-37",
    "double": "1.7976931348623157e308 1e-300 123456789012345678901234567890 -0.0 0e-999",
}
BAD = {
    ("smallint", 1222): "32768 -32769 99999999999999999999999",
    ("smallint", 1207): "1.5 1e3 0x10 1_000 - + １２ ٣ 12a",
    ("integer", 1222): "2147483648 -2147483649",
    ("bigint", 1222): "9223372036854775808 -9223372036854775809 18446744073709551616",
    ("decimal", 1204): "1000 -1000.00 1234567.8",
    ("decimal", 1209): "1.234 1e2 NaN inf 1. . 1.2.3 --1 $5 20.259",
    ("wide", 1204): "1" + "0" * 38,
    ("real", 1204): "3.5e38 -1e39 1e-60",
    ("real", 1208): "NaN inf 1e e5 1,5 0x1p3 1_0".replace(",", ";"),
    ("double", 1204): "1e309 1e-400",
    ("double", 1208): "Infinity 1d5",
}


@pytest.mark.parametrize("quoted", [False, True])
@pytest.mark.parametrize("name", GOOD)
def test_good_values(name, quoted):
    assert_good(name, GOOD[name], quoted=quoted)


@pytest.mark.parametrize("quoted", [False, True])
@pytest.mark.parametrize(("name", "code"), BAD)
def test_bad_values(name, code, quoted):
    assert_bad(name, code, BAD[name, code], quoted=quoted)


@pytest.mark.parametrize("kind", [TypeName.REAL, TypeName.DOUBLE])
def test_floats_are_held_to_their_bounds(kind: TypeName) -> None:
    things = contract(Column(name="a", type=ColumnType(kind=kind), min="-1.5", max="1e3"))
    staged = stage_file(header_of(things) + b"-1.5\n-1.51\n1000\n1000.5\n0\n", things, 1 << 20)
    assert staged.good == b"-1.5\n1000\n0\n"
    assert [r.reason for r in staged.rejects] == [
        "a is less than the contract's min, -1.5",
        "a is more than the contract's max, 1e3",
    ]


def test_decimals_beyond_an_integer_are_held_to_their_bounds() -> None:
    kind = ColumnType(kind=TypeName.DECIMAL, precision=38, scale=30)
    things = contract(Column(name="a", type=kind, min="0.5", max="2"))
    staged = stage_file(header_of(things) + b"0.5\n0.4" + b"9" * 29 + b"\n2\n2." + b"0" * 29 + b"1\n", things, 1 << 20)
    assert staged.good == b"0.5\n2\n"
