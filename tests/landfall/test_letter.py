"""`landfall rejects FILE --letter`: what a supplier is told, and that no value of a row is in it."""

from __future__ import annotations

from typing import Any

import pytest

from landfall.remote.letter import WIDTH, causes_of
from tests.landfall.conftest import Landfall
from tests.landfall.fake_api import Answer, FakeApi, status

ROWS = {"read": 12_000, "good": 11_994, "rejected": 6, "duplicate": 0, "corrected": 0}
AMOUNT = "amount is not decimal(18,2): digits 0-9 with an optional sign and point only"
LETTER = """\
Subject: sales.csv: 8 of 12,000 rows cannot be loaded

8 of 12,000 rows of the file sales.csv cannot be loaded. Its other rows are
loaded.

1. 6 rows, column amount
   Fault: amount is not decimal(18,2): digits 0-9 with an optional sign and
   point only
   Lines: 2, 3, 4, 5, 6 and 1 more

2. 1 row, column note
   Fault: note has a text that is too long (9)
   Expected: A value that fits the column.
   Line: 9

3. 1 row, the row as a whole
   Fault: has 7 fields, but the header has 8
   Expected: As many fields in a row as in the header. A text with a line end
   stands in quotes.
   Line: 1,500

Please correct these rows and send them again. Lines count from 1, the first
line of the file. A text with line ends takes several lines; the number is
that of its first.
"""


def reject(line: int, column: str, code: int, reason: str) -> dict[str, Any]:
    return {"line": line, "byte_offset": line, "column": column, "code": code, "reason": reason, "values": ["SECRET"]}


REJECTS = [
    *(reject(line, "amount", 1209, AMOUNT) for line in range(2, 8)),
    reject(9, "note", 1204, "note has a text that is too long (9)"),
    reject(1_500, "", 1203, "has 7 fields, but the header has 8"),
]


def page(*rejects: dict[str, Any], cursor: str = "") -> Answer:
    head = {"run_id": "a" * 32, "generation": 1, "corrects": None, "state": "LOADED", "columns": ["amount", "note"]}
    found = [{**one, "record": "SECRET"} for one in rejects]
    return 200, {**head, "file": "in/sales.csv", "rejects": found, "cursor": cursor, "total": len(found)}


def answers(api: FakeApi, state: str, *pages: Answer, **more: Any) -> None:
    shown = status(state, file="in/sales.csv", run_id="a" * 32, rows=ROWS, **more)
    api.answers = {
        "GET /status/sales.csv": [(200, shown)],
        f"GET /status/{'a' * 32}": [(200, shown)],
        f"GET /rejects/{'a' * 32}?limit=200": list(pages[:1]),
        f"GET /rejects/{'a' * 32}?limit=200&cursor=c": list(pages[1:]),
    }


def test_causes_are_counted_with_their_first_lines(landfall: Landfall, api: FakeApi) -> None:
    answers(api, "LOADED", page(*REJECTS[:3], cursor="c"), page(*REJECTS[3:]), first_error=None)
    done = landfall("rejects", "sales.csv", "--letter")
    assert (done.code, done.out) == (0, LETTER)
    assert "SECRET" not in done.out
    assert max(map(len, done.out.splitlines())) <= WIDTH


def test_a_refused_file_is_to_be_sent_again(landfall: Landfall, api: FakeApi) -> None:
    answers(api, "REJECTED", page(*REJECTS), first_error={"code": "TOO_MANY_REJECTS", "message": "x"})
    words = " ".join(landfall("rejects", "sales.csv", "--letter").out.split())
    assert "None of its rows is loaded, because too many are bad." in words
    assert "Please correct the file and send it again." in words


def test_a_file_refused_as_a_whole_is_explained(landfall: Landfall, api: FakeApi) -> None:
    problem = {"code": "HEADER_MISMATCH", "message": "the header has no column amount", "line": 1, "column": ""}
    answers(api, "REJECTED", page(), first_error=problem)
    words = " ".join(landfall("rejects", "sales.csv", "--letter").out.split())
    assert "The file sales.csv cannot be loaded, and none of its rows is: the header has no column amount." in words


@pytest.mark.parametrize(("state", "said"), [("LOADED", "no rejects"), ("FAILED", "as a whole is FAILED")])
def test_there_is_no_letter_without_a_fault_of_the_file(
    landfall: Landfall, api: FakeApi, state: str, said: str
) -> None:
    problem = {"code": "LOAD_FAILED", "message": "permission denied", "line": None, "column": ""}
    answers(api, state, page(), first_error=problem if state == "FAILED" else None)
    done = landfall("rejects", "sales.csv", "--letter")
    assert (done.code, done.out) == (0, "")
    assert said in done.err


def test_one_way_to_show_rejects_at_a_time(landfall: Landfall, api: FakeApi) -> None:
    assert landfall("rejects", "sales.csv", "--letter", "--json").code == 2
    assert landfall("rejects", "sales.csv", "--letter", "--out", "x.csv").code == 2


def test_reasons_that_differ_in_numbers_are_one_cause() -> None:
    reasons = [f"the quote that opens on line {n:,} is not closed" for n in (5, 1_200, 31)]
    [cause] = causes_of(reject(n, "", 1216, reason) for n, reason in enumerate(reasons))
    assert (cause.rows, cause.lines, cause.reason) == (3, [0, 1, 2], reasons[0])
