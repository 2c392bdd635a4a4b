"""Load windows: equal parts of an hour, so that the windows of all targets end together."""

from __future__ import annotations

import math

HOUR = 3_600


def window_fault(seconds: float) -> str:
    """Return why a window cannot be that long, and what to write instead; empty if it can."""
    if seconds == 0 or (1 <= seconds <= HOUR and HOUR % seconds == 0):
        return ""
    return f"{seconds:g} seconds do not divide an hour evenly; write 300, 900, 3600, or 0 for no window"


def window_end(at: float, seconds: float) -> float:
    """Return the end of the window in which a moment lies. Windows are counted from 1970."""
    return math.ceil(at / seconds) * seconds
