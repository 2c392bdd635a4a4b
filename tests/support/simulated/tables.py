"""A table outside that people change, and what reads it: as a database is read, and by an API.

Neither keeps a snapshot: a row that changes while a window is read is no longer where it was.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from chalicelib.adapters.memory import MemoryClock
from chalicelib.domain.source.position import at_seconds
from chalicelib.domain.source.settings import SourceSettings
from chalicelib.errors import Throttled
from chalicelib.ports import Clock
from chalicelib.sources.http.client import Response
from chalicelib.sources.http.source import HttpSource
from chalicelib.sources.source import Page, Paused, Source, Surroundings, Window

PAGE = 2
LONGEST = 64
"""Bytes of the longest value that the contracts take."""
PAUSE = 120.0
TOKEN_LIFE = 1_200.0
CURSOR_LIFE = 1_800.0
Place = tuple[str, str]
"""Position and key of a row."""


@dataclass(frozen=True, kw_only=True)
class Version:
    """A row as it once was."""

    position: str
    number: int
    """Grows with each change of the table."""
    value: str

    @property
    def good(self) -> bool:
        return len(self.value) <= LONGEST

    @property
    def rest(self) -> str:
        """The row without its key, as the promises compare it."""
        return f"{self.value},{self.number}"


class Table:
    """Rows by key, and all that they ever were."""

    def __init__(self, clock: MemoryClock) -> None:
        self.rows: dict[str, Version] = {}
        self.history: dict[str, set[str]] = {}
        self.amended: set[str] = set()
        """Rows that changed at a position that was read already."""
        self.landed: set[tuple[str, int]] = set()
        """Key and number of each row that is in a landed file."""
        self._clock, self._number = clock, 0
        self.pages = 0

    def write(self, key: str, value: str = "v", *, ago: float = 0.0) -> None:
        """Commit a row whose transaction began so many seconds ago."""
        self._set(key, at_seconds(self._clock.now() - ago), value)

    def amend(self, key: str, value: str) -> None:
        """Change a row as if it had always been like this."""
        self.amended.add(key)
        self._set(key, self.rows[key].position, value)

    def _set(self, key: str, position: str, value: str) -> None:
        self._number += 1
        self.rows[key] = Version(position=position, number=self._number, value=value)
        self.history.setdefault(key, set()).add(self.rows[key].rest)

    def delete(self, key: str) -> None:
        self.rows.pop(key, None)

    def newest(self) -> str:
        return max((row.position for row in self.rows.values()), default="")

    def page(self, start: str, stop: str, after: Place | None) -> list[tuple[Place, str]]:
        """The next rows of a window, each with its place."""
        self.pages += 1
        places = sorted((row.position, key) for key, row in self.rows.items() if start <= row.position <= stop)
        found = [place for place in places if after is None or place > after][:PAGE]
        return [(place, self._line(place[1])) for place in found]

    def _line(self, key: str) -> str:
        row = self.rows[key]
        return json.dumps({"id": key, "value": row.value, "amount": row.number})

    def note_landed(self, body: bytes) -> dict[str, str]:
        """Note the rows of a file that has landed; the good ones."""
        rows = [json.loads(line) for line in body.splitlines()]
        self.landed |= {(row["id"], row["amount"]) for row in rows}
        return {row["id"]: f"{row['value']},{row['amount']}" for row in rows if len(row["value"]) <= LONGEST}


class Api:
    """The same table behind an API with tokens that expire, as do the cursors of its pages."""

    def __init__(self, table: Table, clock: MemoryClock) -> None:
        self._table, self._clock = table, clock

    def request(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> Response:
        if method == "POST":
            return _answer(200, {"access_token": f"{self._clock.now()}"})
        issued = float(headers["Authorization"].partition(" ")[2])
        query = dict(parse_qsl(urlsplit(url).query))
        after, _, made = query.get("after", "").rpartition("@")
        if issued + TOKEN_LIFE < self._clock.now():
            return _answer(401, {})
        if after and float(made) + CURSOR_LIFE < self._clock.now():
            return _answer(410, {})
        return self._page(query["since"], query["until"], after)

    def _page(self, since: str, until: str, after: str) -> Response:
        start, stop = (end.replace("Z", ".000000Z") for end in (since, until))
        position, _, key = after.partition("|")
        found = self._table.page(start, stop, (position, key) if after else None)
        more = len(found) == PAGE
        cursor = f"{'|'.join(found[-1][0])}@{self._clock.now()}" if more else None
        return _answer(200, {"tickets": [json.loads(line) for _, line in found], "after": cursor})

    def close(self) -> None:
        """Close nothing."""


def _answer(status: int, found: Mapping[str, Any]) -> Response:
    return Response(status=status, headers={}, body=json.dumps(found).encode(), url="")


class Polite:
    """Calls of a source. One that is throttled is a request for a pause."""

    def __init__(self, calls: Any) -> None:
        self._calls = calls

    def __getattr__(self, name: str) -> Callable[..., Any]:
        found = getattr(self._calls, name)

        def made(*arguments: Any) -> Any:
            try:
                return found(*arguments)
            except Throttled as throttled:
                raise Paused(str(throttled), PAUSE) from None

        return made


class TableSource:
    """Reads the table as a database is read: in the order of position and key."""

    def __init__(self, table: Any, settings: SourceSettings, clock: Clock) -> None:
        self._table = table
        self._latest = at_seconds(clock.now() - settings.lag)

    def position(self) -> str:
        return min(self._table.newest(), self._latest)

    def pages(self, window: Window, token: str) -> Iterator[Page]:
        after = tuple(json.loads(token)) if token else None
        while rows := self._table.page(window.start, window.stop, after):
            after = rows[-1][0]
            yield Page(content="".join(f"{line}\n" for _, line in rows).encode(), token=json.dumps(after))

    def close(self) -> None:
        """Release nothing."""


def source_of(object: str, settings: SourceSettings, table: Any, api: Any, clock: Clock) -> Source:
    """The source of a contract; `table` and `api` may fail."""
    if settings.http is None:
        return TableSource(Polite(table), settings, clock)
    secret = {"client_id": "id", "client_secret": "secret"}
    around = Surroundings(object=object, settings=settings, secret=lambda: secret, now=clock.now)
    return HttpSource(around, Polite(api))  # type: ignore[arg-type]
