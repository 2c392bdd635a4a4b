"""What a failed load means for its runs."""

from __future__ import annotations

from chalicelib.domain.run.lifecycle import ending
from chalicelib.domain.run.load_errors import meaning
from chalicelib.domain.run.model import RunState
from chalicelib.errors import LoadFailed


def test_a_data_check_that_fails_is_the_files_fault() -> None:
    text = "ERROR: DATA_CHECK_FAILED: no future finds 2 rows that must not be"
    error = LoadFailed(text, code=meaning(text).code)
    assert ending(RunState.LOADING, error) is RunState.REJECTED
    assert ending(RunState.LOADING, LoadFailed("ERROR: permission denied")) is RunState.FAILED
