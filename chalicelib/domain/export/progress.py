"""The record of an object's export, and every change of it.

A record changes only by compare and swap. Settled loads are counted. What an export has is fixed before its UNLOAD is
submitted, so a load that commits later is not taken for it:

load 1 settles: 1 requested | worker: takes 1, submits | load 2 settles: 2 requested | UNLOAD ends, is moved: 1 exported
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from enum import Enum

SUBMIT_SECONDS = 60.0
"""How long a worker may take to submit an UNLOAD. A later one has a folder of its own, so that the two never meet."""
MOVE_SECONDS = 1_500.0
"""How long a worker holds a finished UNLOAD: the timeout of its function, and ten minutes by which clocks may differ.
A worker that lives has its lease. So an older file never replaces a newer one."""
LONGEST_PAUSE = 900.0


class ExportState(Enum):
    """The state of an export."""

    NEVER = "NEVER"  # no load has settled since the contract has an export
    WAITING = "WAITING"  # a load is newer than the file
    RUNNING = "RUNNING"  # a load is newer than the file, and a new file is being written
    FAILING = "FAILING"  # a load is newer than the file, and the last try failed; it is tried again
    CURRENT = "CURRENT"  # the file has the rows of every load


@dataclass(frozen=True, kw_only=True)
class ExportRequests:
    """The loads that have settled. It has a bookmark of its own: who settles a load meets nobody who exports."""

    count: int = 0
    """One load may be counted twice."""
    run_id: str = ""
    """A run of the newest of them: its message leads to the export."""

    @classmethod
    def read(cls, text: str) -> ExportRequests:
        """Return the requests of a bookmark's text."""
        return cls(**json.loads(text)) if text else cls()

    @property
    def text(self) -> str:
        return json.dumps(asdict(self))

    def one_more(self, run_id: str) -> ExportRequests:
        return ExportRequests(count=self.count + 1, run_id=run_id)


@dataclass(frozen=True, kw_only=True)
class ExportProgress:
    """The record of an export."""

    exported: int = 0
    """The loads that had settled when the rows of the file were taken."""
    exported_at: float = 0.0
    """When the rows of the file were taken."""
    taken: int = 0
    """What `exported` becomes once the UNLOAD that is under way is moved."""
    taken_at: float = 0.0
    tried: int = 0
    """UNLOADs so far; with `taken_at` it names the folder of the last one."""
    run_id: str = ""
    """The run whose messages look after that UNLOAD, which has its name."""
    statement_id: str = ""
    lease_until: float = 0.0
    tries: int = 0
    """Tries in a row that failed, or whose worker was killed."""
    not_before: float = 0.0
    """The end of the pause after a failed try."""
    notified: bool = False
    """Whether support knows of the failure."""
    code: str = ""
    message: str = ""
    """The last failure; empty after a success."""

    @classmethod
    def read(cls, text: str) -> ExportProgress:
        """Return the record of a bookmark's text."""
        return cls(**json.loads(text)) if text else cls()

    @property
    def text(self) -> str:
        return json.dumps(asdict(self))

    def state(self, requests: ExportRequests) -> ExportState:
        if not self.pending(requests):
            return ExportState.CURRENT if requests.count else ExportState.NEVER
        if self.code:
            return ExportState.FAILING
        return ExportState.RUNNING if self.statement_id or self.lease_until else ExportState.WAITING

    def pending(self, requests: ExportRequests) -> bool:
        """Return whether a load is newer than the file."""
        return self.exported < requests.count

    def rests(self, now: float) -> bool:
        """Return whether a worker may be at work, or the export is paused."""
        return max(self.lease_until, self.not_before) > now

    def claimed(self, requests: ExportRequests, now: float) -> ExportProgress:
        """Return the record of a worker that submits. The try counts now: a worker that is killed cannot count."""
        own = replace(self, taken=requests.count, taken_at=now, run_id=requests.run_id, tried=self.tried + 1)
        return replace(own, lease_until=now + SUBMIT_SECONDS, tries=self.tries + 1)

    def submitted(self, statement_id: str) -> ExportProgress:
        return replace(self, statement_id=statement_id, lease_until=0.0)

    def moving(self, now: float) -> ExportProgress:
        """Return the record of a worker that moves a finished UNLOAD to the export's key."""
        return replace(self, lease_until=now + MOVE_SECONDS)

    def moved(self) -> ExportProgress:
        """Return the record once the file is at the export's key."""
        done = replace(self, exported=self.taken, exported_at=self.taken_at, statement_id="", lease_until=0.0)
        return replace(done, tries=0, not_before=0.0, notified=False, code="", message="")

    def was_notified(self) -> ExportProgress:
        return replace(self, notified=True)

    def failed(self, code: str, message: str, until: float) -> ExportProgress:
        """Return the record after a failed try. The next one begins with another UNLOAD."""
        return replace(self, statement_id="", lease_until=0.0, not_before=until, code=code, message=message)
