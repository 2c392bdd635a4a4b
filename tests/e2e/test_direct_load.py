"""A direct load on the real local stack: its user has the rights of a load and no others, and its password changes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import boto3
import psycopg
import pytest

from chalicelib.domain.warehouse.statement import is_direct
from tests.e2e.conftest import Deployment, contracts_added

NOTES = """\
name = "notes"
target = "landing.notes"
lands_at = ["incoming/notes/*"]
key = ["id"]
load = "direct"

[limits]
max_reject_ratio = 0.5

[columns]
id = { type = "integer", required = true }
amount = { type = "decimal(10,2)" }
day = { type = "date" }
sure = { type = "boolean" }
more = { type = "super" }
text = { type = "varchar(20)" }
"""
HEADER = "id,amount,day,sure,more,text\n"
ROWS = '1,1.50,2026-01-31,true,"{{""a"":[1]}}",{}\n2,,,,,\n3,much,,,,\n'


@pytest.fixture(scope="module")
def notes(deployment: Deployment) -> Iterator[Deployment]:
    with contracts_added(deployment, {"notes": NOTES}):
        yield deployment


def load(notes: Deployment, name: str) -> dict[str, Any]:
    """Land a file, and return the status of its ended run."""
    key = f"incoming/notes/{name}.csv"
    notes.put(key, HEADER + ROWS.format(name))
    return notes.wait(key)


def submitted(notes: Deployment) -> list[str]:
    """The ids of the loads of notes that the workers sent, from their log."""
    text = (notes.stack.paths.logs / "worker.log").read_text()
    lines = [json.loads(line) for line in text.splitlines() if '"event":"submitted"' in line]
    return [line["statement"] for line in lines if line["object"] == "notes"]


def change_password(notes: Deployment, after: str) -> None:
    """Change the loader's password, as the loader itself: past the rewriter, which takes no ALTER USER."""
    login = notes.record.warehouse["loader_login"]
    own = {"user": login["username"], "password": login["password"], "autocommit": True}
    with psycopg.connect(notes.record.warehouse["dsn"], **own) as session:
        session.execute(f"alter user {login['username']} password '{after}'".encode())
    login["password"] = after


def store_login(notes: Deployment) -> None:
    """Write the loader's login to its secret."""
    keys, env = notes.record.credentials, notes.record.env
    manager = boto3.client(
        "secretsmanager",
        endpoint_url=env["AWS_ENDPOINT_URL"],
        region_name=env["AWS_REGION"],
        aws_access_key_id=keys.access_key,
        aws_secret_access_key=keys.secret,
    )
    login = json.dumps(notes.record.warehouse["loader_login"])
    manager.put_secret_value(SecretId=env["LANDFALL_DB_SECRET"], SecretString=login)


def test_a_file_is_loaded_directly_with_balanced_books(notes: Deployment) -> None:
    status = load(notes, "first")
    assert (status["state"], status["balanced"]) == ("LOADED", True)
    assert [status["rows"][name] for name in ("read", "good", "rejected", "inserted")] == [3, 2, 1, 2]
    assert is_direct(submitted(notes)[-1])
    assert notes.rows("select id, amount, day, sure, more::text, text from landing.notes order by id") == [
        (1, Decimal("1.50"), date(2026, 1, 31), True, '{"a": [1]}', "first"),
        (2, None, None, None, None, None),
    ]
    books = "select rows_read, loaded, rejected, balanced from etl.books"
    assert notes.rows(f"{books} where source_key = 'incoming/notes/first.csv'") == [(3, 2, 1, 1)]


def test_a_changed_password_is_read_from_the_secret(notes: Deployment) -> None:
    """The worker has read the old one. A file fails only while the secret has no password that is accepted."""
    change_password(notes, "of-tomorrow")
    store_login(notes)
    assert load(notes, "rotated")["state"] == "LOADED"
    assert is_direct(submitted(notes)[-1])
    change_password(notes, "of-next-week")
    failed = load(notes, "too-early")
    assert (failed["state"], "LANDFALL_DB_SECRET" in failed["first_error"]["message"]) == ("FAILED", True)
    store_login(notes)
    assert load(notes, "corrected")["state"] == "LOADED"
    assert is_direct(submitted(notes)[-1])
    assert notes.rows("select text from landing.notes where id = 1") == [("corrected",)]
