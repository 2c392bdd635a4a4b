"""The recorded values: a landed file, its run, its chunks and its outcome.

All values are frozen; a change makes a new value (`dataclasses.replace`). Times are seconds since 1970, UTC.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum

from chalicelib.domain.run.ids import MARK_LENGTH, digest


class RunState(Enum):
    """The state of a run. `lifecycle.py` has the allowed moves."""

    ARRIVED = "ARRIVED"  # the file is known; nothing was read yet
    STAGING = "STAGING"  # the file is split; its chunks are being checked and staged
    STAGED = "STAGED"  # every chunk is staged, the chain fits, the books balance
    LOADING = "LOADING"  # a warehouse transaction was submitted
    LOADED = "LOADED"  # the ledger in the warehouse has it
    REJECTED = "REJECTED"  # the file is at fault; nothing of this load is in the target
    FAILED = "FAILED"  # our code or the platform is at fault; nothing of this load is in the target
    SUPERSEDED = "SUPERSEDED"  # a newer version of the same data replaced this one
    UNROUTED = "UNROUTED"  # no contract matches the key
    CANCELLED = "CANCELLED"  # the operator cancelled it; nothing of this load is in the target

    @property
    def terminal(self) -> bool:
        """Whether no step moves the run on by itself; the operator may rerun it."""
        return self not in (RunState.ARRIVED, RunState.STAGING, RunState.STAGED, RunState.LOADING)


class ChunkState(Enum):
    """The state of a chunk. A chunk without a record is PENDING."""

    PENDING = "PENDING"
    STAGING = "STAGING"  # a worker has taken it at least once
    STAGED = "STAGED"  # its part is in S3 and its counts are in the record


@dataclass(frozen=True, kw_only=True)
class SourceObject:
    """One version of one landed S3 object."""

    bucket: str
    key: str
    etag: str
    size: int
    version_id: str | None = None
    sequencer: str = ""
    """S3's hexadecimal order of events on one key; empty when the file was found by listing."""
    last_modified: float = 0.0

    @property
    def name(self) -> str:
        """The key's last segment: the file name."""
        return self.key.rstrip("/").rsplit("/", 1)[-1]

    def newer_than(self, sequencer: str) -> bool:
        """Return whether this version came after the event with that sequencer. A listed object is always current."""
        if not self.sequencer or not sequencer:
            return True
        width = max(len(self.sequencer), len(sequencer))  # S3: pad the shorter on the right, then compare as text
        return self.sequencer.ljust(width, "0") > sequencer.ljust(width, "0")


class Outcome(Enum):
    """The outcome of a load in the ledger."""

    LOADED = "LOADED"
    SUPERSEDED = "SUPERSEDED"


@dataclass(frozen=True, kw_only=True)
class LedgerRow:
    """The warehouse's own record of one load, written in the transaction that merged it."""

    load_id: str
    outcome: Outcome
    staged: int
    duplicate: int
    inserted: int
    updated: int
    unchanged: int
    superseded: int
    corrected: int = 0
    """Rejected rows that were corrected and loaded later; the other counts include them."""


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Rows of a chunk or a file. read = good + corrected + rejected; once loaded, good + corrected = all the rest."""

    read: int = 0
    good: int = 0
    rejected: int = 0
    duplicate: int = 0
    """Good rows dropped because a later row of the same file has the same key."""
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    superseded: int = 0
    """Good rows not applied because the target, or a newer file of the same load, has a newer row."""
    corrected: int = 0
    """Rejected rows that were corrected and loaded later; `rejected` no longer counts them."""

    @property
    def balanced(self) -> bool:
        """Whether every row is accounted for before the load."""
        return self.read == self.good + self.corrected + self.rejected

    @property
    def settled(self) -> bool:
        """Whether every row is accounted for after the load."""
        applied = self.duplicate + self.inserted + self.updated + self.unchanged + self.superseded
        return self.balanced and self.good + self.corrected == applied

    def after(self, row: LedgerRow) -> Counts:
        """Return the counts with the ledger's outcome of the good rows, and of rows corrected since."""
        names = ("duplicate", "inserted", "updated", "unchanged", "superseded", "corrected")
        fates = {name: getattr(row, name) for name in names}
        return replace(self, rejected=self.rejected + self.corrected - row.corrected, **fates)


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Why a run is not LOADED, for a person to read. Has no row value."""

    code: str
    message: str
    line: int | None = None
    byte_offset: int | None = None
    column: str = ""
    quote_line: int | None = None
    """The line where a quote opens that is never closed, if that is the problem; `message` names it."""


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """One byte range of a file on record boundaries, and its result."""

    run_id: str
    generation: int
    number: int
    """1-based."""
    start: int
    stop: int
    """Where the next chunk was planned to start."""
    state: ChunkState = ChunkState.PENDING
    attempts: int = 0
    end: int = 0
    """The actual start of the next record after this chunk: must equal the next chunk's start."""
    lines: int = 0
    """Physical lines in [start, end)."""
    read: int = 0
    good: int = 0
    rejected: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    altered: dict[str, int] = field(default_factory=dict)
    """As in its run."""
    sums: dict[str, str] = field(default_factory=dict)
    """Sums of columns over all rows; empty if a row has no number there."""
    part: str = ""
    """Key of the staged part; empty if the chunk had no good row."""
    rejects: str = ""
    """Key of the chunk's rejects with line numbers relative to the chunk; empty if none."""
    first_reject: Problem | None = None
    """With its line relative to the chunk."""
    seconds: float = 0.0


