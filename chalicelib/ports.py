"""The outside services that the pipeline needs, as Protocols. Adapters implement them; `adapters/memory` in memory.

Every method may raise `Retryable` (the effect is unknown) or `Refused`. Docstrings name other errors. Every method may
be called again with the same arguments without harm.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Unpack

from chalicelib.domain.run.changes import RunChanges
from chalicelib.domain.run.group import Group, GroupChanges
from chalicelib.domain.run.model import Chunk, ChunkTask, LedgerRow, Run, RunState, SourceObject
from chalicelib.domain.run.storage import ColdStorage
from chalicelib.domain.warehouse.copy_faults import CopyFault
from chalicelib.domain.warehouse.load import LoadOrder
from chalicelib.domain.warehouse.statement import Statement
from chalicelib.domain.warehouse.unload import UnloadOrder


class Conflict(Exception):
    """The stored run or group is not in the state that the change was decided on: another worker was faster."""


class ObjectStore(Protocol):
    """S3. Guarantees strong read-after-write per key; nothing across keys."""

    def head(self, bucket: str, key: str, version_id: str | None = None) -> SourceObject:
        """Return the object as it is now (without a sequencer). Raises SourceGone."""

    def read(self, source: SourceObject, start: int, length: int) -> bytes:
        """Return bytes [start, start+length) of exactly this version. Raises SourceGone, SourceChanged."""

    def stream(self, source: SourceObject, start: int, stop: int) -> Iterator[bytes]:
        """Yield bytes [start, stop) of exactly this version in order, and fetch ahead while the caller works.

        Raises SourceGone, SourceChanged before it yields a byte of another version.
        """

    def get(self, bucket: str, key: str, start: int = 0, length: int | None = None) -> bytes:
        """Return an object of Landfall's own, or bytes [start, start+length) of it. Raises WorkGone."""

    def put(self, bucket: str, key: str, body: bytes) -> None:
        """Write an object of Landfall's own, whole."""

    def upload(self, bucket: str, key: str, pieces: Iterable[bytes]) -> None:
        """Write an object of Landfall's own from pieces, visible whole or not at all. Without pieces write no object.

        An error of the pieces' iterator is raised, and then nothing is written.
        """

    def copy(self, source: SourceObject, key: str) -> None:
        """Copy this version within its bucket and verify the copy's size. Raises SourceGone, SourceChanged."""

    def delete(self, source: SourceObject) -> None:
        """Delete this version, and no other; do nothing if it is gone already."""

    def cold_storage(self, bucket: str, key: str) -> ColdStorage | None:
        """Return the state of an object that cannot be read before it is restored; else None. Raises SourceGone."""

    def restore(self, bucket: str, key: str, days: int) -> None:
        """Request that an object in cold storage can be read for some days, hours from now. Raises SourceGone."""

    def list(self, bucket: str, prefix: str, after: str = "") -> Iterator[SourceObject]:
        """Yield the objects under a prefix in the order of the keys' bytes; with `after`, only those after that key."""


@dataclass(frozen=True, kw_only=True)
class Newest:
    """The newest version of a key that was ever recorded."""

    run_id: str
    etag: str
    sequencer: str


@dataclass(frozen=True, kw_only=True)
class Page:
    """Some runs, newest first, and the cursor of the next page (empty at the end)."""

    runs: tuple[Run, ...]
    cursor: str = ""


class Runs(Protocol):
    """DynamoDB: the record of each run. All writes are conditional; reads are strongly consistent."""

    def create(self, run: Run, seen: Newest | None = None) -> bool:
        """Record a new run and, if its source is newer than what its key was `seen` to point at, point the key at it.

        False if it exists, or if the key points elsewhere by now. An older one is recorded wherever the key points.
        """

    def get(self, run_id: str) -> Run | None:
        """Return the run, or None."""

    def get_many(self, run_ids: Sequence[str]) -> list[Run]:
        """Return those of these runs that are recorded, in the given order."""

    def newest(self, bucket: str, key: str) -> Newest | None:
        """Return the newest recorded version of a key."""

    def newest_of(self, bucket: str, keys: Sequence[str]) -> dict[str, Newest]:
        """Return the same for many keys, by key, without keys that were never recorded."""

    def change(self, run: Run, **changes: Unpack[RunChanges]) -> Run:
        """Set fields of the run if it still has `run`'s state, generation and load_attempt; returns it.

        A change of `state` must be a move `lifecycle` allows. Raises Conflict.
        """


class Chunks(Protocol):
    """DynamoDB: the record of each chunk of a run. Writes are conditional; reads are strongly consistent."""

    def begin(self, task: ChunkTask) -> Chunk | None:
        """Record that a worker takes the chunk (attempts + 1). None if it is STAGED already or the task is stale."""

    def finish(self, chunk: Chunk) -> Run:
        """Record a staged chunk and add its counts to the run, both or neither, once; returns the run as it then is."""

    def reopen(self, chunk: Chunk, start: int) -> None:
        """Take a staged chunk back, to be staged again from `start`; no effect if it is not `chunk` any more."""

    def of_run(self, run_id: str, generation: int) -> list[Chunk]:
        """Return the recorded chunks by number, without chunks that no worker has taken yet."""


