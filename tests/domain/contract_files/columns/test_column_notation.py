"""The settings for how files write a column's values, and their faults."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace

import pytest

from chalicelib.domain.contract.notation import Excess, Negative, Notation, Percent, TooLong, Trim
from chalicelib.domain.contract_files.contract_file import fingerprint, read_contract
from tests.support.contracts import COLUMNS, column, faults, toml

NUMBER = 'n = { type = "decimal(9,2)", decimal = ",", thousands = " ", currency = "$", negative = "trailing", '


def notation(text: str) -> Notation:
    return read_contract("thing.toml", column(text)).columns[1].notation


def test_settings_are_read():
    assert notation(NUMBER + 'percent = "number", excess = "round", null = ["NA", ""], trim = "unicode" }') == Notation(
        decimal=",",
        thousands=" ",
        currency=("$",),
        negative=Negative.TRAILING,
        percent=Percent.NUMBER,
        excess=Excess.ROUND,
        null=("NA", ""),
        trim=Trim.UNICODE,
    )
    assert notation('b = { type = "boolean", true = ["ja", "\\u0001"], false = "nein" }') == Notation(
        true=("ja", "\x01"), false=("nein",)
    )
    assert notation('t = { type = "char(9)", too_long = "cut", spreadsheet_text = true }') == Notation(
        too_long=TooLong.CUT, spreadsheet_text=True
    )


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('c = { type = "date", decimal = "," }', "decimal: a date cannot have it; remove it (it is for numbers)"),
        ('c = { type = "varchar(9)", excess = "cut" }', "excess: a varchar cannot have it"),
        ('c = { type = "real", excess = "cut" }', "excess: a real cannot have it"),
        ('c = { type = "integer", true = ["1"] }', "true: a integer cannot have it; remove it (it is for booleans)"),
        ('c = { type = "super", too_long = "cut" }', "too_long: a super cannot have it"),
        ('c = { type = "integer", decimal = ";" }', "decimal: ';' cannot be the sign before a fraction"),
        ('c = { type = "integer", thousands = "x" }', "thousands: 'x' cannot separate groups"),
        ('c = { type = "integer", thousands = "." }', 'thousands: "." is the sign before the fraction, too'),
        ('c = { type = "integer", currency = ["-"] }', "currency: '-' cannot stand at a number"),
        ('c = { type = "integer", currency = ["EUR 1"] }', "currency: 'EUR 1' cannot stand at a number"),
        ('c = { type = "boolean", true = ["JA"], false = ["ja"] }', "true: 'ja' is in false, too"),
        ('c = { type = "boolean", true = ["ja"], null = ["JA"] }', "null: 'ja' is in true, too"),
        (
            'c = { type = "integer", excess = "half" }',
            'excess: "half" is not supported; zeros or reject or round or cut',
        ),
        (
            'c = { type = "date", null = [' + ", ".join(f"'{n}'" for n in range(101)) + "] }",
            "null: has more than 100 words",
        ),
    ],
)
def test_faults_name_the_key_and_the_fix(text, fault):
    found = faults(column(text))
    assert any(one.startswith(f"thing.toml: columns.c.{fault}") for one in found), found


def test_a_word_with_a_nul_needs_a_dialect_that_keeps_it():
    text = COLUMNS + 'c = { type = "boolean", false = ["\\u0000"] }\n'
    assert read_contract("thing.toml", toml(columns=text)).columns[1].notation.false == ("\0",)
    (fault,) = faults(toml(columns=text, more='[dialect]\nnul = "strip"\n'))
    assert fault.startswith("thing.toml: columns.c.false: has a word with a NUL")


def test_a_contract_without_settings_keeps_its_fingerprint():
    """A new fingerprint restarts the files that are on their way."""
    plain = read_contract("thing.toml", column('c = { type = "decimal(9,2)" }'))
    meaning = asdict(replace(plain, description="", fingerprint=""))
    for name in (
        "expected",
        "load",
        "load_every",
        "stage_as",
        "format",
        "sheet",
        "control_totals",
        "source",
        "export",
        "transform",
    ):
        del meaning[name]
    del meaning["undelivered"]
    del meaning["limits"]["direct_rows"]
    for one in meaning["columns"]:
        del one["notation"], one["path"], one["span"]
    del meaning["dialect"]["unit"], meaning["dialect"]["record_length"]
    text = json.dumps(meaning, sort_keys=True, default=lambda member: member.value)
    assert plain.fingerprint == hashlib.sha256(text.encode()).hexdigest()
    for setting in ('decimal = ","', 'excess = "cut"', 'null = ["NA"]'):
        other = read_contract("thing.toml", column(f'c = {{ type = "decimal(9,2)", {setting} }}'))
        assert other.fingerprint != plain.fingerprint
        assert fingerprint(replace(other, columns=plain.columns)) == plain.fingerprint
