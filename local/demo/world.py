"""The demo's view of a running Landfall. The CLI gives it the local stack, through a user's own interfaces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

Status = Mapping[str, Any]
"""The answer of GET /status for a file."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """The result of a query."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]


@dataclass(frozen=True, kw_only=True)
class Mail:
    """The messages of both topics: each once, however often it came."""

    business: Sequence[Mapping[str, Any]]
    support: Sequence[Mapping[str, Any]]


class World(Protocol):
    """A running Landfall, seen from outside."""

    def drop(self, path: Path, key: str) -> None:
        """Put a file into the landing bucket."""

    def status(self, key: str) -> Status | None:
        """Return the status of a file's newest version; None while it has no run."""

    def runs(self, object: str) -> Sequence[Mapping[str, Any]]:
        """List all runs of an object."""

    def rejects(self, key: str) -> Iterator[Mapping[str, Any]]:
        """Yield the bad rows of a file."""

    def query(self, sql: str) -> Table:
        """Run a query in the warehouse."""

    def mail(self) -> Mail:
        """Return the messages that were published so far."""
