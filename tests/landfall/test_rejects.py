"""`landfall rejects`, to be looked at by people and their spreadsheets."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from tests.landfall.conftest import Landfall
from tests.landfall.fake_api import Answer, FakeApi, status


@pytest.mark.parametrize(
    ("state", "problem", "said"),
    [
        ("LOADED", None, "no rejects: the file is LOADED"),
        (
            "REJECTED",
            {"code": "EMPTY_FILE", "message": "the file is empty"},
            "REJECTED: the file is empty (EMPTY_FILE)",
        ),
        ("STAGING", None, "listed once all of its chunks are staged"),
    ],
)
def test_a_file_without_rejects_reports_why(
    landfall: Landfall, api: FakeApi, state: str, problem: dict[str, Any] | None, said: str
) -> None:
    api.answers = {REJECTS: [rejects()], "GET /status/a.csv": [(200, status(state, first_error=problem))]}
    for option in ([], ["--json"]):
        done = landfall("rejects", "a.csv", *option)
        assert (done.code, done.out) == (0, "")
        assert said in done.err


def rejects(*records: str) -> Answer:
    found = [
        {"line": n, "byte_offset": n, "column": "amount", "code": 1207, "reason": "is bad", "record": record}
        | {"values": None}
        for n, record in enumerate(records, start=2)
    ]
    head = {"run_id": "a" * 32, "generation": 1, "corrects": None, "state": "LOADED", "columns": ["id", "amount"]}
    return 200, {**head, "file": "in/a.csv", "rejects": found, "cursor": "", "total": len(found)}


REJECTS = "GET /rejects/a.csv?limit=200"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_rejects_for_people_cannot_run_as_formulas(
    landfall: Landfall, api: FakeApi, tmp_path: Path, start: str
) -> None:
    hostile = f'{start}HYPERLINK("http://evil")'
    api.answers = {REJECTS: [rejects(hostile, "T1,2")]}
    out = tmp_path / "fix.csv"
    assert landfall("rejects", "a.csv", "--out", out).code == 0
    with out.open(newline="", encoding="utf-8-sig") as lines:
        rows = list(csv.reader(lines))
    assert [row[6:] for row in rows[1:]] == [[f"'{hostile}", "", ""], ["T1,2", "", ""]]
    own = ["_load", "_line", "_byte_offset", "_code", "_column", "_reason", "_record"]
    assert rows[0] == [*own, "id", "amount"]


def test_rejects_cannot_steer_the_terminal(landfall: Landfall, api: FakeApi) -> None:
    api.answers = {REJECTS: [rejects("\x1b[2Jgone\x07 [red]x")]}
    done = landfall("rejects", "a.csv")
    assert "\x1b" not in done.out
    assert "[red]x" in done.out
    assert landfall("rejects", "a.csv", "--json").lines[0]["record"] == "\x1b[2Jgone\x07 [red]x"


@pytest.mark.parametrize(
    "arguments",
    [
        ["status", "a.csv", "--object", "task"],
        ["status", "a.csv", "--limit", "3"],
        ["status", "--wait"],
        ["rejects", "a.csv", "--out", "x.csv", "--json"],
        ["rejects", "a.csv", "--out", "-"],
        ["rerun", "incoming/task/a.csv", "--all"],
    ],
)
def test_options_that_would_do_nothing_are_wrong_calls(landfall: Landfall, api: FakeApi, arguments: list[str]) -> None:
    api.answers = {REJECTS: [rejects("T1")]}
    assert landfall(*arguments).code == 2
