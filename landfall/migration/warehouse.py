"""What a migration needs of a warehouse. `data_api` and `wire` are the two that there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

Rows = Sequence[Sequence[Any]]


class StatementError(Exception):
    """The warehouse refused a statement."""

    def __init__(self, number: int, message: str) -> None:
        super().__init__(message)
        self.number = number
        """Which of the statements, from 1 on."""
        self.message = message.removeprefix("ERROR:").strip()
        """The warehouse's text."""


class Warehouse(Protocol):
    """A database that takes Redshift's SQL."""

    def query(self, statement: str) -> Rows:
        """Return what a statement finds. Raises StatementError."""
        ...

    def run(self, statements: Sequence[str]) -> None:
        """Run all in one transaction, or none. A single one runs outside a block. Raises StatementError."""
        ...
