"""The demo's files are what their generators say they are: the engine agrees, row by row."""

from __future__ import annotations

import csv
import hashlib
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from local.demo.bad_rows import BAD_KINDS
from local.demo.generate import Scale, demo_data
from local.demo.transactions import write_transactions
from local.demo.walmart import write_walmart
from tests.landfall.conftest import Landfall

SMALL = Scale(transactions=3_000, purchases=400, orders=0.001)


def digests(folder: Path) -> dict[str, str]:
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.rglob("*.csv")}


@pytest.mark.parametrize("rows", [2_000, 150_000])
def test_the_engine_finds_every_planted_row_and_no_other(landfall: Landfall, tmp_path: Path, rows: int) -> None:
    path = tmp_path / "transactions.csv"
    truth, table = write_transactions(path, rows=rows, key="incoming/transactions.csv", bad_share=0.02)
    (line,) = landfall("check", path, "--json", "--chunk-bytes", "1000000").lines
    assert [(r["line"], r["code"], r["column"]) for r in line["rejects"]] == [
        (b.line, b.code, b.column) for b in truth.bad_rows
    ]
    counts = (line["rows_read"], line["rows_good"], line["rows_rejected"], line["rows_duplicate"])
    assert counts == (truth.read, truth.good, truth.rejected, truth.duplicate)
    assert table.rows == truth.inserted == truth.good - truth.duplicate


def test_every_kind_of_bad_row_is_planted_with_every_text(tmp_path: Path) -> None:
    truth, _ = write_transactions(tmp_path / "t.csv", rows=20_000, key="k", bad_share=0.01)
    assert set(truth.kinds) == {kind.name for kind in BAD_KINDS}
    assert len(BAD_KINDS) >= 17
    assert min(truth.kinds.values()) >= max(len(kind.texts) for kind in BAD_KINDS)


def test_the_tables_truth_is_that_of_the_last_row_of_each_key(landfall: Landfall, tmp_path: Path) -> None:
    path, good = tmp_path / "transactions.csv", tmp_path / "good.csv"
    _, table = write_transactions(path, rows=20_000, key="k", repeat_share=0.05)
    assert landfall("check", path, "--good", good).code == 0
    with good.open(newline="", encoding="utf-8") as lines:
        last = {row["transaction_id"]: Decimal(row["amount"]) for row in csv.DictReader(lines)}
    assert (table.rows, table.cents) == (len(last), int(sum(last.values()) * 100))


def test_the_second_month_corrects_the_first(landfall: Landfall, tmp_path: Path) -> None:
    (january, february), table = write_walmart(tmp_path, rows=500)
    rows: dict[tuple[str, ...], dict[str, str]] = {}
    changed = same = 0
    for truth in (january, february):
        good = tmp_path / "good.csv"
        assert landfall("check", tmp_path / truth.key, "--good", good).code == 0
        with good.open(newline="", encoding="utf-8") as lines:
            for row in csv.DictReader(lines):
                key = (row["Customer_ID"], row["Purchase_Date"], row["Product_Name"])
                changed += key in rows and rows[key] != row
                same += rows.get(key) == row
                rows[key] = row
    assert (changed, same) == (february.updated, february.unchanged)
    total = sum(Decimal(row["Purchase_Amount"]) for row in rows.values())
    assert (len(rows), int(total * 100)) == (table.rows, table.cents)


def test_the_same_scale_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = demo_data(tmp_path / "a", SMALL), demo_data(tmp_path / "b", SMALL)
    assert first == second
    assert digests(tmp_path / "a") == digests(tmp_path / "b")
    assert {truth.key for truth in first.files} == set(digests(tmp_path / "a"))


def test_files_are_made_once_and_again_when_the_scale_changes(tmp_path: Path) -> None:
    made = demo_data(tmp_path / "a", SMALL)
    path = tmp_path / "a" / made.files[0].key
    before = path.stat().st_mtime_ns
    assert demo_data(tmp_path / "a", SMALL) == made
    assert path.stat().st_mtime_ns == before
    other = demo_data(tmp_path / "a", replace(SMALL, transactions=1_000))
    assert other.files[0].read == 1_000


def test_every_file_is_as_its_truth(landfall: Landfall, tmp_path: Path) -> None:
    for truth in demo_data(tmp_path, SMALL).files:
        (line,) = landfall("check", tmp_path / truth.key, "--json").lines
        if truth.state == "REJECTED":
            assert line["error"]["code"] == truth.code
        else:
            assert (line["object"], line["rows_read"], line["rows_rejected"]) == (
                truth.object,
                truth.read,
                truth.rejected,
            )
