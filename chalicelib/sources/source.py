"""The interface of a source of data: it reports its position, and reads one window as pages.

A source does nothing else. `land` writes its pages to the bucket, and from there on they are files like any other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class Window:
    """A span of a source, both ends included. Its end is fixed before it is read."""

    start: str
    """The end of the window before; empty at the beginning of the source."""
    stop: str


class Source(Protocol):
    """A table, an API or a sheet outside.

    Guarantees that a window holds every row whose position is in it, once the source's position is at the window's
    end or after it. Does not promise that the rows of two windows differ: a row at a common end is in both.
    """

    object: str
    """The contract's name."""
    ending: str
    """The ending of its pages' names, such as `.csv`."""

    def position(self) -> str:
        """Return the source's position, as text that sorts as the rows' positions do. Empty if it has no row."""

    def pages(self, window: Window) -> Iterator[bytes]:
        """Yield the rows of a window in files of the contract's format, each with its head."""
