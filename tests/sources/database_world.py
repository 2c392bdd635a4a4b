"""A table of a real database, which a user may only read. Worlds of one kind of database each are its subclasses."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator

from chalicelib.adapters.memory import MemoryClock
from chalicelib.domain.source.position import at_seconds
from chalicelib.domain.source.settings import SourceSettings
from chalicelib.sources.database.source import DatabaseSource
from chalicelib.sources.registry import connect
from chalicelib.sources.source import Page, Source, Surroundings, Window
from tests.sources.site import Site

BEGIN = 1_800_000_000.0
WINDOW = Window(start="", stop="2030-01-01T00:00:00.000000Z")
OPENED: list[Source] = []
"""The sources of the worlds before."""


def close_sources() -> None:
    """End the transactions of the worlds before. They would hold the table, or outlive their server."""
    while OPENED:
        OPENED.pop().close()


class DatabaseWorld(ABC):
    """A new table shop.thing."""

    kind: str
    database: str
    user: str
    failing: str
    """A query that fails at a row, whose id the server quotes."""

    def __init__(self, clock: MemoryClock, port: int, password: str, more: str, cursor: str) -> None:
        self.clock, self.password = clock, password
        close_sources()
        self.make()
        self.source_toml = f"""
kind = "{self.kind}"
every = "5m"
secret = "thing"
cursor = "{cursor}"

[source.{self.kind}]
host = "127.0.0.1"
port = {port}
database = "{self.database}"
key = ["id"]
page_rows = 2
{more or 'table = "shop.thing"'}
{"" if "watermark" in more else 'watermark = "updated_at"'}
"""

    @abstractmethod
    def make(self) -> None:
        """Make the table anew: a text as its key, and a moment that may be NULL."""

    @abstractmethod
    def run(self, *statements: str) -> None:
        """Run statements as the owner of the tables."""

    @abstractmethod
    def sessions(self) -> int:
        """Return the number of sessions of the source's user."""

    def at(self, moment: float) -> str:
        """Return a moment as this database reads it."""
        return f"'{at_seconds(moment)}'"

    def add(self, moment: float, name: str) -> None:
        self.run(f"insert into shop.thing values ('{name}', {self.at(moment)})")

    def connect(self, object: str, settings: SourceSettings) -> Source:
        secret = {"username": self.user, "password": self.password}
        around = Surroundings(
            object=object, settings=settings, secret=lambda: secret, now=self.clock.now, loopback=True
        )
        OPENED.append(connect(around))
        return OPENED[-1]


def source(world: DatabaseWorld) -> DatabaseSource:
    """The source of a world."""
    found = Site(world).source()
    assert isinstance(found, DatabaseSource)
    return found


def lines(pages: Iterator[Page]) -> list[str]:
    """The rows of pages."""
    return [line for page in pages for line in page.content.decode().split("\n")[:-1]]


def ids(pages: Iterator[Page]) -> list[str]:
    """The ids of the rows of pages."""
    return [json.loads(line)["id"] for line in lines(pages)]


def from_each_token(world: DatabaseWorld) -> list[list[str]]:
    """The ids of all rows, and then those that are read from the token of each page on."""
    tokens = ["", *(page.token for page in source(world).pages(WINDOW, ""))]
    return [ids(source(world).pages(WINDOW, token)) for token in tokens]
