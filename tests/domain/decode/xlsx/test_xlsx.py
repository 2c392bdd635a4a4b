"""A workbook as text: hostile and damaged workbooks, and workbooks that another program wrote."""

from __future__ import annotations

import csv
import io
import tracemalloc
from datetime import date, datetime, time, timedelta

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.checks.codes import RowCode
from chalicelib.domain.contract.contract import Limits
from chalicelib.domain.decode import fields
from chalicelib.domain.decode.xlsx import cell, strings, xlsx
from chalicelib.domain.decode.xlsx import workbook as book
from chalicelib.domain.decode.xlsx.merges import MOST_AREAS
from chalicelib.domain.decode.xlsx.sheet_rows import column_number
from chalicelib.domain.source import cells
from chalicelib.errors import Rejected
from tests.support.sheet_text import HEAD, TABLE, text
from tests.support.workbooks import Xml, letters, merged, parts, sheet, workbook, zipped


def with_part(name: str, content: str, *sheets: str) -> bytes:
    return zipped({**parts(*(sheets or (TABLE,))), name: content})


def with_cells(xml: str) -> bytes:
    return with_part("xl/worksheets/sheet1.xml", TABLE.replace("</row></sheetData>", f"</row>{xml}</sheetData>"))


def refusal(data: bytes, limits: Limits | None = None) -> str:
    with pytest.raises(Rejected) as caught:
        text(data, limits)
    return caught.value.code


def test_the_first_line_is_about_the_text() -> None:
    assert text(workbook(HEAD, (1, "a"))) == b"1,Orders,A,B\nid,txt\n1,a\n"


def test_the_name_of_a_sheet_stands_on_one_line() -> None:
    book = parts(TABLE)["xl/workbook.xml"].replace('"Orders"', '"a,&#10;&quot;b"')
    assert text(with_part("xl/workbook.xml", book)).startswith(b'1,"a, ""b",A,B\n')


def test_names_with_prefixes_and_other_namespaces_are_the_same() -> None:
    """As the Open XML SDK writes them, and as strict workbooks do."""
    plain = parts(TABLE)
    for name in ("xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml"):
        xml = plain[name].replace("<?xml", "<!xml").replace("</", "\0").replace("<", "<x:").replace("\0", "</x:")
        plain[name] = xml.replace("<x:!xml", "<?xml").replace("xmlns=", "xmlns:x=")
    assert text(zipped(plain)) == text(zipped(parts(TABLE)))


def test_names_of_parts_are_compared_without_case() -> None:
    plain = parts(TABLE)
    moved = {name.replace("/worksheets/sheet", "\\Worksheets\\SHEET"): xml for name, xml in plain.items()}
    assert text(zipped(moved)) == text(zipped(plain))


def test_rows_and_cells_without_names_follow_each_other() -> None:
    assert text(with_cells("<row><c><v>2</v></c><c/><c><v></v></c></row>")).endswith(b"1,a\n2,\n")


def test_a_workbook_in_utf_16_is_read() -> None:
    plain = parts(TABLE)
    wide = plain["xl/worksheets/sheet1.xml"].replace("UTF-8", "UTF-16").encode("utf-16")
    assert text(zipped({**plain, "xl/worksheets/sheet1.xml": wide})) == text(zipped(plain))


def test_cdata_entities_and_comments_are_read_as_xml_has_them() -> None:
    row = "<row r='3'><!-- <c r='A3'><v>9</v></c> --><c r='A3' t='str'><v>a&lt;&#66;<![CDATA[<c>]]></v></c></row>"
    assert text(with_cells(row)).endswith(b"a<B<c>,\n")


def test_a_value_in_the_last_cell_of_a_sheet_costs_nothing() -> None:
    data = zipped(parts(sheet({1: HEAD, 1_048_576: [None] * 16_383 + ["x"]}, dimension="A1:XFD1048576")))
    tracemalloc.start()
    lines = text(data).split(b"\n")
    assert tracemalloc.get_traced_memory()[1] < 60_000_000
    tracemalloc.stop()
    assert len(lines) == 1_048_576 + 2
    assert b"column XFD" in lines[-2]


