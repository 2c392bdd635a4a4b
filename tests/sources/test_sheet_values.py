"""Values of a sheet's cells as JSON, and the names of cells."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.contract.column import TypeName
from chalicelib.domain.decode.xlsx.values import EPOCH, LAST_DAY, NoValue
from chalicelib.domain.source.cells import beside, cell_name, column_of, letters
from chalicelib.sources.sheets.values import FIRST_DAY, Kind, moment, value_of
from tests.sources.google_server import number

OSLO = ZoneInfo("Europe/Oslo")


@pytest.mark.parametrize(
    ("written", "kind", "wanted", "shown"),
    [
        ("2.5", Kind.DATE_TIME, None, "1900-01-01 12:00:00"),
        ("33.625", Kind.DATE_TIME, None, "1900-02-01 15:00:00"),
        ("60", Kind.DATE, TypeName.DATE, "1900-02-28"),
        ("-1", Kind.DATE, TypeName.DATE, "1899-12-29"),
        ("46023", Kind.DATE_TIME, TypeName.DATE, "2026-01-01"),
        ("46023", Kind.DATE, TypeName.TIMESTAMP, "2026-01-01 00:00:00"),
        ("46023.25", Kind.DATE, TypeName.DATE, "2026-01-01 06:00:00"),
        ("46204.5", Kind.DATE, TypeName.TIMESTAMPTZ, "2026-07-01 12:00:00+02:00"),
        ("0.5", Kind.TIME, TypeName.TIME, "12:00:00"),
        ("0.12345678", Kind.TIME, None, "02:57:46.666"),
        ("46023.5", Kind.TIME, None, "2026-01-01 12:00:00"),
    ],
)
def test_days_become_dates_by_the_type(written: str, kind: Kind, wanted: TypeName | None, shown: str) -> None:
    assert moment(written, kind, wanted, OSLO) == shown


def test_a_duration_may_be_longer_than_a_day() -> None:
    assert value_of(number("1.5", "TIME", "[h]:mm:ss"), None, OSLO) == '"36:00:00"'


@given(st.integers(FIRST_DAY, LAST_DAY), st.integers(0, 86_399_999))
def test_every_moment_comes_back(day: int, ms: int) -> None:
    written = f"{day + ms / 86_400_000:.17g}"
    found = datetime.fromisoformat(moment(written, Kind.DATE_TIME, None, OSLO))
    assert found == EPOCH + timedelta(days=day, milliseconds=ms)


@pytest.mark.parametrize("written", ["46110.104166666664", "46320.104166666664"])
def test_an_hour_in_which_clocks_change_is_a_fault(written: str) -> None:
    with pytest.raises(NoValue, match="in an hour in which clocks change in Europe/Oslo"):
        moment(written, Kind.DATE_TIME, TypeName.TIMESTAMPTZ, OSLO)


@pytest.mark.parametrize("written", ["2958466", "2958465.9999999995", "-693594", "-693593.0000001", "1e300"])
def test_a_day_that_no_calendar_has_is_a_fault(written: str) -> None:
    with pytest.raises(NoValue, match="outside of the years"):
        moment(written, Kind.DATE, None, OSLO)


def test_a_number_without_a_format_is_no_date() -> None:
    assert value_of(number("2026"), TypeName.DATE, OSLO) == "2026"


@given(st.integers(0, 18_277))
def test_letters_and_numbers_of_columns_agree(column: int) -> None:
    assert column_of(letters(column)) == column


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Orders", "Orders!C17"),
        ("DF1", "'DF1'!C17"),
        ("R1C1", "'R1C1'!C17"),
        ("a'b", "'a''b'!C17"),
        ("a b", "'a b'!C17"),
    ],
)
def test_a_title_has_quotes_if_it_needs_them(title: str, name: str) -> None:
    assert cell_name(title, 2, 17) == name
    assert beside(cell_name(title, 0, 17), 2) == name
