"""The system's clock."""

from __future__ import annotations

import time

from chalicelib.adapters.clock import SystemClock


def test_the_systems_clock_returns_unix_time() -> None:
    assert abs(SystemClock().now() - time.time()) < 5
