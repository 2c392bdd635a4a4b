"""What of the warehouse's own words for a failure is kept: names, and no values."""

from __future__ import annotations

import pytest

from chalicelib.adapters.statement_errors import scrubbed
from tests.adapters.unit.data_api import ended, warehouse
from tests.adapters.unit.wire import Script


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('ERROR: invalid input syntax for type integer: "CANARY"', "ERROR: invalid input syntax for type integer: '…'"),
        ('ERROR: relation "etl.ledger" does not exist', 'ERROR: relation "etl.ledger" does not exist'),
        ("ERROR: value too long\n  DETAIL: value: CANARY", "ERROR: value too long"),
        ("ERROR: Load into table 'staging' failed.", "ERROR: Load into table 'staging' failed."),
        ("Invalid date 'CANARY' for column 'd'", "Invalid date '…' for column 'd'"),
        ("Invalid date 'CAN'ARY, CAN\"ARY' for column 'd'.", "Invalid date '…' for column 'd'."),
        (
            'ERROR: invalid input syntax for type integer: "7"CANARY"8"',
            "ERROR: invalid input syntax for type integer: '…'",
        ),
        ('ERROR: invalid input syntax for type integer: "CANARY', "ERROR: invalid input syntax for type integer: '…'"),
        ("ERROR: 1023 Detail: row CANARY aborted", "ERROR: 1023"),
        ("Failing row: DETAIL: (CANARY, connection lost)", "Failing row:"),
        ("ERROR: Query cancelled on user's request", "ERROR: Query cancelled on user's request"),
        (
            "ERROR: DATA_CHECK_FAILED: no 'late' rows finds 3 rows that must not be",
            "ERROR: DATA_CHECK_FAILED: no '…' rows finds 3 rows that must not be",
        ),
    ],
)
def test_an_error_shows_names_but_no_values(text: str, shown: str) -> None:
    assert scrubbed(text) == shown
    assert len(scrubbed("x" * 9_999)) == 500


CALLED = "CALL etl.data_check_v1('staging_0', :check_2_name, :check_2_rows)"
CHARACTER = "ERROR: requested character too large for encoding: 4711"


@pytest.mark.parametrize(
    ("called", "error", "shown"),
    [
        (CALLED, CHARACTER, "DATA_CHECK_BROKEN: check 2 cannot be evaluated"),
        (CALLED, "", "DATA_CHECK_BROKEN: check 2 cannot be evaluated"),
        ("CALL etl.data_check_v1($1, $2)", CHARACTER, "DATA_CHECK_BROKEN: check ? cannot be evaluated"),
        (CALLED, "ERROR: invalid: DATA_CHECK_FAILED: 4711", "DATA_CHECK_BROKEN: check 2 cannot be evaluated"),
        (
            CALLED,
            "ERROR: DATA_CHECK_FAILED: late finds 3 rows that must not be",
            "ERROR: DATA_CHECK_FAILED: late finds 3 ",
        ),
        ("CALL etl.check_count_v1('staging_0', :rows_good)", "ERROR: COUNT_MISMATCH: 2", "ERROR: COUNT_MISMATCH: 2"),
        ("COPY x", CHARACTER, CHARACTER),
    ],
)
def test_a_broken_check_keeps_no_word_of_the_warehouse(called: str, error: str, shown: str) -> None:
    parts = [
        {"Id": "s:1", "Status": "FINISHED", "QueryString": CALLED},
        {"Id": "s:2", "Status": "FAILED", "QueryString": called, "Error": error},
        {"Id": "s:3", "Status": "ABORTED", "QueryString": CALLED},
    ]
    found = warehouse(Script([ended("FAILED", Error=error, SubStatements=parts)])).describe("s")
    assert found.error.startswith(shown)
    assert not found.retryable


def test_a_check_that_met_another_load_is_tried_again() -> None:
    parts = [{"Id": "s:1", "Status": "FAILED", "QueryString": CALLED, "Error": "ERROR: 1023 CANARY"}]
    found = warehouse(Script([ended("FAILED", SubStatements=parts)])).describe("s")
    assert (found.error, found.retryable) == ("DATA_CHECK_BROKEN: check 2 cannot be evaluated", True)


def test_a_described_failure_shows_no_values() -> None:
    found = warehouse(Script([ended("FAILED", Error="ERROR: bad integer: 'CANARY'")])).describe("s")
    assert found.error == "ERROR: bad integer: '…'"