class Tries(Protocol):
    """DynamoDB: how often in a row the work of a message was tried without success, on its run's or chunk's record.

    Work is a run's id or a chunk's task. SQS's own count is another: it also counts deliveries that a function was too
    busy to take.
    """

    def count(self, work: ChunkTask | str) -> int:
        """Count one more try; return how many there are, or 0 if the work has no record yet."""

    def counted(self, work: ChunkTask | str) -> int:
        """Return how many tries there are."""

    def clear(self, work: ChunkTask | str) -> None:
        """Reset the count of tries: the work was done, or is left to the sweep."""


class RunSearch(Protocol):
    """DynamoDB's indexes: runs by anything but their id. Results may lag behind the record."""

    def page(
        self,
        *,
        object: str = "",
        state: RunState | None = None,
        since: float = 0.0,
        until: float | None = None,
        cursor: str = "",
        limit: int = 50,
    ) -> Page:
        """Return runs by contract name, state and arrival time, newest first. Raises Refused (BAD_CURSOR).

        `since` and `until` are inclusive. A page may hold fewer than `limit` runs, or none, and still have a cursor.
        """

    def by_name(self, name: str) -> Iterator[Run]:
        """Yield the runs of files with that last key segment, newest first."""

    def unfinished(self, before: float) -> Iterator[Run]:
        """Yield the runs that are not `finished` and were last changed before that time."""


class Bookmarks(Protocol):
    """DynamoDB: a short text under a name, which outlives its writer. Reads are strongly consistent."""

    def get(self, name: str) -> str:
        """Return the text under that name; empty if there is no text."""

    def set(self, name: str, text: str) -> None:
        """Store a text under a name, and replace the one before."""

    def move(self, name: str, seen: str, text: str) -> bool:
        """Store a text under a name if the stored one is still `seen`. Return whether the text is there now."""


class LoadQueue(Protocol):
    """DynamoDB: the runs that wait for a target, and the one group of them that is being loaded.

    Reads are strongly consistent. If a run was enqueued before it saw a group in the target's slot, the worker that
    releases that slot afterwards sees the run.
    """

    def enqueue(self, target: str, run: Run, not_before: float = 0.0) -> None:
        """Let a run wait, not to be taken before a time. Do nothing if it waits already."""

    def waiting(self, target: str) -> Iterator[str]:
        """Yield the ids of the runs that may be taken now, in order of arrival."""

    def remove(self, target: str, runs: Sequence[Run]) -> None:
        """Remove these runs from the queue."""

    def group(self, target: str) -> Group | None:
        """Return the group that is being loaded, or None."""

    def claim(self, group: Group) -> bool:
        """Claim the target's slot for the group. False if the slot is taken."""

    def change(self, group: Group, **changes: Unpack[GroupChanges]) -> Group:
        """Set fields of the group if it is still as it was read; returns it. Raises Conflict."""

    def release(self, group: Group) -> None:
        """Release the target's slot, if it is still this group's."""


class Warehouse(Protocol):
    """Redshift. `submit` runs one transaction that ends with the ledger row. Only the ledger proves a load."""

    def submit(self, order: LoadOrder, *, token: str, name: str) -> Statement:
        """Submit a load and return its statement: a COPY's at once, a direct load's when it has ended.

        The same token within its life is the same statement of a COPY. A direct load is run again, without effect if
        it was committed.
        """

    def unload(self, order: UnloadOrder, *, token: str, name: str) -> str:
        """Submit an UNLOAD and return its statement id at once. It takes the rows after this call began."""

    def describe(self, statement_id: str) -> Statement:
        """Return the state of a statement."""

    def copy_faults(self, copy_id: int) -> list[CopyFault]:
        """Return the rows that a failed COPY refused; maybe not all of them, and none if it failed otherwise."""

    def ledger(self, object_name: str, load_ids: Sequence[str], since: float) -> dict[str, LedgerRow]:
        """Return the ledger rows of the committed loads among these loads of an object, by load id.

        `since` is any time before the first of these loads.
        """

    def books(self, load_id: str) -> LedgerRow | None:
        """Return the books of a file's load, with its corrections so far; None if it is not committed."""

    def cancel(self, statement_id: str) -> None:
        """Stop a statement; do nothing if it has ended already."""

    def fence(self, target: str, group_id: str) -> None:
        """Prevent any later commit of the group. Wait for a statement that is running; it may commit first.

        Raises Retryable if that takes longer than about 20 seconds.
        """


class Queue(Protocol):
    """SQS: at least once, in any order."""

    def send_run(self, run_id: str, *, delay: int = 0) -> None:
        """Send a run's message, to be received after `delay` seconds."""

    def send_runs(self, run_ids: Sequence[str]) -> None:
        """Send the messages of several runs."""

    def send_chunks(self, tasks: list[ChunkTask]) -> None:
        """Send chunks to be staged."""

    def send_source(self, object: str) -> None:
        """Send the message of an object's source."""

    def waiting(self) -> int:
        """Return about how many messages of runs wait for a worker now."""

    def redrive(self, most: int) -> int:
        """Move at most `most` messages of the dead-letter queues back to their queues. Return how many."""


class Notifier(Protocol):
    """SNS (and the optional FIFO result queue): notices of the outcomes of runs."""

    def success(self, message: Mapping[str, Any]) -> None:
        """Notify the business. `message["id"]` is stable, so that a reader can recognise a repeat."""

    def failure(self, message: Mapping[str, Any]) -> None:
        """Notify support."""


class Clock(Protocol):
    """Time."""

    def now(self) -> float:
        """Return seconds since 1970, UTC."""
