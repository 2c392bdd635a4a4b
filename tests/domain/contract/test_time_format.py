"""Formats of dates and times: which there are, and what is refused."""

from __future__ import annotations

import pytest

from chalicelib.domain.contract.column import TypeName
from chalicelib.domain.contract.time_format import FORMATTED, TimeFormatError, time_format

DATE, STAMP, ZONED, TIME = TypeName.DATE, TypeName.TIMESTAMP, TypeName.TIMESTAMPTZ, TypeName.TIME


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("YYYY-MM-DDx", DATE, '"YYYY-MM-DDx" is not a format'),
        ("EPOCH", STAMP, '"EPOCH" is not a format; .* or "epochsecs"'),
        ("YYYY-MM", DATE, "a date needs YYYY and MM and DD .*, each once"),
        ("YYYY-MM-DD DD", DATE, "each once"),
        ("YYYY-MM-DD D", DATE, "each once"),
        ("YYYY-YY-MM-DD", DATE, "each once"),
        ("YYYY-MM-MON-DD", DATE, "each once"),
        ("YYYY-MM-DD HH24:MI", DATE, "a date has no time of day"),
        ("YYYY-MM-DD", STAMP, "a timestamp needs YYYY and MM and DD and HH24 and MI"),
        ("YYYY-MM-DD HH24:MI", TIME, "a time has no day"),
        ("HH24", TIME, "a time needs HH24 and MI"),
        ("YYYY-MM-DD HH12:MI", STAMP, "HH12 or H12 and AM belong together"),
        ("YYYY-MM-DD HH24:MI AM", STAMP, "HH12 or H12 and AM belong together"),
        ("DMMYYYY", DATE, "D has one or two digits, so that a sign must stand before MM"),
        ("YYYY-MD", DATE, "M has one or two digits, so that a sign must stand before D"),
        ("epochsecs", TIME, "an epoch has a day"),
        ("auto", TIME, 'a time has no "auto"'),
    ],
)
def test_formats_there_are_not(text: str, kind: TypeName, words: str) -> None:
    with pytest.raises(TimeFormatError, match=words):
        time_format(text, kind)


@pytest.mark.parametrize(
    ("text", "kind", "tokens"),
    [
        ("d.m.yy", DATE, "D . M . YY"),
        ("YYYYM-D", DATE, "YYYY M - D"),
        ("M/D/YYYY H12:MI PM", STAMP, "M / D / YYYY   H12 : MI   AM"),
        ("YYYY-MM-DDTHH:MI", ZONED, "YYYY - MM - DD T HH24 : MI"),
        ("DD MON YYYY  H:MI:SS", STAMP, "DD   MON   YYYY     H24 : MI : SS"),
        ("H12:MI AM", TIME, "H12 : MI   AM"),
    ],
)
def test_a_format_is_its_parts_and_signs(text: str, kind: TypeName, tokens: str) -> None:
    (form,) = time_format(text, kind).forms
    assert " ".join(form) == tokens


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        *[("", kind) for kind in FORMATTED],
        ("yyyy-mm-dd", DATE),
        ("  YYYY-MM-DD ", DATE),
        ("yyyy-mm-dd hh:mi:ss", STAMP),
        ("YYYY-MM-DDTHH24:MI:SS", ZONED),
        ("HH24:MI:SS", TIME),
    ],
)
def test_iso_is_no_format_of_its_own(text: str, kind: TypeName) -> None:
    assert time_format(text, kind).text == ""


@pytest.mark.parametrize(("text", "units"), [("epochsecs", 1), ("EpochMilliSecs", 1000)])
def test_an_epoch_counts_parts_of_a_second(text: str, units: int) -> None:
    assert time_format(text, DATE).per_second == units
