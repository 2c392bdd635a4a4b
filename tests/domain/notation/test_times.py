from __future__ import annotations

import pytest

from chalicelib.domain.checks.check import Fault
from chalicelib.domain.contract.column import Column
from chalicelib.domain.contract.notation import Excess, Notation
from chalicelib.domain.contract.tally import Altered
from chalicelib.domain.contract_files.columns.column_type import parse_type
from chalicelib.domain.notation.canonical import Canonical
from chalicelib.domain.notation.rewriter import rewriter_of

OSLO = Notation(timezone="Europe/Oslo")
EDGES = {"first": "-62135596800", "before": "-62135596801", "last": "253402300799", "after": "253402300800"}


def read(kind: str, form: str, written: str, notation: Notation) -> Canonical | Fault:
    rewriter = rewriter_of(Column(name="c", type=parse_type(kind), format=form, notation=notation), b"")
    assert rewriter
    assert rewriter.eager
    return rewriter.read(written.encode())


@pytest.mark.parametrize(
    ("kind", "form", "written", "iso"),
    [
        ("date", "M/D/YYYY", "7/4/2031", "2031-07-04"),
        ("date", "M/D/YYYY", "07/04/2031", "2031-07-04"),
        ("date", "DD.MM.YYYY", "29.02.2024", "2024-02-29"),
        ("date", "DD MON YYYY", "01 Sep 2024", "2024-09-01"),
        ("date", "MON DD, YYYY", "february 03, 2024", "2024-02-03"),
        ("date", "auto", "20240102", "2024-01-02"),
        ("date", "auto", "31-JAN-2026", "2026-01-31"),
        ("timestamp", "MM/DD/YYYY HH12:MI AM", "01/02/2024 12:05 am", "2024-01-02 00:05:00"),
        ("timestamp", "MM/DD/YYYY HH12:MI AM", "01/02/2024 12:05 PM", "2024-01-02 12:05:00"),
        ("timestamp", "M/D/YYYY H12:MI:SS AM", "4/7/2031 1:30:00 pm", "2031-04-07 13:30:00"),
        ("timestamp", "M/D/YYYY H12:MI:SS AM", "4/7/2031 1:30:00.25 pm", "2031-04-07 13:30:00.25"),
        ("timestamp", "DD.MM.YYYY HH24:MI:SS", "02.01.2024 23:05:06.1234560", "2024-01-02 23:05:06.123456"),
        ("timestamp", "SS MI HH24 DD MM YYYY", "06.5 05 23 02 01 2024", "2024-01-02 23:05:06.5"),
        ("timestamp", "YYYY-MM-DDTHH24:MI", "2024-01-02T23:05", "2024-01-02 23:05:00"),
        ("timestamp", "auto", "2024-01-02T03:04:05.6", "2024-01-02 03:04:05.6"),
        ("timestamp", "auto", "01/31/2026", "2026-01-31 00:00:00"),
        ("timestamptz", "auto", "2024-01-02T03:04:05+02:00", "2024-01-02 03:04:05+02:00"),
        ("timestamptz", "D.M.YYYY H:MI", "2.1.2024 3:04+0530", "2024-01-02 03:04:00+0530"),
        ("time", "H12:MI AM", "9:05 pm", "21:05:00"),
        ("timetz", "HH24MI", "2105-08", "21:05:00-08"),
        ("timestamp", "epochsecs", "1924992000", "2031-01-01 00:00:00"),
        ("timestamp", "epochsecs", "1924992000.0", "2031-01-01 00:00:00"),
        ("timestamp", "epochsecs", "-1", "1969-12-31 23:59:59"),
        ("timestamp", "epochsecs", "0000000000000000000000001", "1970-01-01 00:00:01"),
        ("timestamp", "epochsecs", EDGES["first"], "0001-01-01 00:00:00"),
        ("timestamp", "epochsecs", EDGES["last"], "9999-12-31 23:59:59"),
        ("timestamp", "epochmillisecs", "1924992000123", "2031-01-01 00:00:00.123"),
        ("timestamp", "epochmillisecs", "-1", "1969-12-31 23:59:59.999"),
        ("timestamptz", "epochsecs", "0", "1970-01-01 00:00:00+00:00"),
        ("date", "epochsecs", "1924992000", "2031-01-01"),
    ],
)
def test_what_a_format_reads(kind: str, form: str, written: str, iso: str) -> None:
    assert read(kind, form, written, Notation()) == Canonical(text=iso.encode())


