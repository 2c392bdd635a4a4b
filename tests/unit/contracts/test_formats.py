"""Formats of dates and timestamps: which there are, what they read, and how SQL is told of several at once."""

from __future__ import annotations

import pytest

from chalicelib.domain.contract.contract import Contract, Kind
from chalicelib.domain.contract.time_format import TimeFormatError, time_form
from chalicelib.domain.contract_files.contract_file import read_contract
from chalicelib.domain.warehouse.copy_times import copy_formats, staged_as_text
from chalicelib.domain.warehouse.load import render_load
from tests.orders import load_of_one
from tests.unit.contracts.made import COLUMNS, toml

DATE, STAMP, ZONED = Kind.DATE, Kind.TIMESTAMP, Kind.TIMESTAMPTZ


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
def test_formats_there_are_not(text: str, kind: Kind, words: str) -> None:
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
def test_what_a_format_reads(text: str, kind: Kind, value: bytes, iso: bytes | None) -> None:
    form = time_form(text, kind)
    assert form is not None
    assert form.iso(value) == iso


@pytest.mark.parametrize("text", ["", "yyyy-mm-dd", "  YYYY-MM-DD "])
def test_iso_is_no_format_of_its_own(text: str) -> None:
    assert time_form(text, DATE) is None


@pytest.mark.parametrize("text", ["YYYY-MM-DD HH24:MI:SS", "yyyy-mm-dd hh:mi:ss"])
def test_iso_timestamps_are_none_either(text: str) -> None:
    assert time_form(text, STAMP) is None


def dated(**formats: str) -> Contract:
    kinds = {name: "timestamp" if name.startswith("at") else "date" for name in formats}
    columns = "".join(f'{n} = {{ type = "{kinds[n]}", format = "{f}" }}\n' for n, f in formats.items())
    return read_contract("thing.toml", toml(columns=COLUMNS + columns))


@pytest.mark.parametrize(
    ("formats", "notified", "as_text"),
    [
        ({"a": "", "b": ""}, "", []),
        ({"a": "auto", "b": ""}, " DATEFORMAT AS 'auto'", []),
        ({"a": "DD.MM.YYYY", "b": "DD.MM.YYYY"}, " DATEFORMAT AS 'DD.MM.YYYY'", []),
        ({"a": "DD.MM.YYYY", "b": ""}, "", ["a"]),
        ({"a": "DD MON YYYY", "b": "", "c": "DD.MM.YYYY"}, " DATEFORMAT AS 'DD MON YYYY'", ["b", "c"]),
        ({"at": "DD.MM.YYYY HH24:MI", "a": ""}, " TIMEFORMAT AS 'DD.MM.YYYY HH24:MI'", []),
        ({"at": ""}, " TIMEFORMAT AS 'auto'", []),
    ],
)
def test_copy_is_told_the_format_that_needs_it_most(formats: dict[str, str], notified: str, as_text: list[str]) -> None:
    contract = dated(**formats)
    assert copy_formats(contract) == notified
    assert list(staged_as_text(contract)) == as_text


def test_the_others_are_cut_and_cast_in_one_update() -> None:
    contract = dated(a="", b="DD MON YYYY", c="DD.MM.YYYY", at="", at_too="HH24:MI:SS DD.MM.YYYY")
    order = load_of_one(
        contract=contract,
        columns=tuple(c.name for c in contract.columns),
        load_id="0123456789abcdef" * 2,
        run_id="run",
        source_order="1",
        bucket="landing-zone",
        key="k",
        rows_read=1,
        rows_good=1,
        rows_rejected=0,
        manifest="s3://landing-zone/processed/x/manifest.json",
        iam_role="default",
    )
    [update] = [s for s in render_load(order).statements if s.startswith("UPDATE")]
    assert '"a" = CAST("_text_2" AS date)' in update
    assert (
        '"c" = CAST(\'\' || SUBSTRING("_text_4", 7, 4) || \'-\' || SUBSTRING("_text_4", 4, 2)'
        " || '-' || SUBSTRING(\"_text_4\", 1, 2) AS date)"
    ) in update
    assert '"at" = CAST("_text_5" AS timestamp)' in update
    assert '"at_too"' not in update
    assert '"b" =' not in update
