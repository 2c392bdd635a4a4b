"""What a person did not touch comes back from the table of rejects as it went in, and runs in no spreadsheet."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from landfall.remote.reject_file import FORMULA_STARTS, OWN, Fix, Sheet, harmless, plain, read_fixes, write_rejects

LOAD = f"{'ab' * 16}-3"
CELLS = st.text(st.sampled_from('=+-@＝＠\t\r\n\'"",;a é\u2028\x85\x0b\x00'), max_size=8) | st.text(
    st.characters(exclude_categories=["Cs"]), max_size=20
)
ROWS = st.lists(st.tuples(CELLS, CELLS), max_size=6)


def written(folder: Path, rows: list[tuple[str, str] | None], record: str = "r") -> Path:
    sheet = Sheet(load=LOAD, columns=["a", "=b"])
    rejects = [
        {"line": n, "byte_offset": 10 * n, "code": 0, "column": "a", "reason": "-bad", "record": record, "values": row}
        for n, row in enumerate(rows, start=2)
    ]
    assert write_rejects(folder / "fix.csv", sheet, rejects) == len(rows)
    return folder / "fix.csv"


@given(ROWS)
@example([("'", "''="), ("'=1", "=1"), ("\r", "\r\n"), ("", "")])
def test_a_table_that_nobody_touched_comes_back_as_it_was(rows: list[tuple[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        fixes = read_fixes(written(Path(folder), [*rows]))
    kept = [Fix(line=str(n), byte_offset=10 * n, values=row) for n, row in enumerate(rows, start=2) if any(row)]
    assert fixes.rows == ({LOAD: kept} if kept else {})
    assert fixes.left_out == len(rows) - len(kept)
    assert fixes.columns == ("a", "=b")


@given(ROWS, CELLS)
def test_no_cell_starts_as_a_formula_does(rows: list[tuple[str, str]], record: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder), [*rows, None], record)
        with path.open(newline="", encoding="utf-8-sig") as lines:
            table = list(csv.reader(lines))
    assert table[0][: len(OWN)] == list(OWN)
    assert not [cell for row in table for cell in row if cell.startswith(FORMULA_STARTS)]
    assert plain(table[-1][len(OWN) - 1]) == record


SEPARATORS = (",", ";", "\t", "|")


def cells_of(line: str, separator: str) -> list[str]:
    """As a spreadsheet splits a line: quotes count where they begin a cell; behind the closing one all is text."""
    cells, cell, quoted, at = [], "", False, 0
    begins = True
    while at < len(line):
        sign = line[at]
        if begins and sign == '"' and not quoted:
            quoted = True
        elif quoted and sign == '"' and line[at + 1 : at + 2] == '"':
            cell, at = cell + '"', at + 1
        elif quoted and sign == '"':
            quoted = False
        elif not quoted and sign in (separator, "\r", "\n"):
            cells, cell = [*cells, cell], ""
        else:
            cell += sign
        begins = not quoted and not cell and sign in (separator, "\r", "\n")
        at += 1
    return [*cells, cell]


@given(ROWS)
@example([("a;=1", 'a;"=1'), ('"', ";=1"), ("a\n=1", "x\t@y"), ("＝1", ";＠x"), ('""=1', ',""""+1')])
@example([("\n=1", "\r=1"), ("';=", ";'=")])
def test_no_cell_is_a_formula_whatever_separates_them(rows: list[tuple[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        text = written(Path(folder), [*rows]).read_bytes().decode("utf-8-sig")
    for separator in SEPARATORS[:3]:
        assert not [cell for cell in cells_of(text, separator) if cell.startswith(tuple("=+-@＝＋－＠"))]


@given(CELLS)
def test_what_is_put_into_a_cell_is_taken_out_again(text: str) -> None:
    assert plain(harmless(text)) == text
    assert harmless(text).replace("'", "") == text.replace("'", "")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("=1", "'=1"),
        ("'=1", "''=1"),
        ("a=1", "a=1"),
        ("a;=1", "a;'=1"),
        ('a;"=1"', 'a;\'"=1"'),
        ("a;'=1", "a;''=1"),
        ("＝1", "'＝1"),
        ("a\n-1", "a\n'-1"),
        ("\t=", "'\t'="),
        ("12-3", "12-3"),
        ("a, b; c", "a, b; c"),
        ("Smith; -5 °C", "Smith; -5 °C"),
    ],
)
def test_an_apostrophe_stands_where_a_formula_could_begin(text: str, shown: str) -> None:
    assert harmless(text) == shown
    assert plain(shown) == text
