"""The warehouse's error about repeated keys is read, and becomes a message with a line for the sender."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.domain.contract.contract import FileFormat
from chalicelib.domain.contract.dialect import Dialect, Newline
from chalicelib.domain.raw.bytesource import InMemory
from chalicelib.domain.run.duplicate_keys import STEP_BYTES, RepeatedKeys, line_of
from tests.support.files.engine import contract

LF = contract()
CR = replace(LF, dialect=Dialect(newline=Newline.CR))


def test_what_is_raised_is_read() -> None:
    repeated = RepeatedKeys(rows=12, first=1 << 40, key=("id", "line_2"))
    assert RepeatedKeys.read(f"ERROR: {repeated.raised()}\n  CONTEXT: x") == repeated


@pytest.mark.parametrize("error", ["", "ERROR: permission denied", "DUPLICATE_KEYS: <NULL> rows repeat a key"])
def test_another_error_is_not_read(error: str) -> None:
    assert RepeatedKeys.read(error) is None


def test_a_message_counts_rows_and_points_at_the_first() -> None:
    one, many = RepeatedKeys(rows=1, first=0, key=("a", "b")), RepeatedKeys(rows=1_234, first=77, key=("a",))
    assert one.message(7) == "1 row has the same key (a, b) as an earlier row; the first of them is in line 7"
    assert many.message(None) == (
        "1,234 rows have the same key (a) as an earlier row; the first of them starts at byte 77"
    )


def test_only_a_key_of_one_column_names_the_column() -> None:
    assert RepeatedKeys(rows=1, first=0, key=("id",)).column == "id"
    assert RepeatedKeys(rows=1, first=0, key=("id", "day")).column == ""


def test_lines_end_as_the_contract_has_it() -> None:
    body = b"a\rb\n\rc" * 500_000
    assert line_of(InMemory(body), LF, 0, 3, len(body)) == 500_004
    assert line_of(InMemory(body), CR, 0, 0, len(body)) == 1_000_001


def test_only_the_bytes_between_the_two_are_counted() -> None:
    body = b"\n" * (2 * STEP_BYTES + 2)
    assert line_of(InMemory(body), LF, 5, 5, 5) == 6
    assert line_of(InMemory(body), LF, 1, 1, STEP_BYTES + 2) == STEP_BYTES + 3


def test_a_line_of_records_without_line_ends_is_a_record() -> None:
    records = replace(LF, dialect=replace(LF.dialect, record_length=7))
    assert [line_of(InMemory(b"\n" * 700), records, 3, 2, 3 + 7 * n) for n in (0, 1, 99)] == [3, 4, 102]


def test_a_line_of_a_workbook_is_a_row():
    """Line feeds within quotes do not count, wherever the text is cut."""
    book = replace(LF, format=FileFormat.XLSX)
    row = b'1,"a\n""b""\n",' + b"x" * 30_011 + b"\n"
    source = InMemory(row * 100)
    assert source.size > 2 * STEP_BYTES
    assert [line_of(source, book, 0, 4, n * len(row)) for n in (0, 1, 50, 99)] == [5, 6, 55, 104]
