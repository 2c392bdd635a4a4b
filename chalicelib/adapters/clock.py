"""The machine's clock."""

from __future__ import annotations

import time


class SystemClock:
    """As exact as the machine's clock; it may jump when the machine's clock is set."""

    def now(self) -> float:
        return time.time()
