"""What COPY would say of a value, and with which code."""

from __future__ import annotations

import pytest

from chalicelib.domain.contract.contract import Column, ColumnType, Kind
from tests.properties.engine import contract, header_of, stage_file

NUMBER = {
    "smallint": ColumnType(kind=Kind.SMALLINT),
    "integer": ColumnType(kind=Kind.INTEGER),
    "bigint": ColumnType(kind=Kind.BIGINT),
    "decimal": ColumnType(kind=Kind.DECIMAL, precision=5, scale=2),
    "wide": ColumnType(kind=Kind.DECIMAL, precision=38, scale=0),
    "real": ColumnType(kind=Kind.REAL),
    "double": ColumnType(kind=Kind.DOUBLE),
    "boolean": ColumnType(kind=Kind.BOOLEAN),
    "char": ColumnType(kind=Kind.CHAR, length=3),
    "varchar": ColumnType(kind=Kind.VARCHAR, length=3),
    "date": ColumnType(kind=Kind.DATE),
    "timestamp": ColumnType(kind=Kind.TIMESTAMP),
    "timestamptz": ColumnType(kind=Kind.TIMESTAMPTZ),
}
GOOD = {
    "smallint": "0 -32768 32767 +5 0000000000000000000000012",
    "integer": "-2147483648 2147483647",
    "bigint": "-9223372036854775808 9223372036854775807",
    "decimal": "999.99 -999.9 0 .5 00000000001.5",
    "wide": "9" * 38 + " -" + "9" * 38,
    "real": "1 -1.5 1e38 .5 1. 3.4028235e38 1E-37",
    "double": "1.7976931348623157e308 1e-300 123456789012345678901234567890 -0.0 0e-999",
    "boolean": "t TRUE y Yes 1 f false N no 0",
    "char": "abc a",
    "varchar": "abc é é1",
    "date": "2024-02-29 0001-01-01 9999-12-31 2000-02-29",
    "timestamp": "2024-02-29T23:59:59 2024-01-01T00:00:00.123456",
    "timestamptz": "2024-02-29T23:59:59Z 2024-01-01T00:00:00.1-08 2024-01-01T00:00:00+05:30 2024-01-01T00:00:00+0530",
}
BAD = {
    ("smallint", 1222): "32768 -32769 99999999999999999999999",
    ("smallint", 1207): "1.0 1e3 0x10 1_000 - + １２ ٣ 12a",
    ("integer", 1222): "2147483648 -2147483649",
    ("bigint", 1222): "9223372036854775808 -9223372036854775809 18446744073709551616",
    ("decimal", 1204): "1000 -1000.00 1234567.8",
    ("decimal", 1209): "1.234 1e2 NaN inf 1. . 1.2.3 --1 $5 20.259",
    ("wide", 1204): "1" + "0" * 38,
    ("real", 1204): "3.5e38 -1e39 1e-60",
    ("real", 1208): "NaN inf 1e e5 1,5 0x1p3 1_0".replace(",", ";"),
    ("double", 1204): "1e309 1e-400",
    ("double", 1208): "Infinity 1d5",
    ("boolean", 1210): "on off tr 2 TRUEE \x11",
    ("char", 1204): "abcd",
    ("char", 1220): "é",
    ("varchar", 1204): "abcd éé",
    (
        "date",
        1205,
    ): "2023-02-29 1900-02-29 2024-13-01 2024-00-10 2024-01-32 2024-1-5 20240105 2024/01/05 0000-01-01 05.01.2025",
    ("timestamp", 1206): "2024-01-01 2024-01-01T24:00:00 2024-01-01T00:60:00 2024-01-01T00:00:60 2024-01-01T00:00:00. "
    "2024-01-01T00:00:00.1234567 2024-01-01T00:00:00Z 2024-02-30T00:00:00 2024-01-01t00:00:00",
    (
        "timestamptz",
        1206,
    ): "2024-01-01T00:00:00+16 2024-01-01T00:00:00+01:60 2024-01-01T00:00:00z 2024-01-01T00:00:00+1",
}


def codes(kind: ColumnType, values: list[str], *, quoted: bool) -> list[int]:
    things = contract(Column(name="k", type=ColumnType(kind=Kind.VARCHAR, length=9)), Column(name="v", type=kind))
    rows = "".join(f'{n},"{value}"\n' if quoted else f"{n},{value}\n" for n, value in enumerate(values))
    staged = stage_file(header_of(things) + rows.encode(), things, 1 << 20)
    assert all(reject.column == "v" for reject in staged.rejects)
    found = {reject.line - 2: reject.code for reject in staged.rejects}
    return [found.get(n, -1) for n in range(len(values))]


@pytest.mark.parametrize("quoted", [False, True])
@pytest.mark.parametrize("name", GOOD)
def test_good_values(name, quoted):
    values = [*GOOD[name].split(), ""]
    assert codes(NUMBER[name], values, quoted=quoted) == [-1] * len(values)


