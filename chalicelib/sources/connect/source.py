"""An instance of Amazon Connect as a source: its users, its queues, its contacts, or its historical metrics.

Guarantees that a window is read to its last page, or that an error says why not. Rows land as Connect wrote them, with
times in ISO 8601. Does not promise to see what changes after the look-back: Connect finds contacts by when they began
or ended, not by when they changed.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from chalicelib.domain.source.connect import ConnectSettings, Dataset
from chalicelib.domain.source.position import at, at_seconds, moment_of
from chalicelib.errors import Broken, Refused, Throttled
from chalicelib.sources.connect.searches import Search, searches
from chalicelib.sources.http.records import scalar_at
from chalicelib.sources.source import InvalidRequest, Page, Paused, Surroundings, TokenExpired, Window

WAITS = (2.0, 4.0, 8.0)
"""Seconds to wait after a throttle. Connect names none, and allows one search in two seconds."""
PAUSE = 60.0


class ConnectSource:
    """One dataset of an instance."""

    def __init__(self, surroundings: Surroundings, sleep: Callable[[float], None] = time.sleep) -> None:
        settings = surroundings.settings.connect
        if settings is None:
            raise Broken(f"the source of {surroundings.object} has no [source.connect]", code="NO_SUCH_SOURCE")
        self._settings: ConnectSettings = settings
        self._aws, self._sleep = surroundings.aws, sleep
        self._position = at_seconds(surroundings.now() - surroundings.settings.lag)

    def position(self) -> str:
        """Return the time up to which rows are complete: of metrics the end of the last whole interval."""
        if self._settings.dataset is not Dataset.METRICS:
            return self._position
        return at(self._settings.interval.begin(moment_of(self._position), self._settings.zone))

    def pages(self, window: Window, token: str) -> Iterator[Page]:
        number, page = json.loads(token) if token else (0, "")
        found = searches(self._settings, window)
        for at_search, search in enumerate(found[number:], number):
            last = at_search + 1 == len(found)
            for content, following in self._pages(search, page):
                ends = last and not following
                after = (at_search, following) if following else (at_search + 1, "")
                yield Page(content=content, token="" if ends else json.dumps(after))
            page = ""

    def close(self) -> None:
        """Release nothing: clients are shared."""

    def _pages(self, search: Search, page: str) -> Iterator[tuple[bytes, str]]:
        """Yield the pages of a search, each with the token of the next one. An empty page is not the last one."""
        seen = {page}
        while True:
            body = self._called(search, page)
            page = str(scalar_at(body, "NextToken") or "")
            yield search.rows(body), page
            if not page:
                return
            if page in seen:
                raise Refused("a next page was named twice; the pages do not end", code="SOURCE_REPEATS")
            seen.add(page)

    def _called(self, search: Search, page: str) -> bytes:
        request = {**search.request, **({"NextToken": page} if page else {})}
        try:
            return self._patient(search.operation, request)
        except InvalidRequest as error:
            if page:
                raise TokenExpired("Amazon Connect does not know the token of the next page any more") from error
            raise

    def _patient(self, operation: str, request: Mapping[str, Any]) -> bytes:
        """Call. A throttle that lasts is a pause between two workers, not of one that waits."""
        for wait in (*WAITS, None):
            try:
                return self._aws("connect", self._settings.region, operation, request)
            except Throttled:
                if wait is None:
                    break
                self._sleep(wait)
        raise Paused("Amazon Connect limits requests", PAUSE)
