"""What every step acts on: ports, contracts and settings. It has no behaviour."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.config import Settings
from chalicelib.domain.contract_files.contract_file import Contracts
from chalicelib.ports import Clock, LoadQueue, Notifier, ObjectStore, Queue, RunStore, Warehouse

Note = Callable[[str, Mapping[str, Any]], None]


@dataclass(frozen=True, kw_only=True)
class Context:
    """The ports, the agreements and the settings."""

    settings: Settings
    contracts: Contracts
    objects: ObjectStore
    runs: RunStore
    warehouse: Warehouse
    load_queue: LoadQueue
    queue: Queue
    notifier: Notifier
    clock: Clock
    note: Note
    """Takes what happened, for logs and metrics: a name and fields without row values."""
