"""Small things of a simulated deployment: what was put, how S3 tells it, what workers take for the time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

from chalicelib.adapters.memory import MemoryClock
from chalicelib.domain.contract_files.contract_file import load_contracts
from chalicelib.domain.run.model import SourceObject

CONTRACTS = load_contracts(Path(__file__).parent / "contracts")
OTHERS = load_contracts(Path(__file__).parent / "others")
"""Contracts of single scenarios: of sources, of another format, with a transform."""
READS = frozenset(
    {
        *(f"objects.{name}" for name in ("head", "read", "stream", "get", "list", "cold_storage")),
        *(f"runs.{name}" for name in ("get", "get_many", "newest", "newest_of")),
        *(f"search.{name}" for name in ("unfinished", "page", "by_name")),
        "chunks.of_run",
        "bookmarks.get",
        *(f"load_queue.{name}" for name in ("waiting", "group")),
        "queue.waiting",
        *(f"warehouse.{name}" for name in ("describe", "ledger")),
        *(f"table.{name}" for name in ("newest", "page")),
        "api.request",
    }
)
"""Calls that change nothing, so that nothing needs to be checked after them."""


@dataclass(frozen=True, kw_only=True)
class Landed:
    """A version that was put, with the rows a person reading it would expect to be good."""

    source: SourceObject
    rows: dict[str, str]
    """Key to the rest of the row."""


@dataclass
class WorkersClock:
    """What the worker whose turn it is takes for the time."""

    clock: MemoryClock
    offset: float = 0.0

    def now(self) -> float:
        return self.clock.now() + self.offset


def record_of(source: SourceObject) -> dict[str, Any]:
    """One record of an S3 notification: the key is form-encoded."""
    thing = {"key": quote_plus(source.key), "size": source.size, "eTag": source.etag, "sequencer": source.sequencer}
    thing |= {"versionId": source.version_id} if source.version_id else {}
    return {"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": source.bucket}, "object": thing}}