NOT_KEPT = "-"
"""Instead of an archive key: the source was deleted before it could be archived."""


@dataclass(frozen=True, kw_only=True)
class Correction:
    """The load that rejected a run's rows before they were corrected."""

    run_id: str
    generation: int
    source_order: str
    """The age of that load's file, and of the corrected rows."""

    @property
    def load_id(self) -> str:
        return digest(self.run_id, str(self.generation))


@dataclass(frozen=True, kw_only=True)
class Run:
    """One version of one landed file on its way to the warehouse."""

    run_id: str
    object: str
    """The contract's name; empty if unrouted."""
    source: SourceObject
    state: RunState
    arrived_at: float
    updated_at: float
    generation: int = 1
    """Counts the loads of this version: a rerun, or a changed contract, begins the next, with a load id of its own."""
    chunks: int = 0
    staged: int = 0
    bytes_staged: int = 0
    reopened: int = 0
    """How often one of its staged chunks was taken back, because its cut was guessed wrong."""
    text_bytes: int = 0
    """Bytes of the unpacked or decoded text, which offsets, lines and chunks refer to; 0 if it is read in place."""
    counts: Counts = field(default_factory=Counts)
    left_out: dict[str, int] = field(default_factory=dict)
    """Parts of the file that are not rows, by kind (`LeftOut`); known once all chunks are staged."""
    altered: dict[str, int] = field(default_factory=dict)
    """Values of good rows that differ from the file, by kind (`Altered`); known once all chunks are staged."""
    problem: Problem | None = None
    target: str = ""
    """schema.table that it is loaded into; known once it is planned."""
    shape: str = ""
    """Equal for runs that one COPY can load: a digest of the contract's fingerprint and the file's columns."""
    load_attempt: int = 0
    """The number of loads that it was part of."""
    copy_rounds: int = 0
    """How often rows were taken out of its parts because COPY refused them."""
    failed_loads: int = 0
    """The number of those loads that failed in a passing way."""
    max_group_size: int = 0
    """The most runs of its group: halved when a load of several fails for a lasting reason; 0 is no limit."""
    archive_key: str = ""
    """The source's key in the archive; NOT_KEPT if it was deleted or replaced before it could be archived."""
    reads: SourceObject | None = None
    """The archived copy, if a forced rerun reads that instead of `source`."""
    corrects: Correction | None = None
    """Set if `source` holds corrected rejects of another run's load."""
    parent_updated: bool = False
    """The run that it corrects has its books with these rows."""
    notified: bool = False
    """Whether the outcome was published."""
    cancel_requested: bool = False
    """Whether the operator requested a cancel while it was loading; the ledger decides."""
    fingerprint: str = ""
    """The fingerprint of the contract that it was checked against."""
    accepted_by: str = ""
    """The operator who has the good rows of this generation loaded, though the contract allows fewer bad ones."""
    skips_window: bool = False
    """The operator requested this generation: its first load waits for no load window."""
    window_ends: float = 0.0
    """The end of the load window that it waits for, fixed when it was staged; 0 if it waits for none."""
    moments: dict[str, float] = field(default_factory=dict)
    """The time when each state was entered, in this generation."""

    @property
    def load_id(self) -> str:
        """The name of the load: the same for every retry, new for every generation. 32 hex digits."""
        return digest(self.run_id, str(self.generation))

    @property
    def mark(self) -> str:
        """The prefix of its staged rows, which separates them from rows of other runs in the same load."""
        return self.load_id[:MARK_LENGTH]

    @property
    def prefix(self) -> str:
        """The folder of this load's own files, below `processed/` and `rejected/`."""
        return f"{self.object}/{self.load_id}"

    @property
    def finished(self) -> bool:
        """Whether no work is left: the state is terminal, the outcome is notified, and a load is followed up."""
        return self.notified and self.state.terminal and (self.state is not RunState.LOADED or self.followed_up)

    @property
    def followed_up(self) -> bool:
        """Whether the work after a load is done: the source is archived, or the parent of corrected rows is updated."""
        return self.parent_updated if self.corrects else bool(self.archive_key)

    @property
    def source_order(self) -> str:
        """A text that sorts runs by last modified, then sequencer. A listed file has none: it is last of its second."""
        if self.corrects:
            return self.corrects.source_order
        sequencer = self.source.sequencer.ljust(32, "0") if self.source.sequencer else "Z" * 32
        return f"{self.source.last_modified:017.3f}#{sequencer}"


@dataclass(frozen=True, kw_only=True)
class ChunkTask:
    """A message: stage this chunk."""

    run_id: str
    generation: int
    number: int
    start: int
    stop: int


def run_id(source: SourceObject, *, again: str = "") -> str:
    """Return the run id of a content of a key. `again` separates a content that comes back after another one."""
    return digest("run", source.bucket, source.key, source.etag, again)
