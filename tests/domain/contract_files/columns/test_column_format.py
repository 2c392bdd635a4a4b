from __future__ import annotations

import pytest

from chalicelib.domain.contract_files.contract_file import read_contract
from tests.support.contracts import COLUMNS, column, faults, toml


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('type = "date", format = "YY"', "columns.a.format: a date needs YYYY and MM and DD"),
        ('type = "date", format = "EPOCH"', 'columns.a.format: "EPOCH" is not a format'),
        ('type = "bigint", format = "auto"', "columns.a.format: a bigint cannot have one"),
        ('type = "date", format = "D.M.YY"', "columns.a.century_from: is missing; YY needs"),
        ('type = "date", format = "D.M.YYYY", century_from = 1930', "columns.a.century_from: only a format with YY"),
        ('type = "date", century_from = 1930', "columns.a.century_from: only a format with YY"),
        ('type = "bigint", century_from = 1930', "columns.a.century_from: a bigint cannot have it"),
        ('type = "date", format = "D.M.YY", century_from = 9901', "columns.a.century_from: 9901 is out of range"),
        ('type = "timestamptz", timezone = "Europe/oslo"', 'columns.a.timezone: "Europe/oslo" is not a time zone'),
        ('type = "timestamptz", timezone = "Europe"', 'columns.a.timezone: "Europe" is not a time zone'),
        ('type = "timestamptz", timezone = "../etc"', 'columns.a.timezone: "../etc" is not a time zone'),
        ('type = "timestamp", timezone = "Europe/Oslo"', "columns.a.timezone: a timestamp cannot have it"),
        (
            'type = "timestamptz", format = "epochsecs", timezone = "Europe/Oslo"',
            "columns.a.timezone: an epoch counts from 1970 in UTC",
        ),
        (
            'type = "timestamp", format = "auto", values = ["2031-01-01T00:00:00"]',
            'columns.a.values: "2031-01-01T00:00:00" has a T',
        ),
        ('type = "date", format = "auto", values = ["20310101"]', 'columns.a.values: "20310101" is not a valid date'),
    ],
)
def test_a_fault_is_named_with_its_fix(text: str, fault: str) -> None:
    found = faults(column(f"a = {{ {text} }}"))
    assert any(fault in line for line in found), found


def test_columns_may_have_different_formats_and_values() -> None:
    text = (
        'a = { type = "date", format = "DD MON YYYY", values = ["2031-01-01"] }\n'
        'b = { type = "date", format = "D.M.YY", century_from = 1930 }\n'
        'c = { type = "timestamptz", timezone = "Europe/Oslo", format = "M/D/YYYY H12:MI AM", excess = "cut" }\n'
    )
    made = read_contract("thing.toml", toml(columns=COLUMNS + text))
    assert made.column("b").notation.century_from == 1930
    assert made.column("c").notation.timezone == "Europe/Oslo"
