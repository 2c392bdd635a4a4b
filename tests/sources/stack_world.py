"""What a source of a local stack reads: ids, and the moments of their last changes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

from chalicelib.domain.source.position import at_seconds
from tests.sources.site import CONTRACT

LATE = 3
"""Seconds that a row may be committed late. The lag is a second longer, because positions are whole seconds."""
PAGE = 20


class StackWorld(ABC):
    """One source: its contract, its secret, and the rows that it has."""

    name: str
    """Of the object."""
    secret: Mapping[str, str]
    source_toml: str
    """The table [source] of the contract."""
    schedule = f'"1m"\nlag = "{LATE + 1}s"'
    settings: Mapping[str, str] = {}
    """Of the stack, beside those that all have."""

    def __init__(self) -> None:
        self.rows: dict[str, int] = {}
        """By id, when a row was last changed."""

    def put(self, key: str, moment: float) -> None:
        """Insert a row, or change it."""
        self.commit(key, int(moment), new=key not in self.rows)
        self.rows[key] = int(moment)

    @abstractmethod
    def commit(self, key: str, moment: int, *, new: bool) -> None:
        """Write the row into what the source reads."""

    @abstractmethod
    def is_read(self) -> bool:
        """Return whether a worker reads it now, or has read of it since this was last asked."""

    def position(self) -> str:
        """Return the position at which all rows have been read."""
        return at_seconds(max(self.rows.values(), default=0))

    @property
    def target(self) -> str:
        return f"landing.{self.name}"

    @property
    def contract(self) -> str:
        text = (
            CONTRACT.replace("landing.things", self.target)
            .replace("thing", self.name)
            .replace("\n[columns]", 'order_by = "updated_at"\n\n[columns]')
        )
        source = self.source_toml.replace('"5m"', self.schedule)
        return text + source.replace('secret = "thing"', f'secret = "{self.name}"')
