"""The ports, contracts and settings that every step acts on. It has no behaviour."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.config import Settings
from chalicelib.domain.contract_files.contract_file import Contracts
from chalicelib.ports import (
    Bookmarks,
    Chunks,
    Clock,
    LoadQueue,
    Notifier,
    ObjectStore,
    Queue,
    Runs,
    RunSearch,
    Tries,
    Warehouse,
)

Note = Callable[[str, Mapping[str, Any]], None]


@dataclass(frozen=True, kw_only=True)
class Context:
    """The ports, the contracts and the settings."""

    settings: Settings
    contracts: Contracts
    objects: ObjectStore
    runs: Runs
    chunks: Chunks
    tries: Tries
    search: RunSearch
    bookmarks: Bookmarks
    warehouse: Warehouse
    load_queue: LoadQueue
    queue: Queue
    notifier: Notifier
    clock: Clock
    note: Note
    """Records an event for logs and metrics: its name, and fields without row values."""
