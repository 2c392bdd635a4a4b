from __future__ import annotations

import pytest

from chalicelib.domain.checks.check import Fault
from chalicelib.domain.contract.column import Column
from chalicelib.domain.contract.notation import Excess, Notation, TooLong, Trim
from chalicelib.domain.contract_files.columns.column_type import parse_type
from chalicelib.domain.notation.rewriter import rewriter_of

WORDS = Notation(true=("Ja", "active", "\u0001"), false=("Nein", "1", "\u0000"))
CUT = Notation(too_long=TooLong.CUT)


def read(kind: str, notation: Notation, written: bytes, null: bytes = b"") -> bytes | str | None:
    """The value as Redshift reads it, None for NULL; "fault" for a fault."""
    rewriter = rewriter_of(Column(name="c", type=parse_type(kind), notation=notation), null)
    assert rewriter
    found = rewriter.read(written)
    return "fault" if isinstance(found, Fault) else found.text


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        (b"Ja", b"true"),
        (b"JA", b"true"),
        (b"active", b"true"),
        (b"\x01", b"true"),
        (b"nein", b"false"),
        (b"\0", b"false"),
        (b"1", b"false"),
        (b"t", b"t"),
        (b"0", b"0"),
        (b"inactive", "fault"),
        (b"\xff", "fault"),
        (b"", b""),
    ],
)
def test_words_of_the_contract_come_before_those_of_redshift(written, wanted):
    assert read("boolean", WORDS, written) == wanted


@pytest.mark.parametrize("kind", ["varchar(20)", "integer", "date", "boolean", "super", "decimal(9,2)"])
def test_a_null_word_is_null_in_a_column_of_any_type(kind):
    notation = Notation(null=("NA", "0000-00-00"))
    assert read(kind, notation, b"NA") is None
    assert read(kind, notation, b"0000-00-00") is None


def test_a_null_word_is_the_whole_value():
    notation = Notation(null=("NA",))
    assert read("varchar(20)", notation, b"NAM") == b"NAM"
    assert read("varchar(20)", notation, b"na") == b"na"
    assert read("varchar(20)", notation, b" NA") == b" NA"
    assert read("varchar(20)", Notation(null=("NA",), trim=Trim.BLANKS), b" NA\t") is None
    assert read("varchar(20)", Notation(null=("",)), b"") is None


@pytest.mark.parametrize(
    ("trim", "written", "wanted"),
    [
        (Trim.BLANKS, " a b ", "a b"),
        (Trim.BLANKS, "\ta ", "a"),
        (Trim.BLANKS, "   ", ""),
        (Trim.BLANKS, "\u00a0a", "\u00a0a"),
        (Trim.UNICODE, "\u00a0a b\u2003", "a b"),
        (Trim.UNICODE, "\ufeff a \u200b", "a"),
        (Trim.UNICODE, "\u00a0é\u200b", "é"),
        (Trim.UNICODE, "\u00a0", ""),
        (Trim.UNICODE, " a\r\n", "a"),
    ],
)
def test_blanks_around_a_value(trim, written, wanted):
    assert read("varchar(20)", Notation(trim=trim), written.encode()) == wanted.encode()


def test_bytes_that_are_not_text_are_not_trimmed():
    assert read("varchar(20)", Notation(trim=Trim.UNICODE), b"\xff ") == b"\xff"
    assert read("varchar(20)", Notation(trim=Trim.UNICODE), b"\xc2\xa0\xff") == b"\xc2\xa0\xff"


def test_numbers_between_blanks():
    assert read("integer", Notation(trim=Trim.BLANKS), b" 12 ") == b"12"
    assert read("integer", Notation(trim=Trim.UNICODE), "\u00a012".encode()) == b"12"


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("abcdefgh", "abcde"),
        ("abcde", "abcde"),
        ("abcdé", "abcd"),
        ("abcé", "abcé"),
        ("ééé", "éé"),
        ("日本", "日"),
        ("abcd\U0001f600", "abcd"),
    ],
)
def test_a_text_is_cut_behind_a_whole_character(written, wanted):
    assert read("varchar(5)", CUT, written.encode()) == wanted.encode()


def test_what_is_cut_off_hides_no_fault():
    assert read("varchar(5)", CUT, b"abcdef\xff") == b"abcdef\xff"
    assert read("varchar(5)", CUT, b"abcdef\0") == b"abcdef\0"


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        (b'="00421"', b"00421"),
        (b'="a""b"', b'a"b'),
        (b'=""', b""),
        (b'="', b'="'),
        (b'="a"&"b"', b'="a"&"b"'),
        (b"=A1", b"=A1"),
        (b'="a\0"', b'="a\0"'),
    ],
)
def test_texts_for_spreadsheets(written, wanted):
    assert read("varchar(20)", Notation(spreadsheet_text=True), written) == wanted


def test_a_value_cannot_become_the_word_for_null_by_chance():
    spreadsheet = Notation(spreadsheet_text=True)
    assert read("varchar(20)", spreadsheet, b'="_null_"', null=b"_null_") == "fault"
    assert read("varchar(20)", spreadsheet, b"_null_", null=b"_null_") == b"_null_"


@pytest.mark.parametrize(
    ("kind", "excess", "written", "wanted"),
    [
        ("timestamp", Excess.ZEROS, b"2026-01-31 22:19:43.1234560", b"2026-01-31 22:19:43.123456"),
        ("timestamp", Excess.ZEROS, b"2026-01-31 22:19:42.999999945", "fault"),
        ("timestamp", Excess.ROUND, b"2026-01-31 22:19:42.999999945", b"2026-01-31 22:19:43.000000"),
        ("timestamp", Excess.ROUND, b"2026-12-31T23:59:59.9999995", b"2027-01-01T00:00:00.000000"),
        ("timestamp", Excess.CUT, b"2026-01-31 22:19:42.999999945", b"2026-01-31 22:19:42.999999"),
        ("timestamp", Excess.ROUND, b"9999-12-31 23:59:59.9999999", "fault"),
        ("timestamptz", Excess.ROUND, b"2026-01-31 22:19:42.9999999+01:00", b"2026-01-31 22:19:43.000000+01:00"),
        ("time", Excess.ZEROS, b"22:19:43.12345600", b"22:19:43.123456"),
        ("time", Excess.ROUND, b"23:59:59.9999999", b"24:00:00"),
        ("timetz", Excess.ROUND, b"23:59:59.9999999Z", "fault"),
        ("time", Excess.ROUND, b"22:19:43.1234567", b"22:19:43.123457"),
        ("time", Excess.ROUND, b"at 22:19:43.1234567", "fault"),
        ("timestamp", Excess.ZEROS, b"2026-01-31 22:19:43.12", b"2026-01-31 22:19:43.12"),
    ],
)
def test_fractions_of_a_second(kind, excess, written, wanted):
    assert read(kind, Notation(excess=excess), written) == wanted
