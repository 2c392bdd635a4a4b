"""A clock that goes only when it is moved."""

from __future__ import annotations


class MemoryClock:
    """Stands still until `advance` or an assignment to `time`; it may also be set back."""

    def __init__(self, time: float = 1_800_000_000.0) -> None:
        self.time = time

    def now(self) -> float:
        return self.time

    def advance(self, seconds: float) -> None:
        self.time += seconds
