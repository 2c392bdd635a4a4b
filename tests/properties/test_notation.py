"""Values in the contract's notation: whole columns become what single values do, in any block and dialect."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chalicelib.domain.checks.check import Fault
from chalicelib.domain.contract.column import Column, ColumnType, TypeName
from chalicelib.domain.contract.dialect import Dialect
from chalicelib.domain.contract.layout import Layout
from chalicelib.domain.contract.notation import Excess, Negative, Notation, Percent, TooLong, Trim
from chalicelib.domain.contract.tally import Altered
from chalicelib.domain.contract_files.columns.column_type import parse_type
from chalicelib.domain.file.corrections import CorrectedRow, Splitter, as_corrected, corrected_file
from chalicelib.domain.file.file_plan import FilePlan
from chalicelib.domain.notation import fast
from chalicelib.domain.notation.rewriter import rewriter_of
from chalicelib.domain.raw.splice import Splice
from chalicelib.domain.raw.swar import PADDING, fields_of
from chalicelib.domain.staging.validate import compile_rules
from tests.support.files.engine import contract, header_of, stage_file
from tests.support.fuzz import examples

LOSSY = {Excess.ROUND: Altered.ROUNDED, Excess.CUT: Altered.CUT}
AFFIXES = {"currency": ("$", "EUR", "€"), "percent": Percent.NUMBER}
COLUMNS = {
    "comma": ("decimal(12,2)", Notation(decimal=",", thousands=".")),
    "blank": ("decimal(12,2)", Notation(decimal=",", thousands=" ")),
    "apostrophe": ("bigint", Notation(thousands="'", excess=Excess.CUT)),
    "rounded": ("integer", Notation(thousands=",", excess=Excess.ROUND)),
    "cut": ("decimal(12,2)", Notation(excess=Excess.CUT)),
    "double": ("double precision", Notation(decimal=",", thousands=".")),
    "money": ("decimal(12,2)", Notation(negative=Negative.PARENTHESES, thousands=",", **AFFIXES)),
    "sap": ("decimal(12,2)", Notation(decimal=",", negative=Negative.TRAILING, excess=Excess.ROUND, **AFFIXES)),
    "fraction": ("decimal(12,4)", Notation(percent=Percent.FRACTION, trim=Trim.UNICODE)),
    "implied": ("decimal(12,2)", Notation(implied_decimals=2, null=("000",))),
    "implied excess": ("decimal(12,2)", Notation(implied_decimals=3, negative=Negative.TRAILING)),
    "trimmed": ("integer", Notation(trim=Trim.BLANKS, null=("NA", "-"))),
    "boolean": ("boolean", Notation(true=("Ja",), false=("Nein", "0.5"))),
    "text": ("varchar(5)", Notation(too_long=TooLong.CUT, trim=Trim.UNICODE, spreadsheet_text=True, null=("NA", ""))),
    "timestamp": ("timestamp", Notation(excess=Excess.ROUND, null=("0000-00-00",))),
}


def column(name: str) -> Column:
    kind, notation = COLUMNS[name]
    return Column(name=name, type=parse_type(kind), notation=notation)


def grouped(number: int | None, sign: str) -> str:
    return "" if number is None else f"{number:,}".replace(",", sign)


numbers = st.builds(
    lambda sign, whole, sep, point, part, behind: f"{sign}{grouped(whole, sep)}{point}{part}{behind}",
    st.sampled_from(["", "", "-", "+", "(", "$", "-€ ", "EUR ", " ", "\u00a0", "--"]),
    st.one_of(st.integers(0, 10**7), st.integers(0, 10**40), st.sampled_from([None, 9, 99, 1999, 8999999])),
    st.sampled_from(["", "", ".", ",", " ", "\u00a0", "\u202f", "'", "..", "0"]),
    st.sampled_from([",", ".", ""]),
    st.sampled_from(["", "5", "50", "25", "250", "000", "999", "995", "199", "125", "1234567"]),
    st.sampled_from(["", "", "-", ")", "%", " EUR", "€", " %", " ", "\t", "e3"]),
)
pieces = st.lists(
    st.sampled_from(["1", "12", "123", "000", ".", ",", " ", "\u202f", "-", "(", ")", "$", "%", "'", "é", "\x00"]),
    max_size=7,
).map("".join)
words = st.sampled_from(
    [
        "",
        "NA",
        "-",
        "Ja",
        "JA",
        "nein",
        "t",
        "0000-00-00",
        '="007"',
        '="a""b"',
        "=",
        " x ",
        "abcdef",
        "日本語",
        "\u00a0é",
    ]
)
moments = st.sampled_from(["2026-01-31 22:19:42", "2026-12-31T23:59:59.9999995", "2026-01-31 00:00:00.1234560", "x"])
values = st.one_of(numbers, pieces, words, moments).map(str.encode)


@examples(60, fuzz=200)
@given(st.lists(values, min_size=1, max_size=60))
@example([b",125", b",995", b",5", b"0,995", b"999,995", b"9" * 47 + b",5", b"-,1250", b"1,12" + b"5" * 40])
@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_is_rewritten_as_its_values_are_read(name, some):
    rewriter = rewriter_of(column(name), b"")
    data = b"".join(value + b"\n" for value in some)
    length = np.array([len(value) for value in some], np.int64)
    ends = np.cumsum(length + 1) - 1
    fields = fields_of(data + PADDING)
    splice = Splice(fields.data, len(some))
    certain, lossy = fast.rewrite(rewriter, fields.part(ends - length, length), np.arange(len(some)), splice)
    rewritten = splice.result(len(data)).tobytes()
    stops = ends + splice.shifts()
    for value, sure, less, stop, start in zip(some, certain, lossy, stops, np.append(0, stops[:-1] + 1), strict=True):
        found = rewriter.read(value)
        text = value if isinstance(found, Fault) else found.text or b""
        if sure:
            assert not isinstance(found, Fault), value
            assert found.altered == (LOSSY[rewriter.column.notation.excess] if less else None), value
            assert rewritten[start:stop] == text, value
        else:
            assert not less, value
            assert rewritten[start:stop] == value


COMMON = {
    "comma": ["1.250,40", "-0,5", "1234567,89", "1.234.567,8", "12", "+7,00"],
    "blank": ["1\u202f250,40", "12 500", "1\u00a0234\u00a0567,89"],
    "apostrophe": ["1'000", "-12'345'678", "0"],
    "sap": ["1,5", "1,250", "-0,994", "0,995", "899,9951", "1,995-", "EUR 0,9999", "9,50000"],
    "rounded": ["0.9", "1.49999", "8.5", "199.99999", "+1,899.5", "12"],
    "cut": ["1.999", "-0.0001", "12.340", "1.2"],
    "double": ["1.250,400001", "0,0000001"],
    "money": ["1,250.40", "-3.5"],
    "trimmed": ["12", "-5"],
    "text": ["abc", "a b"],
}


@pytest.mark.parametrize("name", COMMON)
def test_common_values_are_rewritten_at_once(name):
    some = [value.encode() for value in COMMON[name]]
    length = np.array([len(value) for value in some], np.int64)
    fields = fields_of(b"".join(some) + PADDING)
    fields = fields.part(np.cumsum(length) - length, length)
    certain, _ = fast.rewrite(
        rewriter_of(column(name), b""), fields, np.arange(len(some)), Splice(fields.data, len(some))
    )
    assert certain.all(), np.array(some)[~certain]


NAMES = ["comma", "money", "text", "boolean"]
THINGS = contract(Column(name="id", type=ColumnType(kind=TypeName.INTEGER)), *(column(name) for name in NAMES))
SEMICOLONS = contract(*THINGS.columns, dialect=Dialect(delimiter=";"))
POINTS = contract(*THINGS.columns, dialect=Dialect(delimiter="."))
CONVERTED = contract(*THINGS.columns, dialect=Dialect(delimiter="||", quote="'", null=("NULL",)))
ALONE = contract(column("text"))
ids = st.sampled_from([b"1", b"22", b"3.0", b"4.5", b"x"])
rows = st.lists(st.tuples(ids, *(st.one_of(values, words.map(str.encode)) for _ in NAMES)), max_size=12)


def quoted(value: bytes, things, *, always: bool) -> bytes:
    quote, delimiter = things.dialect.quote.encode(), things.dialect.delimiter.encode()
    if always or any(sign in value for sign in (quote, delimiter, b"\r", b"\n")):
        return quote + value.replace(quote, quote * 2) + quote
    return value


def judged(row, things) -> list[bytes] | str:
    """The row as it is stored, or the name of the first column at fault."""
    stored, rules = [], compile_rules(things, Layout(columns=things.columns))
    for value, column_ in zip(row, things.columns, strict=True):
        if b"\0" in value:
            return column_.name
    for value, column_, rule in zip(row, things.columns, rules.columns, strict=True):
        rewriter = rewriter_of(column_, b"")
        found = rewriter.read(value) if rewriter else None
        if isinstance(found, Fault):
            return column_.name
        text = value if found is None else found.text or b""
        if rule.judge(text):
            return column_.name
        stored.append(text)
    return stored


@examples(100, fuzz=300)
@given(
    rows, st.booleans(), st.sampled_from([THINGS, SEMICOLONS, POINTS, CONVERTED]), st.sampled_from([16, 40, 1 << 20])
)
def test_a_file_is_staged_as_its_values_are_read(some, always, things, block_bytes):
    delimiter = things.dialect.delimiter.encode()
    lines = [delimiter.join(quoted(value, things, always=always) for value in row) for row in some]
    data = header_of(things) + b"".join(line + b"\n" for line in lines)
    staged = stage_file(data, things, len(data), block_bytes)
    expected = [judged(row, things) for row in some]
    text = io.StringIO(staged.good.decode("utf-8", "surrogateescape"), newline="")
    marks = {"delimiter": things.dialect.staged_delimiter, "quotechar": things.dialect.staged_quote}
    found = [[value.encode("utf-8", "surrogateescape") for value in row] for row in csv.reader(text, **marks)]
    assert found == [row for row in expected if isinstance(row, list)]
    bad = [(line, name) for line, name in zip(lines, expected, strict=True) if isinstance(name, str)]
    assert [(reject.record, reject.column) for reject in staged.rejects] == bad


@given(st.lists(words.map(str.encode), max_size=8))
def test_a_row_that_becomes_empty_is_still_a_row(some):
    lines = [quoted(value, ALONE, always=not value) for value in some]
    staged = stage_file(b"text\n" + b"".join(line + b"\n" for line in lines), ALONE, 1 << 20)
    assert staged.good.count(b"\n") == len(some) - len(staged.rejects)
    assert b"\n\n" not in b"\n" + staged.good


SHEET = Notation(spreadsheet_text=True)
CODE = ColumnType(kind=TypeName.VARCHAR, length=9)
CODES = contract(
    Column(name="id", type=ColumnType(kind=TypeName.INTEGER)),
    Column(name="code", type=CODE, notation=SHEET),
    Column(name="note", type=CODE),
    Column(name="last", type=CODE, notation=Notation(spreadsheet_text=True, trim=Trim.UNICODE)),
)
BARE = [b'="a"', b'="', b'"', b'""', b",", b",", b"\n", b"\n", b"1", b"=", b"\0", b"\r\n", b"\r", b"\xff", b'"=""b"""']
BARE += [b" ", "\u00a0".encode(), "\u2009".encode(), b"\xe2\x80", b' ="b" ']
LINES = [b'"x\n,=""y"""', b'1,="a",b,c\n', b'1,"n\nm",="q",="r"\n', b'1,="q",,="r,"\n', b'1,a,, ="r, " \n']


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(BARE + LINES), max_size=25).map(b"".join), st.integers(7, 40), st.integers(16, 40))
def test_bare_texts_are_read_alike_in_any_chunks_and_blocks(body, chunk_bytes, block_bytes):
    data = header_of(CODES) + body
    whole, cut = stage_file(data, CODES, 1 << 20), stage_file(data, CODES, chunk_bytes, block_bytes)
    assert (cut.good, cut.rejects) == (whole.good, whole.rejects)


