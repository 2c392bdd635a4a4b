"""Checks of every type of column: spaces, quotes, bytes that are no text, rules of the contract."""

from __future__ import annotations

import pytest

from chalicelib.domain.contract.column import Column
from tests.domain.checks.values import TYPES, codes
from tests.support.files.engine import contract, header_of, stage_file


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("smallint", "0"),
        ("decimal", "999.99"),
        ("double", "1e-300"),
        ("boolean", "t"),
        ("date", "2024-02-29"),
        ("timestamp", "2024-02-29T23:59:59"),
    ],
)
def test_spaces_around_values_are_not_taken_off(name, value):
    assert min(codes(TYPES[name], [f" {value}", f"{value} ", " "], quoted=False)) > 0


def test_doubled_quotes_count_once():
    assert codes(TYPES["varchar"], ['""""""', '""""""""', 'a""b'], quoted=True) == [-1, 1204, -1]
    assert codes(TYPES["smallint"], ['1""2'], quoted=True) == [1207]


def test_nul_and_broken_utf8_name_their_column_and_come_first():
    things = contract(*(Column(name=name, type=TYPES["smallint"]) for name in "abc"))
    body = b"1,2,3\nx,\0,\xff\nx,\xff,\0\nx,2,\xe2\x82\n1,2\xc3\n"
    rejects = stage_file(header_of(things) + body, things, 1 << 20).rejects
    assert [(r.line, r.column, r.code) for r in rejects] == [
        (3, "b", 1218),
        (4, "b", 1220),
        (5, "c", 1220),
        (6, "", 1203),
    ]


def test_the_first_column_in_file_order_decides():
    things = contract(Column(name="a", type=TYPES["smallint"]), Column(name="b", type=TYPES["date"]))
    staged = stage_file(b"b,a\nno,no\n2024-01-01,no\n", things, 1 << 20)
    assert [(r.column, r.code) for r in staged.rejects] == [("b", 1205), ("a", 1207)]


def test_required_and_key_columns_may_not_be_empty():
    things = contract(
        Column(name="k", type=TYPES["varchar"]), Column(name="r", type=TYPES["date"], required=True), key=("k",)
    )
    staged = stage_file(b'k,r\n,2024-01-01\n"",2024-01-01\na,\na,""\n', things, 1 << 20)
    assert [(r.column, r.code) for r in staged.rejects] == [("k", 1213), ("k", 1213), ("r", 1213), ("r", 1213)]


def test_rules_of_the_contract_have_code_0_and_a_reason():
    column = Column(name="v", type=TYPES["decimal"], min="0.5", max="10")
    staged = stage_file(b"v\n0.49\n0.5\n10.00\n10.01\n", contract(column), 1 << 20)
    assert [(r.code, r.reason) for r in staged.rejects] == [
        (0, "v is less than the contract's min, 0.5"),
        (0, "v is more than the contract's max, 10"),
    ]
