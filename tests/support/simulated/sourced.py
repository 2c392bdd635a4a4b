"""The source of a simulated deployment: its table, the clock that starts readings, and the workers that read."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

from chalicelib.adapters.memory import MemoryBookmarks, MemoryClock, MemoryObjects
from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.run.events import source_messages
from chalicelib.domain.source.position import landing_folder
from chalicelib.domain.source.progress import Progress, bookmark_of
from chalicelib.orchestration.extraction import extract, start_due
from chalicelib.pipeline.context import Context
from chalicelib.ports import Clock
from tests.support.simulated.tables import Api, Table, source_of

TICK_SECONDS = 60.0
_progress = lru_cache(1_000)(Progress.read)
"""The same record is looked at again and again."""


class Bucket(MemoryObjects):
    """A bucket that notifies of what lands in the folder of a source, as S3 does whoever puts it there."""

    folder = "\0"
    landed: Callable[[str, bytes], object] = staticmethod(lambda key, body: None)

    def put(self, bucket: str, key: str, body: bytes) -> None:
        super().put(bucket, key, body)
        if key.startswith(self.folder):
            self.landed(key, body)


class Sourced:
    """One source, and how far it was read."""

    def __init__(self, contract: Contract, bookmarks: MemoryBookmarks, clock: MemoryClock) -> None:
        assert contract.source
        self.object, self.settings, self.folder = contract.name, contract.source, landing_folder(contract.name)
        self.table = Table(clock)
        self.api = Api(self.table, clock)
        self.ticked = 0.0
        self._bookmarks, self._clock, self._bookmark = bookmarks, clock, bookmark_of(contract.name)

    @property
    def progress(self) -> Progress:
        return _progress(self._bookmarks.get(self._bookmark))

    @property
    def read_up(self) -> bool:
        """Whether each row of the table has been read, and each window that was requested."""
        progress = self.progress
        return not (progress.open or progress.wanted or progress.wanted_now) and progress.done >= self.table.newest()

    @property
    def next_tick(self) -> float:
        """When the clock may find something to do."""
        progress, now, schedule = self.progress, self._clock.now(), self.settings.schedule
        due = 0.0 if progress.has_work(schedule.last(now)) else schedule.next(now)
        return max(self.ticked + TICK_SECONDS, progress.lease_until, progress.not_before, progress.asked_until, due)

    def tick(self, ctx: Context) -> None:
        """What app.py does each minute."""
        start_due(ctx)

    def read(self, ctx: Context, behind_faults: Callable[[str], Any], clock: Clock, record: dict[str, Any]) -> None:
        """What app.py does with a message of a source."""
        connect = partial(source_of, table=behind_faults("table"), api=behind_faults("api"), clock=clock)
        for name, delivery in source_messages({"Records": [record]}):
            extract(ctx, connect, name, delivery)
