"""The transform of a scenario."""

from __future__ import annotations

from typing import Any

from chalicelib.transforms.row_error import RowError

MOST = 90


def tidy(frame: Any) -> tuple[Any, list[RowError]]:
    """Drop tests, refuse large amounts, write values in capitals, double what comes by halves."""
    frame = frame[(frame["value"] != "test").fillna(True)]
    large = frame.index[frame["half"] > MOST]
    changed = frame.assign(value=frame["value"].str.upper(), amount=frame["half"] * 2)
    return changed, [RowError(large, "amount", "is too large")]
