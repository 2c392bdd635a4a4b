"""Vectorised proofs never call a value good that the reference calls bad, and leave few good ones to the judge."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.checks.check import Check
from chalicelib.domain.contract.column import Column, ColumnType, TypeName
from chalicelib.domain.contract.layout import Layout
from chalicelib.domain.raw.swar import PADDING, fields_of
from chalicelib.domain.staging.validate import compile_rules
from tests.support.files import reference
from tests.support.files.engine import contract

TYPES = {
    "smallint": ColumnType(kind=TypeName.SMALLINT),
    "integer": ColumnType(kind=TypeName.INTEGER),
    "bigint": ColumnType(kind=TypeName.BIGINT),
    "decimal(5,2)": ColumnType(kind=TypeName.DECIMAL, precision=5, scale=2),
    "decimal(38,10)": ColumnType(kind=TypeName.DECIMAL, precision=38, scale=10),
    "decimal(4,4)": ColumnType(kind=TypeName.DECIMAL, precision=4, scale=4),
    "decimal(18,0)": ColumnType(kind=TypeName.DECIMAL, precision=18, scale=0),
    "boolean": ColumnType(kind=TypeName.BOOLEAN),
    "char(3)": ColumnType(kind=TypeName.CHAR, length=3),
    "varchar(5)": ColumnType(kind=TypeName.VARCHAR, length=5),
    "date": ColumnType(kind=TypeName.DATE),
    "timestamp": ColumnType(kind=TypeName.TIMESTAMP),
    "timestamptz": ColumnType(kind=TypeName.TIMESTAMPTZ),
    "time": ColumnType(kind=TypeName.TIME),
    "timetz": ColumnType(kind=TypeName.TIMETZ),
    "varbyte(3)": ColumnType(kind=TypeName.VARBYTE, length=3),
}
EDGES = [0, 1, 9, 10, 2**15, 2**31, 2**63, 10**3, 10**18, 10**19, 10**28, 10**38]
whole_numbers = st.one_of(st.integers(), st.sampled_from(EDGES).flatmap(lambda n: st.integers(n - 2, n + 2)))
numbers = st.builds(
    lambda sign, zeros, whole, part: f"{sign}{'0' * zeros}{whole}{part}",
    st.sampled_from(["", "", "+", "-"]),
    st.sampled_from([0, 0, 0, 1, 7, 20]),
    whole_numbers,
    st.sampled_from(["", "", ".", ".5", ".25", ".250", ".1234567891", ".12345678912", "e3", " "]),
)
moments = st.builds(
    lambda moment, joint, part, zone, cut: (moment.isoformat(joint) + part + zone)[:cut],
    st.datetimes().map(lambda m: m.replace(microsecond=0)),
    st.sampled_from([" ", "T", "t", "-"]),
    st.sampled_from(["", ".1", ".123456", ".1234567", ".", ".x"]),
    st.sampled_from(["", "Z", "+01", "-08:00", "+14:59", "+15:00", "+0100", "-1", "z", "+01:60", " UTC"]),
    st.sampled_from([10, 16, 19, 40, 40, 40]),
)
broken_moments = st.from_regex(r"\A20[0-2][0-9]-[0-1][0-9]-[0-3][0-9]([ T][0-2][0-9]:[0-6][0-9]:[0-6][0-9])?\Z")
junk = st.text("0123456789+-.:eE TZtrueyfalsno/é１", max_size=30)
words = st.sampled_from(["t", "TRUE", "yEs", "1", "0", "no", "on", "\x11", "t ", "USD", "usd", "é", "1\0", "USD\0"])
clocks = st.builds(
    lambda time, part, zone: time.isoformat("seconds") + part + zone,
    st.times(),
    st.sampled_from(["", ".1", ".123456", ".1234567", "."]),
    st.sampled_from(["", "", "Z", "+01", "-08:00", "+14:59", "+15:00", "+0100", "-1"]),
)
nights = st.sampled_from(["24:00:00", "24:00:00.000", "24:00:00.1", "24:00:01", "24:00:00Z", "23:59:60", "7:00:00"])
hexes = st.one_of(st.binary(max_size=5).map(bytes.hex), st.text("0123456789abcdefABCDEFxg ", max_size=8))
values = st.one_of(numbers, moments, clocks, nights, hexes, broken_moments, junk, words).map(str.encode)


def proven(check: Check, some: list[bytes]) -> list[bool]:
    fields = fields_of(b"".join(some) + PADDING)
    length = np.array([len(value) for value in some], np.int64)
    return check.prove(fields.part(np.cumsum(length) - length, length)).tolist()


def rule_of(column: Column):
    return compile_rules(contract(column), Layout(columns=(column,))).columns[0]


@settings(max_examples=150, deadline=None)
@given(st.lists(values.filter(bool), min_size=1, max_size=60))
@pytest.mark.parametrize("name", TYPES)
def test_types(name, some):
    column = Column(name="c", type=TYPES[name])
    (check,) = rule_of(column).checks
    for value, good in zip(some, proven(check, some), strict=True):
        expected = reference._value(value, column, required=False)
        fault = check.judge(value)
        assert (fault.code if fault else 0) == expected, value
        assert not (good and expected), value


RULED = {
    "integer": Column(name="c", type=TYPES["integer"], min="-5", max="12"),
    "bigint": Column(name="c", type=TYPES["bigint"], min="-9223372036854775808", max="999999999999999999"),
    "decimal": Column(name="c", type=TYPES["decimal(38,10)"], min="0.25", max="1000000000000000000000000000.5"),
    "decimal(5,2)": Column(name="c", type=TYPES["decimal(5,2)"], min="-0.25", max="9.99"),
    "date": Column(name="c", type=TYPES["date"], min="1999-12-31", max="2020-02-29"),
    "timestamp": Column(name="c", type=TYPES["timestamp"], min="1999-12-31 12:00:00.5", max="2020-02-29T23:59:59"),
    "time": Column(name="c", type=TYPES["time"], min="06:30:00.25", max="20:00:00"),
    "timestamptz": Column(name="c", type=TYPES["timestamptz"], min="2000-01-01 00:00:00+01", max="2020-01-01 00:00:00"),
    "text": Column(name="c", type=TYPES["varchar(5)"], min="1", max="yes"),
    "values": Column(name="c", type=TYPES["varchar(5)"], values=("1", "USD", "t", "no", "longer than eight")),
    "words": Column(name="c", type=TYPES["char(3)"], values=("1", "USD", "no")),
    "pattern": Column(name="c", type=TYPES["varchar(5)"], pattern="[a-z0-9]+"),
}


@settings(max_examples=120, deadline=None)
@given(st.lists(values.filter(bool), min_size=1, max_size=60))
@pytest.mark.parametrize("name", RULED)
def test_rules_of_the_contract(name, some):
    rule = rule_of(RULED[name])
    column = RULED[name]
    every = [proven(check, some) for check in rule.checks]
    for value, *goods in zip(some, *every, strict=True):
        expected = reference._value(value, column, required=False)
        fault = rule.judge(value)
        assert ((fault.code or 1) if fault else 0) == expected, value
        assert not (all(goods) and expected), value


PLAIN = {
    "smallint": ["0", "-32768", "32767", "+1"],
    "integer": ["2147483647", "-2147483648", "7"],
    "bigint": ["9223372036854775807", "-9223372036854775808", "1234567890"],
    "decimal(5,2)": ["1", "-1.5", "999.99", "+0.25", ".5"],
    "decimal(38,10)": ["1234567890123456789012345678.0123456789", "0.5"],
    "boolean": ["t", "F", "TRUE", "False", "yes", "NO", "y", "n", "1", "0", "yEs"],
    "char(3)": ["abc", "a"],
    "varchar(5)": ["abcde", "é"],
    "date": ["2024-02-29", "0001-01-01", "9999-12-31"],
    "timestamp": ["2024-02-29 23:59:59", "2024-02-29T00:00:00.123456", "1999-01-01 00:00:00.1"],
    "timestamptz": [
        "2024-02-29 23:59:59Z",
        "2024-02-29T00:00:00.5+01:00",
        "2024-02-29 00:00:00-08",
        "2024-02-29 00:00:00",
    ],
    "time": ["00:00:00", "23:59:59.123456", "12:30:00.5"],
    "timetz": ["00:00:00", "23:59:59.123456Z", "12:30:00.5-08", "12:30:00+05:30"],
    "varbyte(3)": ["00", "CAFE01", "aB"],
}


@pytest.mark.parametrize("name", PLAIN)
def test_common_values_are_proven_and_not_judged_one_by_one(name):
    (check,) = rule_of(Column(name="c", type=TYPES[name])).checks
    some = [value.encode() for value in PLAIN[name]]
    assert proven(check, some) == [True] * len(some)
