"""The machine's clock."""

from __future__ import annotations

import time


class SystemClock:
    """Right to what the machine knows; it may jump when it is set."""

    def now(self) -> float:
        return time.time()
