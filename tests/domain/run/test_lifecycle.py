"""What a failed load means for its runs."""

from __future__ import annotations

from chalicelib.domain.run.lifecycle import ending, load_fault
from chalicelib.domain.run.model import RunState
from chalicelib.errors import LoadFailed


def test_a_data_check_that_fails_is_the_files_fault() -> None:
    text = "ERROR: DATA_CHECK_FAILED: no future finds 2 rows that must not be"
    error = LoadFailed(text, code=load_fault(text))
    assert ending(RunState.LOADING, error) is RunState.REJECTED
    assert ending(RunState.LOADING, LoadFailed("ERROR: permission denied")) is RunState.FAILED
    assert load_fault("ERROR: DATA_CHECK_FAILED: no DUPLICATE_KEYS: finds 1 rows that must not be") == error.code
