"""The demo's tables fit the screen, and its files can be told apart on it."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from local.demo.books import FileBook
from local.demo.show import _files, _progress
from local.demo.story import Watched
from local.demo.truth import Truth

KEYS = [
    "incoming/transactions.csv",
    "incoming/transactions/wrong_header.csv",
    "monthly_data/walmart_customer_January-2025.csv",
    "monthly_data/walmart_customer_February-2025.csv",
]
COUNTS = dict.fromkeys(("read", "good", "rejected", "duplicate", "inserted", "updated", "unchanged"), 1_000_000)
STATUS: dict[str, Any] = {
    "state": "REJECTED",
    "percent": 50.0,
    "chunks": {"staged": 10, "total": 17},
    "rows": {**COUNTS, "rejected": 1_000, "updated": 1_600, "unchanged": 400, "superseded": 0},
    "first_error": {"message": "the header does not fit the contract; missing: amount, currency; unexpected: total"},
}
FILES = [Watched(truth=Truth(key=key, object="t"), status=STATUS, dropped=True) for key in KEYS]


def shown(table: Any, width: int) -> list[str]:
    out = io.StringIO()
    Console(file=out, width=width).print(table)
    return out.getvalue().splitlines()


@pytest.mark.parametrize("width", [80, 100, 120, 140, 150, 200])
def test_files_have_a_line_each_and_names_of_their_own(width: int) -> None:
    pages = [FileBook(file=file, rejects=(), runs=1, loads=1) for file in FILES]
    for table in (_progress(FILES, width), _files(pages, width)):
        lines = shown(table, width)
        assert len(lines) == 1 + len(KEYS)
        names = [line.split()[0] for line in lines[1:]]
        assert len(set(names)) == len(KEYS)
        assert all(name.endswith(".csv") for name in names)


def test_what_waits_shows_for_what() -> None:
    waiting = replace(FILES[0], status=None, dropped=False, truth=Truth(key="b.csv", object="t", after="a.csv"))
    assert "waits for a.csv" in shown(_progress([waiting], 200), 200)[1]
    assert "waits" in shown(_progress([waiting], 80), 80)[1]