def test_rare_types_of_cells_are_read() -> None:
    dates = "<c t='d'><v>2024-05-01T00:00:00</v></c><c t='d'><v>2024-05-01T13:45:00</v></c>"
    sounds = "<c t='inlineStr'><is><t>a</t><rPh sb='0' eb='1'><t>no</t></rPh></is></c><c t='b'><v>true</v></c>"
    found = text(with_cells(f"<row r='3'>{dates}</row><row r='5'>{sounds}</row>"))
    assert found.endswith(b"2024-05-01,2024-05-01 13:45:00\n\na,TRUE\n")


def test_an_encrypted_part_is_refused() -> None:
    data = bytearray(workbook(HEAD))
    at = -1
    while (at := data.find(b"PK\x01\x02", at + 1)) >= 0:
        data[at + 8] |= 1
    assert refusal(bytes(data)) == "COMPRESSION_REFUSED"


def test_a_workbook_without_links_has_no_sheets() -> None:
    files = parts(TABLE)
    links = files["xl/_rels/workbook.xml.rels"]
    del files["xl/_rels/workbook.xml.rels"]
    assert refusal(zipped(files)) == "SHEET_MISSING"
    outside = links.replace('Target="worksheets', 'TargetMode="External" Target="worksheets')
    assert refusal(with_part("xl/_rels/workbook.xml.rels", outside)) == "SHEET_MISSING"


def test_a_workbook_needs_no_styles_and_no_shared_texts() -> None:
    files = parts(TABLE)
    del files["xl/styles.xml"], files["xl/sharedStrings.xml"]
    assert text(zipped(files)) == text(zipped(parts(TABLE)))


def test_styles_and_names_of_elements_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    names = "".join(f"<e{n}/>" for n in range(1_500))
    assert text(with_cells(names)) == text(zipped(parts(TABLE)))
    monkeypatch.setattr(book, "MOST_STYLES", 5)
    assert refusal(zipped(parts(TABLE))) == "WORKBOOK_BROKEN"


@pytest.mark.parametrize(
    "xml",
    [
        '<row r="2"/>',
        '<row r="0"/>',
        '<row r="1048577"/>',
        '<row r="-5"/>',
        '<row r="x"/>',
        '<row r="99999999999"/>',
        '<row r="3"><c r="A3"><v>1</v></c><c r="A3"><v>2</v></c></row>',
        '<row r="3"><c r="A4"><v>1</v></c></row>',
        '<row r="3"><c r="3"><v>1</v></c></row>',
        '<row r="3"><c r="XFE3"><v>1</v></c></row>',
        '<row r="3"><c r="ÄA3"><v>1</v></c></row>',
        '<row r="3"><c r="A3" t="s"><v>0</v></c></row>',
        '<row r="3"><c r="A3" t="s"><v>-1</v></c></row>',
        '<row r="3"><c r="A3" t="s"><v>x</v></c></row>',
        '<row r="3"><c r="A3" t="zz"><v>1</v></c></row>',
        "<row",
        "</row>",
        "&nope;",
        "\x01",
        "<a>" * 1_001 + "</a>" * 1_001,
        f'<a b="{"x" * 5_000_000}"/>',
        f'<row r="3"><c r="A3" t="str"><v>{"x" * 5_000_000}</v></c></row>',
    ],
    ids=lambda xml: xml[:40],
)
def test_a_damaged_sheet_is_refused(xml: str) -> None:
    assert refusal(with_cells(xml), Limits(max_ratio=100_000)) == "WORKBOOK_BROKEN"


def test_a_document_type_is_refused() -> None:
    """It could define entities that grow without end."""
    lol = '<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    for name in ("xl/workbook.xml", "xl/sharedStrings.xml", "xl/worksheets/sheet1.xml", "xl/styles.xml"):
        content = parts(TABLE)[name]
        at = content.index("?>") + 2 if content.startswith("<?xml") else 0
        assert refusal(with_part(name, content[:at] + lol + content[at:])) == "WORKBOOK_BROKEN"


def test_missing_parts_are_named() -> None:
    files = parts(TABLE)
    del files["xl/worksheets/sheet1.xml"]
    with pytest.raises(Rejected, match=r"sheet1\.xml: the part is missing"):
        text(zipped(files))


def test_a_part_that_is_twice_is_refused() -> None:
    assert refusal(with_part("XL/worksheets/Sheet1.xml", TABLE)) == "WORKBOOK_BROKEN"


def test_a_binary_workbook_is_named() -> None:
    files = parts(TABLE)
    files["_rels/.rels"] = files["_rels/.rels"].replace("workbook.xml", "workbook.bin")
    with pytest.raises(Rejected, match="xlsb"):
        text(zipped(files))


