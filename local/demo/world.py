"""What the demo needs of a running Landfall. The CLI gives it the local stack, by the ways a user has too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

Status = Mapping[str, Any]
"""What GET /status says of a file."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """The result of a query."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]


@dataclass(frozen=True, kw_only=True)
class Mail:
    """What people were told: each message once, however often it came."""

    business: Sequence[Mapping[str, Any]]
    support: Sequence[Mapping[str, Any]]


class World(Protocol):
    """A running Landfall, seen from outside."""

    def drop(self, path: Path, key: str) -> None:
        """Put a file into the landing bucket."""

    def status(self, key: str) -> Status | None:
        """How the newest version of a file is doing; None while it is not known."""

    def runs(self, object: str) -> Sequence[Mapping[str, Any]]:
        """All runs of an object."""

    def rejects(self, key: str) -> Iterator[Mapping[str, Any]]:
        """The bad rows of a file."""

    def query(self, sql: str) -> Table:
        """Ask the warehouse."""

    def mail(self) -> Mail:
        """What was published so far."""