@pytest.mark.parametrize(
    ("kind", "form", "written", "words"),
    [
        ("date", "DD.MM.YYYY", "4.7.2031", "is not a date written DD.MM.YYYY: DD needs two digits"),
        ("date", "DD.MM.YYYY", "04.07.31", "YYYY needs four digits"),
        ("date", "DD.MM.YYYY", "04/07/2031", "other signs stand between its parts"),
        ("date", "DD.MM.YYYY", "04.07.2031 10:00", "more parts"),
        ("date", "DD.MM.YYYY", "04.07", "fewer parts"),
        ("date", "DD.MM.YYYY", "04.Jul.2031", "letters"),
        ("date", "DD.MM.YYYY", "04\u00a007.2031", "an invisible sign (U+00A0)"),
        ("date", "DD.MM.YYYY", "０4.07.2031", "digits other than 0-9"),
        ("date", "DD.MM.YYYY", "31.06.2031", "no such day in the calendar"),
        ("date", "DD.MM.YYYY", "29.02.2023", "no such day in the calendar"),
        ("date", "M/D/YYYY", "13/1/2031", "no such day in the calendar"),
        ("date", "M/D/YYYY", "7/4/", "YYYY needs four digits"),
        ("date", "M/D/YYYY", "007/4/2031", "M needs one or two digits"),
        ("date", "YYYYMMDD", "2031074", "DD needs two digits"),
        ("date", "DD MON YYYY", "01 sept 2024", "MON is not the English name of a month"),
        ("date", "auto", "31.01.2026", "in a form that auto recognises"),
        ("date", "auto", "02/30/2026", "auto recognises: there is no such day"),
        ("timestamp", "M/D/YYYY H12:MI AM", "4/7/2031 13:30 PM", "its hour is not 1 to 12"),
        ("timestamp", "M/D/YYYY H12:MI AM", "4/7/2031 0:30 AM", "its hour is not 1 to 12"),
        ("timestamp", "M/D/YYYY H12:MI AM", "4/7/2031 1:30 XM", "AM is neither AM nor PM"),
        ("timestamp", "M/D/YYYY H:MI", "4/7/2031 24:00", "its hour is more than 23"),
        ("timestamp", "M/D/YYYY H:MI", "4/7/2031 1:60", "its minute is more than 59"),
        ("timestamp", "M/D/YYYY H:MI", "4/7/2031 1:30+02", "more parts"),
        ("timestamp", "DD.MM.YYYY HH24:MI:SS", "02.01.2024 23:05:06.1234567", "more than the six digits"),
        ("timestamptz", "D.M.YYYY H:MI", "2.1.2024 3:04+15", "more parts"),
        ("timestamp", "epochsecs", "1.5", "digits after the point"),
        ("timestamp", "epochsecs", "1.9E9", "an exponent"),
        ("timestamp", "epochsecs", "x", "letters"),
        ("timestamp", "epochsecs", EDGES["before"], "before the year 1 or after 9999"),
        ("timestamp", "epochsecs", EDGES["after"], "before the year 1 or after 9999"),
        ("timestamp", "epochsecs", "9" * 41, "too many digits"),
        ("date", "epochsecs", "1924992001", "it has a time of day; make the column a timestamp"),
        ("date", "epochmillisecs", "1924992000001", "it has a time of day"),
    ],
)
def test_why_a_value_cannot_be_read(kind: str, form: str, written: str, words: str) -> None:
    found = read(kind, form, written, Notation())
    assert isinstance(found, Fault)
    assert words in found.reason
    assert found.code == (1205 if kind == "date" else 1206)
    assert written not in found.reason or len(written) < 2


