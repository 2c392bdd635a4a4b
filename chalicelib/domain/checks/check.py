"""A check of one column: a fast proof for whole blocks, and a judge for single values.

The proof runs vectorised over a block and returns which values are certainly good. All other values go to the judge,
one by one. The judge is plain Python, exact, and decides. So a proof may leave good values unproven, but it must never
prove a bad value. Empty values are NULL and do not reach a check.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from chalicelib.domain.raw.swar import Fields, Mask


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """Why a value cannot be loaded. Holds no value."""

    code: int
    """Redshift's load error code (`codes.py`)."""
    reason: str
    """The reason, written to follow the column's name: "is not a date: ..."."""


Prove = Callable[[Fields], Mask]
Judge = Callable[[bytes], Fault | None]


@dataclass(frozen=True, kw_only=True)
class Check:
    """One condition on the values of a column."""

    prove: Prove
    judge: Judge


MEMOISED_VERDICTS = 65_536
"""Number of distinct values whose verdict a judge keeps: it matches a pattern once per value, not once per row."""
MEMOISED_BYTES = 256
"""Length of the longest value whose verdict is kept; this bounds the memory for verdicts."""


def memoised(judge: Judge) -> Judge:
    """Return the same judge with a cache of its latest verdicts on short values."""
    kept = lru_cache(maxsize=MEMOISED_VERDICTS)(judge)
    return lambda value: kept(value) if len(value) <= MEMOISED_BYTES else judge(value)


def prove_nothing(fields: Fields) -> Mask:
    """Leave every value to the judge."""
    return np.zeros(len(fields.start), np.bool_)
