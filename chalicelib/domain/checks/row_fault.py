"""The fault of a record, before it becomes a reject."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from chalicelib.domain.checks.codes import RowCode
from chalicelib.domain.contract.dialect import NULL_WORD

TRAILING = ": the line ends with a delimiter; if all lines do, set dialect.trailing_delimiter"

IS_NULL_WORD = f"has the value {NULL_WORD}, which means NULL in the staged text"
"""The reason of a row whose value would be taken for NULL."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RowFault:
    """Why one record is bad, and in which column. Holds no value of the record."""

    column: str
    """The column's name; empty if the whole record is at fault."""
    code: int
    reason: str
    """The reason as a predicate of the column, or of the record."""


@lru_cache(maxsize=1024)
def ragged(width: int, expected: int, *, ends_empty: bool = False) -> RowFault:
    """Return the fault of a row with too few or too many fields. `ends_empty`: its last field is empty."""
    code = RowCode.TOO_FEW_COLUMNS if width < expected else RowCode.TOO_MANY_COLUMNS
    hint = TRAILING if ends_empty and width == expected + 1 else ""
    return RowFault(column="", code=code, reason=f"{width} columns instead of {expected}{hint}")
