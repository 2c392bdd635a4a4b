"""Formats of dates and timestamps: which there are, what they read, and how SQL is told of several at once."""

from __future__ import annotations

import pytest

from chalicelib.domain.contract.column import TypeName
from chalicelib.domain.contract.time_format import TimeFormatError, time_form

DATE, STAMP, ZONED = TypeName.DATE, TypeName.TIMESTAMP, TypeName.TIMESTAMPTZ


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("auto", ZONED, ""),
        ("YYYY-MM-DD HH24:MI", ZONED, "no format with a zone"),
        ("YYYY-MM-DDx", DATE, '"YYYY-MM-DDX" is not a format'),
        ("YY-MM-DD", DATE, "is not a format"),
        ("YYYY-MM", DATE, "a date needs YYYY and MM or MON and DD, each once"),
        ("YYYY-MM-DD DD", DATE, "each once"),
        ("YYYY-MM-MON-DD", DATE, "each once"),
        ("YYYY-MM-DD HH24:MI", DATE, "a date has no time of day"),
        ("YYYY-MM-DD", STAMP, "HH12 or HH24 and MI"),
        ("YYYY-MM-DD HH12:MI", STAMP, "HH12 and AM belong together"),
        ("YYYY-MM-DD HH24:MI AM", STAMP, "HH12 and AM belong together"),
    ],
)
def test_formats_there_are_not(text: str, kind: TypeName, words: str) -> None:
    if not words:
        assert time_form(text, kind) is not None
        return
    with pytest.raises(TimeFormatError, match=words):
        time_form(text, kind)


@pytest.mark.parametrize(
    ("text", "kind", "value", "iso"),
    [
        ("DD.MM.YYYY", DATE, b"29.02.2024", b"2024-02-29"),
        ("DD.MM.YYYY", DATE, b"29.02.2023", None),
        ("DD.MM.YYYY", DATE, b"29-02-2024", None),
        ("DD MON YYYY", DATE, b"01 sept 2024", None),
        ("DD MON YYYY", DATE, b"01 Sep 2024", b"2024-09-01"),
        ("MON DD, YYYY", DATE, b"february 03, 2024", b"2024-02-03"),
        ("MM/DD/YYYY HH12:MI AM", STAMP, b"01/02/2024 12:05 am", b"2024-01-02 00:05:00"),
        ("MM/DD/YYYY HH12:MI AM", STAMP, b"01/02/2024 12:05 PM", b"2024-01-02 12:05:00"),
        ("MM/DD/YYYY HH12:MI AM", STAMP, b"01/02/2024 11:05 pm", b"2024-01-02 23:05:00"),
        ("MM/DD/YYYY HH12:MI AM", STAMP, b"01/02/2024 13:05 pm", None),
        ("DD.MM.YYYY HH24:MI:SS", STAMP, b"02.01.2024 23:05:06.25", b"2024-01-02 23:05:06.25"),
        ("SS MI HH24 DD MM YYYY", STAMP, b"06.5 05 23 02 01 2024", b"2024-01-02 23:05:06.5"),
        ("auto", ZONED, b"2024-01-02T03:04:05+02:00", b"2024-01-02 03:04:05+02:00"),
        ("auto", DATE, b"20240102", b"2024-01-02"),
    ],
)
def test_what_a_format_reads(text: str, kind: TypeName, value: bytes, iso: bytes | None) -> None:
    form = time_form(text, kind)
    assert form is not None
    assert form.iso(value) == iso


@pytest.mark.parametrize("text", ["", "yyyy-mm-dd", "  YYYY-MM-DD "])
def test_iso_is_no_format_of_its_own(text: str) -> None:
    assert time_form(text, DATE) is None


@pytest.mark.parametrize("text", ["YYYY-MM-DD HH24:MI:SS", "yyyy-mm-dd hh:mi:ss"])
def test_iso_timestamps_are_none_either(text: str) -> None:
    assert time_form(text, STAMP) is None
