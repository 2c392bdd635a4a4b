"""The rejects that a transform returns beside its rows. It imports nothing, so that contracts' code may import it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class RowError:
    """Rows that a transform rejects, with the reason."""

    rows: Iterable[int]
    """Their labels in the index of the table that the function got."""
    column: str
    """The column at fault; empty if it is the row as a whole."""
    reason: str
    """The fault as a predicate of the column, such as `is before opened_at`. Logs show it: it must hold no value."""
