"""What a person did not touch comes back from the table of rejects as it went in, and runs in no spreadsheet."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from cli.reject_file import FORMULA_STARTS, OWN, Fix, Sheet, harmless, plain, read_fixes, write_rejects

LOAD = f"{'ab' * 16}-3"
CELLS = st.text(st.sampled_from('=+-@\t\r\n\'"",;a é\u2028\x85\x0b\x00'), max_size=8) | st.text(
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


@given(CELLS)
def test_exactly_one_sign_is_put_before_a_cell_and_taken_off_again(text: str) -> None:
    assert plain(harmless(text)) == text
    assert len(harmless(text)) - len(text) == text.startswith((*FORMULA_STARTS, "'"))
