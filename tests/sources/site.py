"""A deployment in memory that reads one source, and the worlds that members of the suite read from."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any, Protocol

from chalicelib.adapters.memory import (
    MemoryBookmarks,
    MemoryChunks,
    MemoryClock,
    MemoryLoadQueue,
    MemoryNotifier,
    MemoryObjects,
    MemoryQueue,
    MemoryRuns,
    MemorySearch,
    MemorySource,
    MemoryTable,
    MemoryTries,
    MemoryWarehouse,
)
from chalicelib.adapters.memory.queue import SOURCES
from chalicelib.domain.contract_files.contract_file import read_contracts
from chalicelib.domain.source.progress import Progress, bookmark_of
from chalicelib.domain.source.settings import SourceSettings
from chalicelib.orchestration.extraction import extract, start_due
from chalicelib.pipeline.context import Context
from chalicelib.sources.source import Source
from tests.support.settings import BUCKET, SETTINGS

THING = "thing"
CONTRACT = """
name = "thing"
format = "json"
target = "landing.things"
key = ["id"]

[columns]
id = { type = "varchar(16)", required = true }
updated_at = { type = "timestamptz" }

[source]
"""
CUSTOM = """
kind = "custom"
factory = "tests.sources.site:MemoryWorld"
every = "5m"
"""


class KilledError(BaseException):
    """The worker is gone."""


class World(Protocol):
    """What a source reads, and the source's settings."""

    clock: MemoryClock
    source_toml: str
    """The table [source] of the contract."""

    def add(self, moment: float, name: str) -> None:
        """Commit a row that was last changed at a moment."""

    def connect(self, object: str, settings: SourceSettings) -> Source:
        """Return the source."""


class MemoryWorld:
    """A table in memory."""

    source_toml = CUSTOM

    def __init__(self, clock: MemoryClock) -> None:
        self.clock = clock
        self.source = MemorySource(clock)

    def add(self, moment: float, name: str) -> None:
        self.source.rows.append((moment, name))

    def connect(self, object: str, settings: SourceSettings) -> Source:
        return self.source


class FaultyWorld(MemoryWorld):
    """A table whose reading raises what `fault` returns, if anything."""

    fault: Callable[[], BaseException | None] = staticmethod(lambda: None)

    def connect(self, object: str, settings: SourceSettings) -> Source:
        if fault := self.fault():
            raise fault
        return self.source


class Interrupted:
    """A port. `before` is called before each call that changes something, and after it."""

    def __init__(self, port: Any, before: Callable[[], None]) -> None:
        self._port, self._before = port, before

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if name not in ("move", "put", "send_source", "failure"):
            return found

        def call(*arguments: Any, **named: Any) -> Any:
            self._before()
            result = found(*arguments, **named)
            self._before()
            return result

        return call


class Site:
    """A deployment with one source. `before` is called with the number of each moment between two effects."""

    def __init__(
        self, world: World, before: Callable[[int], None] = int, *, budget: float = 600.0, mb: float = 16.0
    ) -> None:
        self.world, self.clock, self.notes = world, world.clock, list[tuple[str, Any]]()
        table, numbers, self.deliveries = MemoryTable(self.clock), count(1), count(1)
        self.objects, self.bookmarks = MemoryObjects(self.clock), MemoryBookmarks(table)
        self.queue, self.notifier = MemoryQueue(self.clock, visibility=5_400), MemoryNotifier()
        self.done: list[str] = []

        def between() -> None:
            self.done.append(self.progress.done)
            before(next(numbers))

        self.ctx = Context(
            settings=replace(SETTINGS, extract_budget_seconds=budget, source_file_mb=mb),
            contracts=read_contracts({"thing.toml": (CONTRACT + world.source_toml).encode()}),
            objects=Interrupted(self.objects, between),
            runs=MemoryRuns(table),
            chunks=MemoryChunks(table),
            tries=MemoryTries(table),
            search=MemorySearch(table),
            bookmarks=Interrupted(self.bookmarks, between),
            warehouse=MemoryWarehouse(self.clock, self.objects),
            load_queue=MemoryLoadQueue(self.clock),
            queue=Interrupted(self.queue, between),
            notifier=Interrupted(self.notifier, between),
            clock=self.clock,
            note=lambda name, fields: self.notes.append((name, fields)),
        )

    @property
    def progress(self) -> Progress:
        return Progress.read(self.bookmarks.get(bookmark_of(THING)))

    def source(self) -> Source:
        """The source of the contract."""
        settings = self.ctx.contracts[THING].source
        assert settings
        return self.world.connect(THING, settings)

    def tick(self) -> None:
        """Let a minute pass, start what is due, and work on the messages."""
        self.clock.advance(60)
        start_due(self.ctx)
        self.work()

    def work(self) -> None:
        """Work on each message that can be received. A killed worker's message comes back by itself."""
        while message := self.queue.receive(queue=SOURCES):
            extract(self.ctx, self.world.connect, json.loads(message.body)["source"], f"d{next(self.deliveries)}")
            self.queue.ack(message)

    def ticks(self, minutes: int) -> None:
        for _ in range(minutes):
            self.tick()

    def landed(self) -> list[str]:
        """The ids in the bucket, in the order of the files' keys."""
        return [row.get("id") or row["Id"] for row in self.rows()]

    def rows(self) -> list[dict[str, Any]]:
        """The rows in the bucket, in the order of the files' keys."""
        found = (self.objects.get(BUCKET, key) for key in self.files())
        return [json.loads(line) for body in found for line in body.decode().splitlines()]

    def files(self) -> list[str]:
        return [found.key for found in self.objects.list(BUCKET, "")]
