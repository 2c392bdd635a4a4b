"""The pause before the next try."""

from __future__ import annotations


def pause(base: float, attempt: int, jitter: float = 0.0) -> int:
    """Return whole seconds before the try after `attempt` (1-based): doubling, plus up to half as much; at least 1.

    `jitter` in [0, 1) spreads tries that failed together.
    Source: M. Brooker, Exponential Backoff and Jitter, AWS Architecture Blog, 2015 ("equal jitter").
    """
    return max(1, round(base * 2.0 ** (attempt - 1) * (1 + jitter / 2)))
