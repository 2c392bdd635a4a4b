"""Converted files: each name in the header is for the column that it is for in a file of text."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest

from chalicelib.domain.contract.column import Column, ColumnType, TypeName
from chalicelib.domain.contract.contract import FileFormat
from chalicelib.domain.decode.decode import text_of
from tests.support.files.engine import Memory, contract
from tests.support.parquet_text import written
from tests.support.workbooks import styled, workbook

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
