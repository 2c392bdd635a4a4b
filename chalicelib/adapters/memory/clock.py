"""A clock that moves only when it is set."""

from __future__ import annotations


class MemoryClock:
    """Stands still until `advance` or an assignment to `time`, which may also go back."""

    def __init__(self, time: float = 1_800_000_000.0) -> None:
        self.time = time

    def now(self) -> float:
        return self.time

    def advance(self, seconds: float) -> None:
        self.time += seconds
