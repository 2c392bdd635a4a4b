"""Rows staged as JSON on the real local stack: the same table as by CSV, with documents larger than CSV can have."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal

import pytest

from tests.e2e.conftest import Deployment, contracts_added

NOTE = """\
name = "{name}"
target = "landing.{name}"
lands_at = ["incoming/{name}/*"]
key = ["id"]
format = "{form}"
stage_as = "json"

[limits]
max_reject_ratio = 0.5
max_record_bytes = 4_194_304

[columns]
id = {{ type = "bigint", required = true }}
amount = {{ type = "decimal(38,10)" }}
text = {{ type = "varchar(20)", aliases = ["words"] }}
more = {{ type = "super" }}
"""
AMOUNT = "1234567890123456789012345678.0123456789"
LARGE = {"parts": [["x" * 60_000] * 30]}
ROWS = (
    {"id": 1, "amount": AMOUNT, "words": 'a "|" b', "more": LARGE},
    {"id": 2, "amount": None, "words": None, "more": None},
    {"id": 3, "amount": "much", "words": "bad", "more": {}},
    {"id": 9007199254740993, "amount": "007.5", "words": "\\n", "more": [1.10, None, {}]},
)


@pytest.fixture(scope="module")
def notes(deployment: Deployment) -> Iterator[Deployment]:
    contracts = {f"as_{form}": NOTE.format(name=f"as_{form}", form=form) for form in ("csv", "json")}
    with contracts_added(deployment, contracts):
        yield deployment


def as_csv() -> str:
    lines = ["id,amount,text,more"]
    for row in ROWS:
        more = json.dumps(row["more"]).replace('"', '""') if row["more"] is not None else ""
        words = str(row["words"] or "").replace('"', '""')
        lines.append(f'{row["id"]},{row["amount"] or ""},"{words}","{more}"' if words or more else f"{row['id']},,,")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("form", ["csv", "json"])
def test_rows_end_in_the_target_with_balanced_books(notes: Deployment, form: str) -> None:
    key = f"incoming/as_{form}/a.{form}"
    notes.put(key, as_csv() if form == "csv" else "".join(f"{json.dumps(row)}\n" for row in ROWS))
    run = notes.wait(key)
    assert (run["state"], run["balanced"], run["rows"]["inserted"], run["rows"]["rejected"]) == ("LOADED", True, 3, 1)
    rows = notes.rows(f"select id, amount, text, more::text from landing.as_{form} order by id")
    assert [row[:3] for row in rows] == [
        (1, Decimal(AMOUNT), 'a "|" b'),
        (2, None, None),
        (9007199254740993, Decimal("7.5000000000"), "\\n"),
    ]
    assert [row[3] and json.loads(row[3]) for row in rows] == [LARGE, None, [1.1, None, {}]]
