"""Rows that are taken at once are those that the XML parser finds."""

from __future__ import annotations

import re
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.decode.xlsx import plain_rows
from chalicelib.domain.decode.xlsx.plain_rows import PlainRows
from chalicelib.errors import Rejected
from tests.support.sheet_text import HEAD, TABLE, text
from tests.support.workbooks import MAIN, numbered, parts, sheet, styles, zipped

COMMENT = "<sheetData><!-- from here on the parser reads all -->"
VALUES = ["", "0", "1", "007", "12.50", "0.10000000000000001", "1E5", "45413.5", "60", "x", " ", "#N/A", "é", "true"]
KINDS = ["", ' t="s"', ' t="n"', ' t="b"', ' t="e"', ' t="str"', ' t="inlineStr"', ' t="zz"', ' t="d"']
FORMULAS = ["", "", "<f>A1</f>", "<f/>", '<f t="shared" ref="A1:B2" si="0">A1&lt;2</f>', "<f>&nope;</f>"]
STYLES = ["", "", ' s="0"', ' s="1"', ' s="2"', ' s="3"', ' s="4"', ' s="01"', ' s="99"']
SPACED = '<is><t xml:space="preserve">{}</t></is>'
BODIES = ["<v>{}</v>", "<is><t>{}</t></is>", SPACED, "", "<v/>", "<v>{}</v> ", "<is/>"]
BEHIND = ["", "", "", "\n", "<row/>", "<!-- x -->", "<x></row>"]
DAMAGE = [b"", b"<", b">", b"&", b"\x01", b"\xff", b"\xef\xbf\xbf", b"\r", b"]]>", b'"', b"0", b"\n", b"A"]


@st.composite
def cells(draw, row: int, letters: str) -> str:
    style, kind, formula = draw(st.sampled_from(STYLES)), draw(st.sampled_from(KINDS)), draw(st.sampled_from(FORMULAS))
    body = formula + draw(st.sampled_from(BODIES)).format(draw(st.sampled_from(VALUES)))
    end = f">{body}</c>" if body or draw(st.booleans()) else "/>"
    return f'<c r="{letters}{row}"{style}{kind}{end}'


@st.composite
def rows(draw) -> str:
    out, number = "", 1
    for _ in range(draw(st.integers(1, 5))):
        number += draw(st.sampled_from([1, 1, 1, 2]))
        names, more = draw(st.sampled_from(["AB", "A", "B", "ABC", "BA"])), draw(st.sampled_from(["", ' ht="15"']))
        inside = "".join(draw(cells(number, letters)) for letters in names)
        out += f'<row r="{number}"{more}>{inside}</row>' + draw(st.sampled_from(BEHIND))
    return out


def outcome(xml: str | bytes) -> bytes | str:
    try:
        return text(zipped({**parts(TABLE, strings=("<t>zero</t>",)), "xl/worksheets/sheet1.xml": xml}))
    except Rejected as refused:
        return refused.code


def both(body: str | bytes) -> tuple[bytes | str, bytes | str]:
    """What comes of some rows below the header, with and without taking rows."""
    data = body.encode() if isinstance(body, str) else body
    plain = TABLE.encode().replace(b"</row></sheetData>", b"</row>" + data + b"</sheetData>")
    plain = re.sub(rb"<row r=.2.>.*?</row>", b"", plain)
    return outcome(plain), outcome(plain.replace(b"<sheetData>", COMMENT.encode()))


@given(rows())
@settings(max_examples=400, deadline=None)
def test_rows_are_the_same_as_by_the_parser(body: str) -> None:
    taken, parsed = both(body)
    assert taken == parsed


@given(rows(), st.data())
@settings(max_examples=300, deadline=None)
def test_damaged_rows_are_the_same_as_by_the_parser(body: str, data) -> None:
    damaged = bytearray(body.encode())
    for _ in range(data.draw(st.integers(1, 2))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        damaged[at : at + data.draw(st.integers(0, 2))] = data.draw(st.sampled_from(DAMAGE))
    taken, parsed = both(bytes(damaged))
    assert taken == parsed


def test_most_rows_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test of the tests: rows in the usual form do not reach the parser."""
    pieces: list[bytes] = []
    others = PlainRows.others

    def noted(self, blocks):
        for piece in others(self, blocks):
            pieces.append(piece)
            yield piece

    monkeypatch.setattr(PlainRows, "others", noted)
    body = numbered(HEAD, *((n, f"text {n}") for n in range(2_000)))
    found = text(zipped(parts(sheet(body))))
    assert found.count(b"\n") == 2_002
    assert b"<row" not in b"".join(pieces)


@pytest.mark.parametrize(
    "begins",
    [
        '<?xml version="1.0" encoding="ISO-8859-1"?>',
        '<?xml version="1.0" encoding="UTF-8"?><?x <sheetData> ?>',
        '<?xml version="1.0" encoding="UTF-8"?><!-- <sheetData> -->',
    ],
)
def test_other_beginnings_are_left_to_the_parser(begins: str) -> None:
    row = '<row r="2"><c r="B2" t="str"><v>é</v></c></row>'.encode("latin-1" if "ISO" in begins else "utf-8")
    head = TABLE[TABLE.index("<worksheet") : TABLE.index('<row r="2">')].encode()
    assert outcome(begins.encode() + head + row + b"</sheetData></worksheet>") == "1,Orders,A,B\nid,txt\n,é\n".encode()


@pytest.mark.parametrize(
    "row",
    [
        '<row r="3"><c r="A3" t="s"><v>0</v></c></row>',
        '<row r="3"><c r="A3" t="s"><v>0</v></c><c r="B3" t="s"><v>1</v></c></row>',
        '<row r="1"><c r="A1"><v>1</v></c></row>',
        '<row r="1048577"><c r="A1048577"><v>1</v></c></row>',
        '<row r="3"><c r="XFE3"><v>1</v></c></row>',
        '<row r="3"><c r="B3"><v>1</v></c><c r="A3"><v>1</v></c></row>',
        '<row r="3"><c r="A4"><v>1</v></c></row>',
        '<row r="3"><c r="A3" t="str"><v>\uffff</v></c></row>',
    ],
)
def test_unusual_rows_are_the_same_as_by_the_parser(row: str) -> None:
    taken, parsed = both(row)
    assert taken == parsed


def test_a_first_style_of_dates_counts_for_cells_without_one() -> None:
    files = parts(sheet(numbered(("day",), (45413,))))
    assert text(zipped({**files, "xl/styles.xml": styles("yyyy-mm-dd")})).endswith(b"\n2024-05-01\n")


def test_a_sheet_may_begin_late_and_rows_may_be_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain_rows, "MOST_HELD", 1_000)
    long = Random(1).randbytes(100_000).hex()  # so that it comes in several blocks
    body = numbered(HEAD, (1, "a"), (2, long), (3, "c"))
    late = sheet(body).replace("<dimension", f'<x y="{long}"/><dimension')
    for xml in (sheet(body), late):
        assert outcome(xml) == f"1,Orders,A,B\nid,txt\n1,a\n2,{long}\n3,c\n".encode()


def test_a_sheet_without_rows_is_left_to_the_parser() -> None:
    assert outcome(f'<worksheet xmlns="{MAIN}"/>') == "HEADER_MISSING"