@pytest.mark.parametrize("quoted", [False, True])
@pytest.mark.parametrize(("name", "code"), BAD)
def test_bad_values(name, code, quoted):
    values = BAD[name, code].split(" ")
    assert codes(NUMBER[name], values, quoted=quoted) == [code] * len(values)


@pytest.mark.parametrize("name", ["smallint", "decimal", "double", "boolean", "date", "timestamp"])
def test_spaces_around_values_are_not_taken_off(name):
    value = GOOD[name].split()[0]
    assert min(codes(NUMBER[name], [f" {value}", f"{value} ", " "], quoted=False)) > 0


def test_a_timestamp_may_have_a_space():
    assert codes(NUMBER["timestamp"], ["2024-01-01 10:00:00", "2024-01-01  10:00:00"], quoted=False) == [-1, 1206]


def test_doubled_quotes_count_once():
    assert codes(NUMBER["varchar"], ['""""""', '""""""""', 'a""b'], quoted=True) == [-1, 1204, -1]
    assert codes(NUMBER["smallint"], ['1""2'], quoted=True) == [1207]


def test_nul_and_broken_utf8_name_their_column_and_come_before_other_faults():
    things = contract(*(Column(name=name, type=NUMBER["smallint"]) for name in "abc"))
    body = b"1,2,3\nx,\0,\xff\nx,\xff,\0\nx,2,\xe2\x82\n1,2\xc3\n"
    rejects = stage_file(header_of(things) + body, things, 1 << 20).rejects
    assert [(r.line, r.column, r.code) for r in rejects] == [
        (3, "b", 1218),
        (4, "b", 1220),
        (5, "c", 1220),
        (6, "", 1203),
    ]


@pytest.mark.parametrize(
    "broken",
    [
        b"\xc0\xaf",
        b"\xe0\x80\xaf",
        b"\xf0\x80\x80\xaf",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\xf5\x80\x80\x80",
        b"\x80",
        b"\xe2\x82",
        b"\xf0\x9f\x98",
        b"\xc3",
    ],
)
def test_what_is_not_utf8(broken):
    things = contract(Column(name="a", type=ColumnType(kind=Kind.VARCHAR, length=99)))
    rows = ["é€😀".encode(), b"x" + broken, b"ok", broken + b"y", "é".encode() + broken + "é".encode()]
    staged = stage_file(header_of(things) + b"\n".join(rows), things, 1 << 20)
    assert staged.good == "é€😀\nok\n".encode()
    assert [reject.record for reject in staged.rejects] == [rows[1], rows[3], rows[4]]


def test_the_first_column_in_file_order_decides():
    things = contract(Column(name="a", type=NUMBER["smallint"]), Column(name="b", type=NUMBER["date"]))
    staged = stage_file(b"b,a\nno,no\n2024-01-01,no\n", things, 1 << 20)
    assert [(r.column, r.code) for r in staged.rejects] == [("b", 1205), ("a", 1207)]


def test_required_and_key_columns_may_not_be_empty():
    things = contract(
        Column(name="k", type=NUMBER["varchar"]), Column(name="r", type=NUMBER["date"], required=True), key=("k",)
    )
    staged = stage_file(b'k,r\n,2024-01-01\n"",2024-01-01\na,\na,""\n', things, 1 << 20)
    assert [(r.column, r.code) for r in staged.rejects] == [("k", 1213), ("k", 1213), ("r", 1213), ("r", 1213)]


def test_rules_of_the_contract_have_code_0_and_say_what_they_want():
    column = Column(name="v", type=NUMBER["decimal"], min="0.5", max="10")
    staged = stage_file(b"v\n0.49\n0.5\n10.00\n10.01\n", contract(column), 1 << 20)
    assert [(r.code, r.reason) for r in staged.rejects] == [
        (0, "v is less than the contract's min, 0.5"),
        (0, "v is more than the contract's max, 10"),
    ]


def test_listed_values_and_patterns_see_through_quotes():
    listed = Column(name="v", type=ColumnType(kind=Kind.VARCHAR, length=99), values=("a", 'say "hi"', "x" * 80))
    body = b'a\n"a"\n"say ""hi"""\n"say """"hi"""""\nA\n' + b"x" * 80 + b"\n"
    assert [r.line for r in stage_file(b"v\n" + body, contract(listed), 1 << 20).rejects] == [5, 6]
    shaped = Column(name="v", type=ColumnType(kind=Kind.VARCHAR, length=99), pattern='a"?b*')
    assert [
        r.line
        for r in stage_file(b'v\na\n"a""b"\n"a""""b"\nabb\nabbc\n' + b"a" + b"b" * 90, contract(shaped), 99).rejects
    ] == [4, 6]
