"""What a failed load means for its runs.

Pauses double with each try, are spread by at most half, and are never 0.
"""

from __future__ import annotations

import pytest

from chalicelib.domain.run.lifecycle import ending, pause
from chalicelib.domain.run.load_errors import meaning
from chalicelib.domain.run.model import RunState
from chalicelib.errors import LoadFailed


def test_a_data_check_that_fails_is_the_files_fault() -> None:
    text = "ERROR: DATA_CHECK_FAILED: no future finds 2 rows that must not be"
    error = LoadFailed(text, code=meaning(text).code)
    assert ending(RunState.LOADING, error) is RunState.REJECTED
    assert ending(RunState.LOADING, LoadFailed("ERROR: permission denied")) is RunState.FAILED


@pytest.mark.parametrize(("attempt", "seconds"), [(1, 5), (2, 10), (3, 20), (8, 640)])
def test_a_pause_doubles_with_each_try(attempt: int, seconds: int) -> None:
    assert pause(5, attempt) == seconds


@pytest.mark.parametrize(("jitter", "seconds"), [(0.0, 40), (0.5, 50), (0.999, 60)])
def test_jitter_adds_at_most_half(jitter: float, seconds: int) -> None:
    assert pause(10, 3, jitter) == seconds


@pytest.mark.parametrize(("base", "attempt"), [(0, 1), (0.2, 1), (0.2, 2), (5, 0), (1, -3)])
def test_a_pause_is_at_least_a_second(base: float, attempt: int) -> None:
    assert pause(base, attempt) == max(1, round(base / 2 ** (1 - attempt)))
    assert pause(base, attempt) >= 1


def test_a_pause_is_a_number_after_any_tries() -> None:
    """A source or an export is tried for as long as it fails: 2.0 ** 1024 would be an error."""
    assert pause(10, 5_000) == pause(10, 50_000) > 10**9
