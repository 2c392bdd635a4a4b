"""A source in memory: a growing table."""

from __future__ import annotations

from collections.abc import Iterator

from chalicelib.sources.source import Window


class MemorySource:
    """Rows by position. Rows of one position may be added at different times, as in a busy database."""

    ending = ".csv"

    def __init__(self, object: str, *, page_rows: int = 2) -> None:
        self.object = object
        self.rows: list[tuple[str, str]] = []
        """Position and text of each row."""
        self._page_rows = page_rows

    def position(self) -> str:
        return max((at for at, _ in self.rows), default="")

    def pages(self, window: Window) -> Iterator[bytes]:
        found = [row for at, row in sorted(self.rows) if window.start <= at <= window.stop]
        for first in range(0, len(found), self._page_rows):
            yield "".join(f"{row}\n" for row in ["row", *found[first : first + self._page_rows]]).encode()
