"""The fault of a record, before it becomes a reject."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from chalicelib.domain.checks.codes import RowCode


@dataclass(frozen=True, kw_only=True, slots=True)
class RowFault:
    """Why one record is bad, and in which column. Holds no value of the record."""

    column: str
    """The column's name; empty if the whole record is at fault."""
    code: int
    reason: str
    """The reason as a predicate of the column, or of the record."""


@lru_cache(maxsize=1024)
def ragged(width: int, expected: int) -> RowFault:
    """Return the fault of a row with too few or too many fields."""
    code = RowCode.TOO_FEW_COLUMNS if width < expected else RowCode.TOO_MANY_COLUMNS
    return RowFault(column="", code=code, reason=f"{width} columns instead of {expected}")
