"""Every row of the table of the warehouse's error texts, with texts that it decides."""

from __future__ import annotations

import pytest

from chalicelib.domain.run.load_errors import (
    ANY_OTHER,
    CONTRACT_AHEAD,
    FILE_FAULTS,
    RAISED,
    ROWS,
    TARGET_NOT_TABLE,
    Cause,
    meaning,
)

EXAMPLES = [
    ("ERROR: DATA_CHECK_FAILED: no future finds 2 rows that must not be", "DATA_CHECK_FAILED", Cause.FILE),
    ("ERROR: DATA_CHECK_FAILED: no DUPLICATE_KEYS: finds 1 rows that must not be", "DATA_CHECK_FAILED", Cause.FILE),
    (
        "ERROR: DATA_CHECK_FAILED: lost connection finds 1023 rows that must not be",
        "DATA_CHECK_FAILED",
        Cause.FILE,
    ),
    (
        "DUPLICATE_KEYS: 1 rows repeat a key, the first at byte 1023; the key is connection_id",
        "DUPLICATE_KEYS",
        Cause.FILE,
    ),
    (
        "Query #3 failed with ERROR: CONTRACT_AHEAD: 1 columns of a.b cannot hold what the contract allows (connection"
        " is missing)",
        "CONTRACT_AHEAD",
        Cause.SETUP,
    ),
    ("ERROR: TARGET_NOT_TABLE: a.connection is not a table; name a table", "TARGET_NOT_TABLE", Cause.SETUP),
    ("ERROR: COUNT_MISMATCH: 1023 rows were found good and 4 are staged", "LOAD_FAILED", Cause.UNKNOWN),
    ("ERROR: TARGET_KEY_TWICE: a key of the load is in sales.connection more than once", "LOAD_FAILED", Cause.UNKNOWN),
    ("DATA_CHECK_BROKEN: check 1023 cannot be evaluated", "LOAD_FAILED", Cause.UNKNOWN),
    ("ERROR: permission denied for relation orders (connection 5)", "LOAD_FAILED", Cause.SETUP),
    ("permission denied: connection refused", "LOAD_FAILED", Cause.UNKNOWN),
    ("ERROR: S3ServiceException:Access Denied,Status 403,Error AccessDenied", "LOAD_FAILED", Cause.UNKNOWN),
    (
        "ERROR: S3ServiceException:The specified key does not exist.,Status 404,Error NoSuchKey,Rid 1023",
        "WORK_GONE",
        Cause.STAGED,
    ),
    (
        "ERROR: The specified S3 prefix 'processed/role x/1.csv' does not exist",
        "WORK_GONE",
        Cause.STAGED,
    ),
    ('ERROR: relation "etl.gate_x" does not exist', "LOAD_FAILED", Cause.SETUP),
    ('ERROR: column "connection_id" does not exist', "LOAD_FAILED", Cause.SETUP),
    ("ERROR: procedure etl.data_check_v1(unknown, character varying) does not exist", "LOAD_FAILED", Cause.SETUP),
    ("ERROR: 1023 DETAIL: Serializable isolation violation on table - 100, cycle of 1, 2", "RETRY", Cause.PASSING),
    ("ERROR: could not serialize access due to concurrent update", "RETRY", Cause.PASSING),
    ("ERROR: deadlock detected", "RETRY", Cause.PASSING),
    ("ERROR: Query (7) cancelled on user's request", "RETRY", Cause.PASSING),
    ("ERROR: current transaction is aborted", "RETRY", Cause.PASSING),
    ("Connection to the server was lost", "RETRY", Cause.PASSING),
    ("The workgroup is not available", "RETRY", Cause.PASSING),
    ("Cluster is paused", "RETRY", Cause.PASSING),
    ("ERROR: S3ServiceException:Slow,Status 503,Error SlowDown", "RETRY", Cause.PASSING),
    ("ERROR: Disk Full", "LOAD_FAILED", Cause.UNKNOWN),
    ("", "LOAD_FAILED", Cause.UNKNOWN),
]


@pytest.mark.parametrize(("text", "code", "cause"), EXAMPLES, ids=[text[:40] for text, _, _ in EXAMPLES])
def test_a_text_has_one_meaning(text: str, code: str, cause: Cause) -> None:
    found = meaning(text)
    assert (found.code, found.cause, found.retryable) == (code, cause, cause is Cause.PASSING)


def test_every_row_decides_an_example() -> None:
    assert {id(meaning(text)) for text, _, _ in EXAMPLES} == {id(row) for row in (*ROWS, ANY_OTHER)}


@pytest.mark.parametrize("code", RAISED)
@pytest.mark.parametrize("words", ["1023", "aborted", "connection", "relation x does not exist", "NoSuchKey"])
def test_a_raised_code_counts_whatever_follows(code: str, words: str) -> None:
    """A name in the text of our procedures can be any words."""
    found = meaning(f"ERROR: {code}: {words}")
    assert not found.retryable
    known = {**dict.fromkeys((CONTRACT_AHEAD, TARGET_NOT_TABLE), Cause.SETUP), **dict.fromkeys(FILE_FAULTS, Cause.FILE)}
    assert found.cause is known.get(code, Cause.UNKNOWN)


@pytest.mark.parametrize("name", ["connection", "aborted", '"internal error"', "sales.deadlock", "cancelled"])
@pytest.mark.parametrize("kind", ["relation", "column", "schema", "function", "procedure", "role"])
def test_what_is_missing_stays_missing_whatever_its_name(kind: str, name: str) -> None:
    name = name.replace(" ", "_")
    assert meaning(f"ERROR: {kind} {name} does not exist").cause is Cause.SETUP
