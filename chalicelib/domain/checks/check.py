"""What a check of one column is: a quick proof for whole blocks, and a judge for single values.

The proof runs vectorised over a block and says which values are good beyond doubt. All others go to the judge, one by
one: it is plain Python, exact, and has the last word, so a proof may be timid but must never call a bad value good.
Empty values never come here: they are NULL.
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
    """What is wrong, to follow the column's name: "is not a date: ..."."""


Prove = Callable[[Fields], Mask]
Judge = Callable[[bytes], Fault | None]


@dataclass(frozen=True, kw_only=True)
class Check:
    """One condition on the values of a column."""

    prove: Prove
    judge: Judge


MEMOISED_VERDICTS = 65_536
"""Verdicts on distinct values that a judge keeps: a pattern is matched once per value, not once per row."""
MEMOISED_BYTES = 256
"""Bytes of the longest value whose verdict is kept, so that verdicts take a bounded room."""


def memoised(judge: Judge) -> Judge:
    """The same judge, with its last verdicts on short values kept."""
    kept = lru_cache(maxsize=MEMOISED_VERDICTS)(judge)
    return lambda value: kept(value) if len(value) <= MEMOISED_BYTES else judge(value)


def prove_nothing(fields: Fields) -> Mask:
    """Leaves every value to the judge."""
    return np.zeros(len(fields.start), np.bool_)
