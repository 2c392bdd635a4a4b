"""Where an object's rows stand in a workbook."""

from __future__ import annotations

from dataclasses import dataclass

MOST_HEADER_ROW = 10_000


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """The sheet of a workbook, and its row of column names."""

    name: str = ""
    """Empty: the only visible sheet."""
    header_row: int = 1
    """The row with the column names, from 1. What is above it is left out."""
