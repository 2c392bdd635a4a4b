"""Windows of all targets end together, and no run waits as long as a window."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.contract.load_window import HOUR, window_end, window_fault

WINDOWS = [seconds for seconds in range(1, HOUR + 1) if HOUR % seconds == 0]


@given(st.floats(1e9, 4e9), st.sampled_from(WINDOWS))
def test_a_window_ends_within_its_length(at: float, seconds: float) -> None:
    assert 0 <= window_end(at, seconds) - at < seconds


@given(st.integers(0, 1_000_000), st.sampled_from(WINDOWS))
def test_every_window_ends_with_the_hour(hour: int, seconds: float) -> None:
    assert window_end(hour * HOUR, seconds) == hour * HOUR


@pytest.mark.parametrize("seconds", [0, 1, 60, 300, 900, 1800, 3600, 0.0])
def test_parts_of_an_hour_can_be_windows(seconds: float) -> None:
    assert window_fault(seconds) == ""


@pytest.mark.parametrize("seconds", [-300, 0.5, 7, 301, 7200, float("inf"), float("nan")])
def test_others_cannot(seconds: float) -> None:
    assert "write 300, 900, 3600, or 0" in window_fault(seconds)
