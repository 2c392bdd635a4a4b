"""What is wrong with a record, before it is a reject."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from chalicelib.domain.checks.codes import RowCode


@dataclass(frozen=True, kw_only=True, slots=True)
class RowFault:
    """Why one record is bad, and where. Holds no value."""

    column: str
    """Its name; empty if the record as a whole is at fault."""
    code: int
    reason: str
    """What is wrong: a predicate of the column, or of the record."""


@lru_cache(maxsize=1024)
def ragged(width: int, expected: int) -> RowFault:
    """A row with too few or too many fields."""
    code = RowCode.TOO_FEW_COLUMNS if width < expected else RowCode.TOO_MANY_COLUMNS
    return RowFault(column="", code=code, reason=f"{width} columns instead of {expected}")
