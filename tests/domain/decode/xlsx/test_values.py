"""Numbers and moments of cells as text."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel

from chalicelib.domain.decode.xlsx.number_formats import BUILT_IN, Shown, shown_by
from chalicelib.domain.decode.xlsx.values import LAST_DAY, NoValue, moment_text, number_text

FINITE = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("0", "0"),
        ("-0", "0"),
        ("-0.0", "0"),
        ("00012", "12"),
        ("5.0", "5"),
        ("5.", "5"),
        (".5", "0.5"),
        ("-12.50", "-12.5"),
        ("1E3", "1000"),
        ("1.5e-3", "0.0015"),
        ("0.10000000000000001", "0.1"),
        ("1234567890123456789", "1234567890123456789"),
        ("1.2345678901234567E+18", "1234567890123456700"),
        ("0.1234567890123456789", "0.1234567890123456789"),
        ("1E+300", "1E+300"),
        ("1.7976931348623157E308", "1.7976931348623157E+308"),
        ("5E-324", "5E-324"),
    ],
)
def test_a_number_keeps_its_digits(written: str, text: str) -> None:
    assert number_text(written) == text


@pytest.mark.parametrize("written", ["", "x", "1,5", "NaN", "INF", "1E", "1E99999", "--1", "1" * 500, "\u0661", "1 2"])
def test_other_texts_are_no_numbers(written: str) -> None:
    for read in (number_text, lambda text: moment_text(text, Shown.DATE, from_1904=False)):
        with pytest.raises(NoValue):
            read(written)


@given(FINITE)
def test_a_double_is_read_back_as_the_same(number: float) -> None:
    """Excel writes 17 digits, other programs the shortest text."""
    for written in (repr(number), f"{number:.17g}", f"{number:.16E}"):
        assert float(number_text(written)) == number
    assert len(Decimal(number_text(f"{number:.16E}")).normalize().as_tuple().digits) <= 17


@given(st.decimals(min_value=-(10**14), max_value=10**14, places=4))
def test_what_was_typed_is_what_is_loaded(typed: Decimal) -> None:
    """At most 15 digits can be typed into a cell."""
    if len(typed.normalize().as_tuple().digits) <= 15:
        assert Decimal(number_text(f"{float(typed):.17g}")) == typed


@given(st.integers(1, LAST_DAY).filter(lambda day: day != 60), st.integers(0, 86_399_999), st.booleans())
def test_moments_are_those_of_another_reader(day: int, ms: int, from_1904: bool) -> None:
    serial = repr(day + ms / 86_400_000)
    epoch = MAC_EPOCH if from_1904 else WINDOWS_EPOCH
    if from_1904 and day > LAST_DAY - 1463:
        return
    expected = from_excel(float(serial), epoch)
    text = moment_text(serial, Shown.DATE, from_1904=from_1904)
    found = datetime.fromisoformat(text)
    assert found == expected
    assert (len(text) == 10) == (expected.time() == datetime.min.time())


@given(st.integers(0, 86_399_999))
def test_times_of_day_are_exact_to_the_millisecond(ms: int) -> None:
    text = moment_text(repr(ms / 86_400_000), Shown.TIME, from_1904=False)
    found = datetime.fromisoformat(f"2000-01-01 {text}") - datetime.fromisoformat("2000-01-01")
    assert found == timedelta(milliseconds=ms)


@pytest.mark.parametrize(
    ("serial", "shown", "text"),
    [
        ("1", Shown.DATE, "1900-01-01"),
        ("59", Shown.DATE, "1900-02-28"),
        ("61", Shown.DATE, "1900-03-01"),
        ("2958465", Shown.DATE, "9999-12-31"),
        ("45413.99999999999", Shown.DATE, "2024-05-02"),
        ("45413.75", Shown.TIME, "2024-05-01 18:00:00"),
        ("0", Shown.TIME, "00:00:00"),
        ("0.0000000116", Shown.TIME, "00:00:00.001"),
        ("1.5", Shown.DURATION, "36:00:00"),
        ("100", Shown.DURATION, "2400:00:00"),
    ],
)
def test_a_moment_is_written_as_it_is_shown(serial: str, shown: Shown, text: str) -> None:
    assert moment_text(serial, shown, from_1904=False) == text


@pytest.mark.parametrize("serial", ["0", "0.5", "60", "60.5", "-1", "2958466", "2958465.9999999999", "1E300", "-0.5"])
def test_days_that_do_not_exist_are_no_dates(serial: str) -> None:
    with pytest.raises(NoValue):
        moment_text(serial, Shown.DATE, from_1904=False)


def test_days_from_1904_end_in_the_same_year() -> None:
    assert moment_text("2957003", Shown.DATE, from_1904=True) == "9999-12-31"
    assert moment_text("0", Shown.DATE, from_1904=True) == "1904-01-01"
    with pytest.raises(NoValue):
        moment_text("2957004", Shown.DATE, from_1904=True)


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("General", Shown.NUMBER),
        ("0.00E+00", Shown.NUMBER),
        ('#,##0.00 "days"', Shown.NUMBER),
        ("[Red]0;[Blue]-0", Shown.NUMBER),
        ("[$EUR-407] 0.00", Shown.NUMBER),
        (r"0\d", Shown.NUMBER),
        ("@", Shown.NUMBER),
        ("0_d", Shown.NUMBER),
        ('0;"d"', Shown.NUMBER),
        ("mmm yyyy", Shown.DATE),
        ("[$-409]d-mmm;@", Shown.DATE),
        ("MMM", Shown.DATE),
        ("yyyy\\-mm\\-dd hh:mm", Shown.DATE),
        ("mm:ss.0", Shown.TIME),
        ("h AM/PM", Shown.TIME),
        ("[h]:mm", Shown.DURATION),
        ("[mm]:ss", Shown.DURATION),
        ("[ss]", Shown.DURATION),
    ],
)
def test_the_fields_of_a_number_format_decide(code: str, shown: Shown) -> None:
    assert shown_by(code) is shown


def test_built_in_formats_are_of_days_and_hours() -> None:
    assert BUILT_IN[14] is Shown.DATE
    assert BUILT_IN[46] is Shown.DURATION
    assert not {0, 1, 2, 9, 37, 44, 48, 49} & BUILT_IN.keys()
