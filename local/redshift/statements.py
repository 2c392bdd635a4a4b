"""The Data API's memory of its statements: as long as the process lives, and up to a limit."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import psycopg

from local.redshift.results import Result

Session = psycopg.Connection[tuple[Any, ...]]


class Status(Enum):
    """The states of a statement, in the Data API's words."""

    SUBMITTED = "SUBMITTED"  # accepted, not yet taken by a thread
    PICKED = "PICKED"  # a thread has it
    STARTED = "STARTED"  # it runs
    FINISHED = "FINISHED"
    FAILED = "FAILED"
    ABORTED = "ABORTED"  # cancelled, or after one that failed in the same batch

    @property
    def ended(self) -> bool:
        return self in (Status.FINISHED, Status.FAILED, Status.ABORTED)


class CancelledError(Exception):
    """The statement was cancelled by its owner."""


@dataclass(kw_only=True)
class Part:
    """One SQL statement of a submission. Changed only by the thread that runs it."""

    id: str
    text: str  # as it was sent
    sql: str  # with its parameters in place
    query_id: int
    created_at: float
    updated_at: float
    status: Status = Status.SUBMITTED
    error: str = ""
    seconds: float = -1.0
    rows: int = -1
    result: Result | None = None

    def move(self, status: Status, error: str = "") -> None:
        self.status, self.error, self.updated_at = status, error, time.time()


@dataclass(kw_only=True)
class Submission:
    """The work of one ExecuteStatement or BatchExecuteStatement: one transaction."""

    id: str
    parts: list[Part]
    batch: bool
    created_at: float
    updated_at: float
    name: str = ""
    with_event: bool = False
    target: dict[str, str] = field(default_factory=dict)  # WorkgroupName, Database, ... as they were sent
    parameters: list[dict[str, str]] = field(default_factory=list)
    status: Status = Status.SUBMITTED
    error: str = ""
    pid: int = 0
    ended: threading.Event = field(default_factory=threading.Event)
    waiters: threading.Semaphore = field(default_factory=threading.Semaphore)  # AWS names no number
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _cancelled: bool = False
    _session: Session | None = None

    def move(self, status: Status, error: str = "") -> None:
        self.status, self.error, self.updated_at = status, error, time.time()

    def check(self) -> None:
        """Raise CancelledError if the owner has cancelled it."""
        if self._cancelled:
            raise CancelledError

    def open(self, session: Session) -> None:
        """Attach a session: from now on a cancel reaches the server."""
        with self._lock:
            self._session, self.pid = session, session.info.backend_pid
        self.check()

    def close(self) -> None:
        with self._lock:
            self._session = None

    def cancel(self) -> bool:
        """Request it to stop. Return False if it has ended already."""
        with self._lock:
            if self.status.ended:
                return False
            self._cancelled = True
            if self._session is not None:
                self._session.cancel_safe(timeout=10)
        return True

    @property
    def cancelled(self) -> bool:
        return self._cancelled

    @property
    def rows(self) -> int:
        return self.parts[-1].rows


class Statements:
    """The submissions by id and by client token, the oldest ended ones forgotten first."""

    def __init__(self, *, keep: int = 10_000, keep_bytes: int = 256 * 1024 * 1024) -> None:
        self._keep, self._keep_bytes = keep, keep_bytes
        self._by_id: OrderedDict[str, Submission] = OrderedDict()
        self._id_by_token: dict[str, str] = {}
        self._lock = threading.Lock()

    def add(self, token: str, make: Callable[[], Submission]) -> tuple[Submission, bool]:
        """Return the submission of this token, made now if the token is new, and whether it is new."""
        with self._lock:
            known = self._by_id.get(self._id_by_token.get(token, ""))
            if known is not None:
                return known, False
            made = make()
            self._by_id[made.id] = made
            if token:
                self._id_by_token[token] = made.id
            self._forget()
        return made, True

    def find(self, statement_id: str) -> Submission | None:
        with self._lock:
            return self._by_id.get(statement_id.partition(":")[0])

    def active(self) -> int:
        with self._lock:
            return sum(not one.status.ended for one in self._by_id.values())

    def newest_first(self) -> Iterator[Submission]:
        with self._lock:
            known = list(self._by_id.values())
        return reversed(known)

    def _forget(self) -> None:
        size = sum(_bytes(one) for one in self._by_id.values()) if len(self._by_id) % 64 == 0 else 0
        for one in list(self._by_id.values()) if len(self._by_id) > self._keep or size > self._keep_bytes else []:
            if len(self._by_id) <= self._keep and size <= self._keep_bytes:
                break
            if one.status.ended:
                size -= _bytes(one)
                del self._by_id[one.id]
        if len(self._id_by_token) > 2 * self._keep:
            self._id_by_token = {token: i for token, i in self._id_by_token.items() if i in self._by_id}


def _bytes(one: Submission) -> int:
    return sum(part.result.size for part in one.parts if part.result is not None)
