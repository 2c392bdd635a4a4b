"""A value of a frame is written exactly, or refused with a reason and a fix."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract_files.contract_file import read_contract
from landfall.notebook.frame_error import FrameError
from landfall.notebook.frame_file import write_frame
from tests.support.contracts import toml
from tests.support.files.engine import stage_file, staged_values

PLUS_2 = timezone(timedelta(hours=2))
ODD = timezone(timedelta(minutes=53, seconds=28))
NOON = pd.Timestamp("2031-07-04 12:05")
DIGITS = "12345678901234567890.120"
DOCUMENT = {"b": [1, 1.5, None, Decimal("0.10")], "é": "x"}


def object_of(column: str) -> Contract:
    return read_contract("thing.toml", toml(columns=f'id = {{ type = "bigint", required = true }}\nv = {{ {column} }}'))


def written(values: Any, column: str) -> list[str]:
    """The fields of one column as they stand in the file."""
    out = io.BytesIO()
    write_frame(pd.DataFrame({"id": range(len(values)), "v": values}), object_of(column), out)
    return [line.partition(",")[2] for line in out.getvalue().decode().splitlines()[1:]]


@pytest.mark.parametrize(
    ("values", "column", "expected"),
    [
        (pd.array([1, None, 3], dtype="Int64"), 'type = "integer"', ["1", "", "3"]),
        ([1.0, np.nan, 3.0], 'type = "integer"', ["1", "", "3"]),
        ([3.5], 'type = "integer"', ["3.5"]),
        ([2.0**53], 'type = "bigint"', ["9007199254740992"]),
        ([0.1, 12.34, 1e-7, None], 'type = "decimal(12,2)"', ["0.1", "12.34", "0.0000001", ""]),
        ([1250.4, Decimal("1.20")], 'type = "decimal(12,2)", decimal = ","', ['"1250,4"', '"1,20"']),
        ([Decimal(DIGITS), Decimal("NaN")], 'type = "decimal(38,3)"', [DIGITS, ""]),
        ([Decimal("1E+3")], 'type = "decimal(12,2)"', ["1000"]),
        (np.array([0.1, 2], dtype="float32"), 'type = "decimal(12,2)"', ["0.1", "2"]),
        (np.array([0.1], dtype="float32"), 'type = "double precision"', ["0.10000000149011612"]),
        ([0.1 + 0.2, 1e300], 'type = "double precision"', ["0.30000000000000004", "1e+300"]),
        ([True, False, None, pd.NA], 'type = "boolean"', ["true", "false", "", ""]),
        (pd.array([True, None], dtype="boolean"), 'type = "boolean"', ["true", ""]),
        ([1, 0], 'type = "boolean"', ["1", "0"]),
        (pd.Categorical(["a", None, "a"]), 'type = "varchar(9)"', ["a", "", "a"]),
        ([7, "007", Decimal("1.10")], 'type = "varchar(9)"', ["7", "007", "1.10"]),
        ([DOCUMENT, "[1]"], 'type = "super"', ['"{""b"":[1,1.5,null,0.10],""é"":""x""}"', "[1]"]),
        ([np.array([1, 2])], 'type = "super"', ['"[1,2]"']),
        ([b"\x00\xff"], 'type = "varbyte(4)"', ["00ff"]),
        ([date(2031, 7, 4), pd.Timestamp("2031-07-04"), None], 'type = "date"', ["2031-07-04", "2031-07-04", ""]),
        (pd.to_datetime(["2031-07-04", None]), 'type = "date", format = "D.M.YY", century_from = 1950', ["4.7.31", ""]),
        ([date(2031, 2, 3)], 'type = "date", format = "MON DD, YYYY"', ['"Feb 03, 2031"']),
        (pd.to_datetime(["2031-07-04 10:00", pd.NaT]), 'type = "timestamp"', ["2031-07-04 10:00:00", ""]),
        ([pd.Timestamp("2031-07-04 10:00:00.123456789")], 'type = "timestamp"', ["2031-07-04 10:00:00.123456789"]),
        ([np.datetime64("2031-07-04T10:00:01")], 'type = "timestamp"', ["2031-07-04 10:00:01"]),
        ([NOON], 'type = "timestamp", format = "M/D/YYYY H12:MI AM"', ["7/4/2031 12:05 PM"]),
        ([datetime(2031, 7, 4, 13, 5, tzinfo=PLUS_2)], 'type = "timestamptz"', ["2031-07-04 13:05:00+02:00"]),
        ([pd.Timestamp("2031-07-04 13:05")], 'type = "timestamptz", timezone = "Europe/Oslo"', ["2031-07-04 13:05:00"]),
        ([datetime(2031, 1, 1, 2, tzinfo=PLUS_2)], 'type = "timestamptz", format = "epochsecs"', ["1924992000"]),
        ([pd.Timestamp("1969-12-31 23:59:59.999")], 'type = "timestamp", format = "epochmillisecs"', ["-1"]),
        ([1924992000], 'type = "timestamp", format = "epochsecs"', ["1924992000"]),
        ([time(9, 5)], 'type = "time"', ["09:05:00"]),
        ([time(9, 5, 1, 20, tzinfo=UTC)], 'type = "timetz"', ["09:05:01.00002+00:00"]),
    ],
)  # fmt: skip
def test_a_value_is_written_as_the_contract_reads_it(values: Any, column: str, expected: list[str]) -> None:
    assert written(values, column) == expected


@pytest.mark.parametrize(
    ("value", "column", "reason"),
    [
        (float("inf"), 'type = "double precision"', "no number"),
        (Decimal("Infinity"), 'type = "decimal(9,2)"', "no number"),
        (2.0**53 + 2, 'type = "bigint"', "read the column as Int64 or text"),
        (1234567890123456.8, 'type = "decimal(18,2)"', "more digits than a float keeps"),
        (np.float32(16777218), 'type = "integer"', "more digits"),
        (123.0, 'type = "varchar(9)"', r"Int64.* or 123 would become '123.0'"),
        (True, 'type = "integer"', "True is no number"),
        (True, 'type = "varchar(9)"', "convert it to text"),
        (b"x", 'type = "varchar(9)"', "convert it to text"),
        ({"a": 1}, 'type = "varchar(9)"', "convert it to text"),
        (pd.Timedelta("1h"), 'type = "time"', "make it a datetime.time"),
        (pd.Timestamp("2031-07-04 00:00:00.000000001"), 'type = "date"', "no time of day"),
        (pd.Timestamp("2031-07-04", tz="UTC"), 'type = "date"', "a date has no zone"),
        (date(2031, 7, 4), 'type = "timestamp"', "to_datetime"),
        (datetime(2031, 7, 4, tzinfo=UTC), 'type = "timestamp"', "no zone"),
        (pd.Timestamp("2031-07-04 01:01:01"), 'type = "timestamp", format = "D.M.YYYY H:MI"', "it has seconds"),
        (date(2050, 7, 4), 'type = "date", format = "D.M.YY", century_from = 1950', "hundred years from 1950"),
        (pd.Timestamp("2031-01-01 00:00:00.5"), 'type = "timestamp", format = "epochsecs"', "fraction"),
        (datetime(1890, 1, 1, tzinfo=ODD), 'type = "timestamptz"', "has seconds"),
        ({"a": float("nan")}, 'type = "super"', "JSON has no nan"),
        ({1: 2}, 'type = "super"', "names in JSON are texts"),
        ({"a": date(2031, 1, 1)}, 'type = "super"', "ISO 8601"),
        ([{1}], 'type = "super"', "JSON has no set"),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_exact_is_refused(value: Any, column: str, reason: str) -> None:
    good = [None] * 2
    with pytest.raises(FrameError, match=rf'^row 2, column "v": .*{reason}'):
        written(pd.Series([*good, value], dtype=object), column)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_a_double_is_read_back_as_it_is(values: list[float]) -> None:
    assert [repr(float(text)) for text in written(values, 'type = "double precision"')] == list(map(repr, values))


@given(
    st.lists(
        st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**20), max_value=10**20), min_size=1
    )
)
def test_a_decimal_keeps_its_digits(values: list[Decimal]) -> None:
    """Also where a float that pandas made of it would not."""
    assert written(pd.Series(values, dtype=object), 'type = "decimal(38,4)"') == [format(v, "f") for v in values]


CLOCKS = st.datetimes()
FORMATS = ["", "D.M.YYYY H24:MI:SS", "MON DD, YYYY HH12:MI:SS AM", "YYYY-MM-DDTHH24:MI:SS", "auto"]


@pytest.mark.parametrize("form", FORMATS)
@given(st.lists(CLOCKS, min_size=1, max_size=5))
def test_the_engine_reads_the_same_moments(form: str, values: list[datetime]) -> None:
    object_ = object_of(f'type = "timestamp"{f", format = {form!r}" if form else ""}')
    out = io.BytesIO()
    write_frame(pd.DataFrame({"id": 1, "v": pd.Series(values, dtype=object)}), object_, out)
    staged = stage_file(out.getvalue(), object_, 1 << 20)
    assert staged.rejects == []
    assert [datetime.fromisoformat(row[-1]) for row in staged_values(staged, object_.dialect)] == values
