"""A source in memory: a growing table."""

from __future__ import annotations

import json
from collections.abc import Iterator

from chalicelib.domain.source.position import at_seconds
from chalicelib.ports import Clock
from chalicelib.sources.source import Page, Window


class MemorySource:
    """Rows by the moment of their last change. Rows of one moment may be added at different times."""

    def __init__(self, clock: Clock, *, page_rows: int = 2, lag: float = 60.0) -> None:
        self.rows: list[tuple[float, str]] = []
        """Moment and id of each row."""
        self._clock, self._page_rows, self._lag = clock, page_rows, lag

    def position(self) -> str:
        if not self.rows:
            return ""
        return min(at_seconds(max(moment for moment, _ in self.rows)), at_seconds(self._clock.now() - self._lag))

    def close(self) -> None:
        """Release nothing."""

    def pages(self, window: Window, token: str) -> Iterator[Page]:
        rows = sorted((at_seconds(moment), name) for moment, name in self.rows)
        found = [row for row in rows if window.start <= row[0] <= window.stop]
        if token:
            found = [row for row in found if list(row) > json.loads(token)]
        for first in range(0, len(found), self._page_rows):
            page = found[first : first + self._page_rows]
            lines = (json.dumps({"id": name, "updated_at": moment}) for moment, name in page)
            yield Page(content="".join(f"{line}\n" for line in lines).encode(), token=json.dumps(page[-1]))
