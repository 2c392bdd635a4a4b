"""What people see fits their screen, and what goes to a file is whole."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from landfall.screen import Grid, moment
from landfall.text import cut_front, plural
from tests.landfall.conftest import Landfall

NAMES = ["incoming/transactions/2026/a.csv", "incoming/transactions/2026/b.csv"]
TABLE = Grid(
    columns=("file", "object", "rows"),
    rows=[(name, "transactions", f"{n:,}") for n, name in enumerate(NAMES, start=999)],
    right=("rows",),
    cut="file",
    drop=("object",),
)


@pytest.mark.parametrize("width", [200, 80, 50, 40, 30, 20])
def test_a_table_fits_and_its_names_stay_apart(width: int) -> None:
    lines = list(TABLE.fitted(width).lines())
    assert len(lines) == 3
    assert all(len(line) <= width for line in lines)
    assert lines[1].split()[0].endswith("/2026/a.csv")
    assert lines[2].split()[0].endswith("/2026/b.csv")
    assert lines[2].endswith("1,000")
    assert lines[1].endswith("  999")


def test_columns_go_before_names_are_cut() -> None:
    assert TABLE.fitted(200).columns == ("file", "object", "rows")
    narrow = TABLE.fitted(45)
    assert list(narrow.columns) == ["file", "rows"]
    assert [row[0] for row in narrow.rows] == NAMES


def test_wide_letters_take_their_room() -> None:
    first, second = list(Grid(columns=("a", "b"), rows=[("東京", "x")]).lines())
    assert (first, second) == ("a     b", "東京  x")


@pytest.mark.parametrize(("width", "text"), [(9, "abcdefgh"), (8, "abcdefgh"), (4, "…fgh"), (1, "…")])
def test_names_lose_their_front(width: int, text: str) -> None:
    assert cut_front("abcdefgh", width) == text


def test_one_is_not_many() -> None:
    assert [plural(n, "column") for n in (0, 1, 2_000)] == ["0 columns", "1 column", "2,000 columns"]


def test_a_time_is_of_the_clock_here() -> None:
    assert moment("2020-01-05T12:00:00.000Z").startswith("2020-01-05 ")
    assert moment("no time") == "no time"


def test_no_summary_in_the_help_is_cut(landfall: Landfall) -> None:
    commands = landfall("--help").out.split("Commands:")[1]
    assert "..." not in commands
    assert landfall("--version").out.startswith("landfall 0.")


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("landfall")
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([program, "ddl"], stdout=writer, stderr=subprocess.PIPE, timeout=60, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_broken_standard_error_stops_no_command() -> None:
    calls = "print_lines('a', stderr=True); print_lines('b', stderr=True); print_lines('done')"
    code = f"from landfall.screen import print_lines; {calls}"
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=writer, text=True, check=True
        )
    finally:
        os.close(writer)
    assert done.stdout == "done\n"