@pytest.mark.parametrize(
    ("century_from", "written", "iso"),
    [
        (1930, "4.7.30", "1930-07-04"),
        (1930, "4.7.29", "2029-07-04"),
        (1930, "29.2.28", "2028-02-29"),
        (1930, "29.2.30", None),
        (1930, "4.7.2031", None),
        (2000, "4.7.99", "2099-07-04"),
        (1, "4.7.00", "0100-07-04"),
    ],
)
def test_years_of_two_digits_are_in_the_century_named(century_from: int, written: str, iso: str | None) -> None:
    found = read("date", "D.M.YY", written, Notation(century_from=century_from))
    assert (found.text if isinstance(found, Canonical) else None) == (iso.encode() if iso else None)


@pytest.mark.parametrize(
    ("form", "written", "iso"),
    [
        ("", "2031-07-04 10:00:00", "2031-07-04 10:00:00+02:00"),
        ("", "2031-01-04T10:00:00.5", "2031-01-04 10:00:00.5+01:00"),
        ("", "2031-10-26 01:59:59", "2031-10-26 01:59:59+02:00"),
        ("", "2031-10-26 03:00:00", "2031-10-26 03:00:00+01:00"),
        ("", "2031-07-04 10:00:00Z", "2031-07-04 10:00:00Z"),
        ("", "2031-10-26 02:30:00+01", "2031-10-26 02:30:00+01"),
        ("D.M.YYYY H:MI", "4.7.2031 9:05", "2031-07-04 09:05:00+02:00"),
    ],
)
def test_a_time_without_a_zone_gets_the_offset_of_its_place(form: str, written: str, iso: str) -> None:
    assert read("timestamptz", form, written, OSLO) == Canonical(text=iso.encode())


@pytest.mark.parametrize(
    ("zone", "written", "words"),
    [
        ("Europe/Oslo", "2031-10-26 02:00:00", "it stands twice in the time of Europe/Oslo"),
        ("Europe/Oslo", "2031-10-26 02:59:59.9", "it stands twice in the time of Europe/Oslo"),
        ("Europe/Oslo", "2031-03-30 02:00:00", "there is no such time in Europe/Oslo"),
        ("Europe/Oslo", "2031-7-4 10:00:00", "MM needs two digits"),
        ("Pacific/Apia", "2011-12-30 12:00:00", "there is no such time in Pacific/Apia"),
    ],
)
def test_an_hour_of_a_clock_change_is_a_fault(zone: str, written: str, words: str) -> None:
    found = read("timestamptz", "", written, Notation(timezone=zone))
    assert isinstance(found, Fault)
    assert words in found.reason


def test_an_offset_with_seconds_becomes_utc() -> None:
    found = read("timestamptz", "", "1930-01-01 00:00:00.5", Notation(timezone="Europe/Amsterdam"))
    assert found == Canonical(text=b"1929-12-31 23:40:28.5+00:00")


@pytest.mark.parametrize(
    ("excess", "iso", "altered"),
    [
        (Excess.ROUND, "2031-04-07 13:30:01.000000", Altered.ROUNDED),
        (Excess.CUT, "2031-04-07 13:30:00.999999", Altered.CUT),
        (Excess.REJECT, None, None),
        (Excess.ZEROS, None, None),
    ],
)
def test_digits_in_excess_are_treated_as_the_column_says(excess: Excess, iso: str, altered: Altered) -> None:
    found = read("timestamp", "M/D/YYYY H12:MI:SS AM", "4/7/2031 1:30:00.9999995 PM", Notation(excess=excess))
    assert found == Canonical(text=iso.encode(), altered=altered) if iso else isinstance(found, Fault)
