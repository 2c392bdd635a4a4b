"""Converted files: each name in the header is for the column that it is for in a file of text."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest

from chalicelib.domain.contract.column import Column, ColumnType, TypeName
from chalicelib.domain.contract.contract import FileFormat
from chalicelib.domain.decode.decode import text_of
from chalicelib.domain.formats.xlsx.xlsx_format import XlsxFormat
from chalicelib.domain.raw.bytesource import InMemory
from tests.support.files.engine import Memory, contract
from tests.support.parquet_text import written
from tests.support.workbooks import numbered, parts, sheet, styled, workbook, zipped

COLUMNS = (
    Column(name="day", type=ColumnType(kind=TypeName.DATE)),
    Column(name="seen", type=ColumnType(kind=TypeName.TIMESTAMP), aliases=("day (2)", 'a "b", c', "other")),
    Column(name="other", type=ColumnType(kind=TypeName.DATE)),
)


def last_line(data: bytes, form: FileFormat) -> bytes:
    return b"".join(text_of(Memory(data), contract(*COLUMNS, format=form))).splitlines()[-1].replace(b'"', b"")


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (("day", "Seen"), b"2024-05-01,2024-05-02 00:00:00"),
        (("day", "day"), b"2024-05-01,2024-05-02 00:00:00"),
        (("day", 'a "b", c'), b"2024-05-01,2024-05-02 00:00:00"),
        (("day", "other"), b"2024-05-01,2024-05-02"),
        (("day", "strange"), b"2024-05-01,2024-05-02"),
    ],
)
def test_a_date_is_written_as_its_column_wants(names: tuple[str, str], found: bytes) -> None:
    assert last_line(workbook(names, (styled(45413, 1), styled(45414, 1))), FileFormat.XLSX) == found
    days = [pa.array([date(2024, 5, day)]) for day in (1, 2)]
    assert last_line(written(pa.table(days, names=names)), FileFormat.PARQUET) == found


def test_half_a_character_in_a_name_is_left_to_the_header() -> None:
    assert last_line(workbook(("day", "a_xD800_"), (1, 2)), FileFormat.XLSX) == b"1,2"


def test_escapes_of_workbooks_are_letters_elsewhere() -> None:
    assert (
        b"".join(text_of(Memory(written({"a_x0041_": [1]})), contract(format=FileFormat.PARQUET))) == b"a_x0041_\n1\n"
    )


@pytest.mark.parametrize(
    ("name", "shown"), [("a_x000A_b", "a b"), ("a_x0041_", "aA"), ("a_xD800_", "a" + 3 * "\ufffd")]
)
def test_the_name_of_a_sheet_is_text_on_one_line(name: str, shown: str) -> None:
    form, things = XlsxFormat(), contract(Column(name="a", type=COLUMNS[0].type), format=FileFormat.XLSX)
    data = zipped(parts(sheet(numbered(("a",), (1,))), names=(name,)))
    cells = form.cut(InMemory(b"".join(text_of(Memory(data), things))), things, 1000).cells
    assert cells
    assert (cells.sheet, cells.letters) == (shown, {"a": "A"})
