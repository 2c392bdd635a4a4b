"""The reason of a reject names the kind of fault, and nothing of the value."""

from __future__ import annotations

import pytest

from chalicelib.domain.checks.diagnosis import found_in_moment, found_in_number
from chalicelib.domain.contract_files.columns.column_type import parse_type
from chalicelib.domain.staging.validate import CHECKS


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("1,5", "a comma"),
        (" 1", "a blank"),
        ("1\u00a0000", "an invisible sign (U+00A0)"),
        ("1\u200b", "an invisible sign (U+200B)"),
        ("1\t", "an invisible sign (U+0009)"),
        ("4.5", "digits after the point"),
        ("1E3", "an exponent"),
        ("8,96E+18", "an exponent"),
        ("--1", "two signs"),
        ("-(1)", "two signs"),
        ("(-1)", "two signs"),
        ("(1)", "parentheses"),
        ("5-", "its sign at the end"),
        ("1_0", "an underscore"),
        ("1'0", "an apostrophe"),
        ("１", "digits other than 0-9"),
        ("$1", "a currency sign"),
        ("1 €", "a currency sign"),
        ("€\u00a01", "a currency sign"),
        ("1.250,40 €", "a comma and a currency sign"),
        ("$ 1,250.40", "a currency sign and a comma"),
        ("1.250.300\u00a0€", "a second point and a currency sign"),
        ("10 000", "a blank"),
        ("10 000 €", "a blank and a currency sign"),
        ("12\u2009500,00", "an invisible sign (U+2009) and a comma"),
        ("12\u202f500,00 %", "an invisible sign (U+202F), a comma and a percent sign"),
        ("12\u2009%", "a percent sign"),
        ("12,5 %", "a comma and a percent sign"),
        ("USD 5", "letters"),
        ("5,0\u00a0EUR", "a comma and letters"),
        ("( 5 )", "parentheses"),
        ("5 -", "its sign at the end"),
        ("- 5", "a blank"),
        ("\u00a0", "an invisible sign (U+00A0)"),
        ("no value", "letters"),
        ("N / A", "letters"),
        ("€", "a currency sign"),
        ("12%", "a percent sign"),
        ("abc", "letters"),
        ("1.2.3", "a second point"),
        ("5.", "no digit after the point"),
        ("", "no digit"),
        ("-", "no digit"),
        ("1#", "a sign that is not part of a number"),
        ('="1"', "the form of a spreadsheet's text"),
    ],
)
def test_numbers(value, found):
    assert found_in_number(value.encode()) == found


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("2026-1-31", "a month without all its 2 digits"),
        ("26-01-31", "a year without all its 4 digits"),
        ("2026-01-31 1:00:00", "an hour without all its 2 digits"),
        ("31.01.2026", "points instead of hyphens"),
        ("1/2/2026", "slashes instead of hyphens"),
        ("31-01-2026", "the year at its end"),
        ("20260131", "no hyphens"),
        ("1924992000", "only digits, as an epoch has"),
        ("yesterday", "letters"),
        ("N/A", ""),
        (" 2026-01-31", "a blank around it"),
        ("2026-01-31\u00a0", "an invisible sign (U+00A0)"),
        ("2026-01-31 10:00:00.1234567", "more than six digits of a second's fraction"),
        ("2026-01-31 10:00:00,5", "a fraction of a second that is not a point and digits"),
        ("2026-01-31 10:00", "no seconds"),
        ("2026-01-31 10:00:00Z", "a zone"),
        ("2026-01-31 10:00:00", "both a date and a time of day"),
        ("2026-01-31 25:00:00", "an hour, minute or second out of range"),
        ("2026-01-31", "no time of day"),
        ("10:00:00", "no date"),
    ],
)
def test_dates_and_times(value, found):
    assert found_in_moment(value.encode()) == found


def test_bytes_that_are_not_text():
    assert found_in_number(b"\xff") == found_in_moment(b"\xff") == "bytes that are not text"


@pytest.mark.parametrize("kind", ["timestamp", "timestamptz", "time", "timetz"])
def test_a_fraction_that_is_too_long_is_not_a_matter_of_zones(kind):
    type_ = parse_type(kind)
    day = "" if kind in ("time", "timetz") else "2026-01-31 "
    fault = CHECKS[type_.kind](type_).judge(f"{day}10:00:00.1234567".encode())
    assert fault
    assert "fraction" in fault.reason
    assert "zone" not in fault.reason


def test_a_zone_of_another_form_is_not_a_zone_too_many():
    zoned, plain = parse_type("timestamptz"), parse_type("timestamp")
    value = b"2026-01-31 10:00:00 UTC"
    assert "its zone is written otherwise" in CHECKS[zoned.kind](zoned).judge(value).reason
    assert "it has a zone" in CHECKS[plain.kind](plain).judge(value).reason