@pytest.mark.parametrize(
    ("head", "what"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xls"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"%PDF-1.7", "PDF"),
        (b"id,txt\n", "text"),
    ],
)
def test_other_files_are_named(head: bytes, what: str) -> None:
    with pytest.raises(Rejected, match=what) as caught:
        text(head + bytes(600))
    assert caught.value.code == "WRONG_FORMAT"


def test_a_workbook_that_is_cut_is_refused() -> None:
    data = workbook(HEAD, *((n, "text") for n in range(50)))
    for stop in range(4, len(data), 37):
        assert refusal(data[:stop]) in ("COMPRESSION_BROKEN", "WRONG_FORMAT")


def test_parts_that_unpack_to_too_much_are_refused() -> None:
    assert refusal(with_cells(" " * 30_000_000)) == "COMPRESSION_BOMB"
    assert refusal(with_part("xl/sharedStrings.xml", "<sst>" + " " * 30_000_000 + "</sst>")) == "COMPRESSION_BOMB"


def test_a_text_that_is_repeated_without_end_is_refused() -> None:
    """Cells share texts, so a small sheet can be a large table."""
    shared = Xml('<c r="@" t="s"><v>0</v></c>')
    rows = [(1, shared)] * 20_000
    assert refusal(workbook(HEAD, *rows, strings=(f"<t>{'x' * 30_000}</t>",))) == "COMPRESSION_BOMB"


def test_texts_that_need_too_much_memory_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strings, "MOST_BYTES", 10_000)
    assert refusal(workbook(HEAD, strings=["<t>text</t>"] * 1_000)) == "TOO_LARGE"


def test_too_many_merged_cells_and_columns_are_refused() -> None:
    areas = merged(*(f"A{n}:B{n}" for n in range(3, MOST_AREAS + 4)))
    assert refusal(workbook(HEAD, (1, "a"), after=areas), Limits(max_ratio=100_000)) == "WORKBOOK_BROKEN"
    assert refusal(workbook([f"c{n}" for n in range(2_000)])) == "TOO_MANY_COLUMNS"


def test_codes_are_those_of_the_checks() -> None:
    assert cell.CELL_FAULT == RowCode.CONTRACT
    assert (xlsx.STRAY, fields.TOO_LONG) == (RowCode.TOO_MANY_COLUMNS, RowCode.LINE)


@given(st.integers(0, 16_383))
def test_letters_name_columns(column: int) -> None:
    assert cells.letters(column) == letters(column)
    assert column_number(letters(column).lower()) == column


# ---- beside another reader ------------------------------------------------------------------------------------------

LETTERS = st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t")
TEXT = st.text(LETTERS, min_size=1, max_size=12).filter(lambda text: "_x" not in text and text[0] not in "=#")
DAYS, SECONDS = st.dates(date(1900, 3, 1), date(2200, 1, 1)), st.integers(0, 86_399)
MOMENTS = st.builds(lambda day, second: datetime.combine(day, time()) + timedelta(seconds=second), DAYS, SECONDS)
VALUES = st.none() | TEXT | st.booleans() | st.integers(-(10**15), 10**15) | MOMENTS
NUMBERS = st.floats(-1e15, 1e15, allow_nan=False).map(lambda number: number + 0.0)
ROWS = st.lists(st.lists(VALUES | NUMBERS, min_size=3, max_size=3), max_size=8)


def as_text(value: object) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, datetime):
        return value.isoformat(sep=" ").removesuffix(" 00:00:00")
    return str(value)


def same(found: str, value: object) -> bool:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(found) == value and "e" not in found
    return found == as_text(value)


@given(ROWS)
@settings(max_examples=60, deadline=None)
def test_a_workbook_is_read_as_by_the_program_that_wrote_it(rows: list[list[object]]) -> None:
    book = openpyxl.Workbook()
    for row in (["a", "b", "c"], *rows):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    found = list(csv.reader(io.StringIO(text(out.getvalue()).decode(), newline="")))[2:]
    read = openpyxl.load_workbook(out, read_only=True).active
    expected = [list(row) for row in read.iter_rows(min_row=2, max_col=3, values_only=True)]
    filled = [row for row in expected if any(value is not None for value in row)]
    lines = [row for row in found if row]
    assert len(lines) == len(filled)
    assert all(same(*pair) for line, row in zip(lines, filled, strict=True) for pair in zip(line, row, strict=True))