texts = st.text('ab,\n"x=', max_size=4)
blanks = st.text(" \t\u00a0\u2009\u200b\ufeff", max_size=2)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(blanks, texts, blanks), max_size=6), st.integers(7, 60), st.integers(16, 60))
def test_bare_texts_with_blanks_around_are_what_they_hold(some, chunk_bytes, block_bytes):
    lines, records, wanted = [], [], []
    for before, code, behind in some:
        kept = code.replace("\n", "")
        form = '="{}"'.format(kept.replace('"', '""'))
        for number, note in (("1", "good"), ("x", "a bad row")):
            lines.append(f"{number},,{note},{before}{form}{behind}\n")
        records.append((lines[-1][:-1], ("x", "", "a bad row", f"{before}{form}{behind}")))
        wanted.append(["1", "", "good", kept])
    staged = stage_file(header_of(CODES) + "".join(lines).encode(), CODES, chunk_bytes, block_bytes)
    assert [reject.record.decode() for reject in staged.rejects] == [record for record, _ in records]
    assert list(csv.reader(io.StringIO(staged.good.decode(), newline=""))) == wanted
    split = Splitter(CODES, FilePlan(columns=tuple(c.name for c in CODES.columns), header_lines=1, ranges=()))
    for record, values in records:
        assert split.values(record) == values
        good = CorrectedRow(byte_offset=1, line=1, values=("1", *values[1:]))
        sent, _ = corrected_file(CODES, [c.name for c in CODES.columns], [good])
        again = stage_file(sent, replace(as_corrected(CODES), lineage=False), 1 << 20)
        assert again.rejects == []


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(texts, texts, texts, st.sampled_from(["bare", "quoted", "plain"])), max_size=6),
    st.integers(7, 40),
)
def test_bare_texts_are_what_they_hold(some, chunk_bytes):
    lines, wanted = [], []
    for code, note, last, how in some:
        kept = code.replace("\n", "") if how == "bare" else code
        form = '="{}"'.format(kept.replace('"', '""'))
        shown = form if how == "bare" else '"{}"'.format((form if how == "quoted" else f"x{kept}").replace('"', '""'))
        note_, last_ = ('"{}"'.format(f"y{value}".replace('"', '""')) for value in (note, last))
        lines.append(f"1,{shown},{note_},{last_}\n")
        wanted.append(["1", f"x{kept}" if how == "plain" else kept, f"y{note}", f"y{last}".strip()])
    staged = stage_file(header_of(CODES) + "".join(lines).encode(), CODES, chunk_bytes)
    assert staged.rejects == []
    assert list(csv.reader(io.StringIO(staged.good.decode(), newline=""))) == wanted
