"""The same, from end to end: migrations over redshift_connector, loads over the Data API, rows by COPY from S3."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.adapters.redshift_data import RedshiftData
from chalicelib.domain.contract.contract import DataCheck
from chalicelib.domain.run.ids import digest
from chalicelib.domain.run.model import Outcome
from chalicelib.domain.warehouse.ddl import target
from tests.sql.contacts import CONTRACTS, connect, order, outcome, submit
from tests.support.redshift.desk import Desk
from tests.support.redshift.migration import apply
from tests.support.settings import SETTINGS

ROWS = [
    "c1,2026-01-02 10:00:00,q1,voice,inbound,2026-01-02 09:00:00,2026-01-02 09:05:00,5,solved",
    'c2,2026-01-02T10:00:00,q1,chat,inbound,2026-01-02 09:00:00,,,"said ""no"", left"',
    "c1,2026-01-03 10:00:00,q1,voice,inbound,2026-01-02 09:00:00,2026-01-02 09:05:00,4,",
]


@pytest.fixture(scope="module")
def ready(desk: Desk) -> Desk:
    connection = connect(desk.redshift)
    apply(connection, CONTRACTS)
    assert apply(connection, CONTRACTS) == []
    connection.close()
    return desk


def held(desk: Desk) -> list[list[Any]]:
    columns = "contact_id, satisfaction, disposition, _source_offset"
    return desk.rows(f"select {columns} from {target(CONTRACTS['contact'])} order by contact_id")


def test_a_data_check_that_breaks_shows_no_value(ready: Desk) -> None:
    contact = CONTRACTS["contact"]
    broken = DataCheck(name="broken", bad_rows="chr(satisfaction * 1000000) = 'x'")
    load = order(ready, ROWS, age=5, load="broken", contract=replace(contact, checks=(*contact.checks, broken)))
    found = submit(ready, load)
    assert "000000" in found["Error"]  # the warehouse shows it
    reported = RedshiftData(ready.api, SETTINGS).describe(found["Id"])
    assert (reported.error, reported.retryable) == ("DATA_CHECK_BROKEN: check 2 cannot be evaluated", False)


def test_a_file_goes_all_the_way(ready: Desk) -> None:
    found = outcome(ready, order(ready, ROWS, age=2, load="first"))
    assert (found.outcome, found.staged, found.duplicate, found.inserted) == (Outcome.LOADED, 3, 1, 2)
    both = [["c1", 4, "unknown", 200], ["c2", None, 'said "no", left', 100]]
    assert held(ready) == both

    assert outcome(ready, order(ready, ROWS, age=2, load="first")) == found
    late = outcome(ready, order(ready, ROWS[:1], age=1, load="late"))
    assert late.superseded == 1

    swapped = ROWS[0].replace("09:05", "08:55")
    refused = submit(ready, order(ready, [swapped], age=3, load="check"))
    assert refused["Status"] == "FAILED"
    assert "DATA_CHECK_FAILED: ended before started finds 1 rows" in refused["Error"]

    short = submit(ready, order(ready, ROWS, age=4, load="short", rows_good=2, rows_read=2))
    assert "COUNT_MISMATCH: 2 rows were found good and 3 are staged" in short["Error"]
    assert held(ready) == both
    books = "select outcome, rows_read, loaded, duplicates, superseded, balanced from etl.books"
    loads = ", ".join(f"'{digest(load)}'" for load in ("first", "late", "check", "short"))
    assert ready.rows(f"{books} where load_id in ({loads}) order by rows_read") == [
        ["LOADED", 1, 0, 0, 1, 1],
        ["LOADED", 3, 2, 1, 0, 1],
    ]
