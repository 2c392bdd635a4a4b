"""The billed resources that a run uses, and their list prices. Pure; an estimate, not a bill.

Guarantees that the calls counted here are those the code makes (tests/adapters/test_cost.py counts them). It leaves out
free tiers, discounts, idle polling, and the time that Redshift takes. docs/operate/cost.md explains each line.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields

from chalicelib.domain.run.model import Chunk, Run, RunState

BATCH = 10
"""Messages in one request to SQS."""
STAGE_GB, ADVANCE_GB, ARRIVE_GB, EVENT_GB = (mb / 1024 for mb in (3008, 1769, 512, 256))
"""Memory of stage_chunk, advance_run, on_incoming and on_statement, as `.chalice/config.json` has it."""
CALL_SECONDS = 0.5
"""Assumed length of a call that stages nothing; its time is not recorded."""
RPUS = 8
"""Redshift Serverless capacity: the template's `BaseCapacity`."""
DAY_SECONDS = 86_400.0
LEAST_SECONDS = 60
"""The least that Redshift Serverless bills when it wakes, and Glue for a job."""
PART_BYTES = 5 << 20
"""A staged file larger than this is uploaded in several requests; it is assumed to be as large as its source."""


@dataclass(frozen=True, kw_only=True)
class Usage:
    """Amounts of the billed resources."""

    lambda_gb_seconds: float = 0.0
    lambda_requests: float = 0.0
    dynamodb_writes: float = 0.0
    """Write request units, indexes and transactions included, for items of up to 1 KB."""
    dynamodb_reads: float = 0.0
    """Read request units, as if each was strongly consistent."""
    sqs_requests: float = 0.0
    s3_writes: float = 0.0
    """PUT, COPY, POST and LIST."""
    s3_reads: float = 0.0
    """GET and HEAD."""
    sns_publishes: float = 0.0
    state_transitions: float = 0.0
    """Of a state machine: each state that is entered, the start and the end."""
    rpu_seconds: float = 0.0

    def plus(self, other: Usage) -> Usage:
        return Usage(**{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)})

    def times(self, factor: float) -> Usage:
        return Usage(**{name: amount * factor for name, amount in asdict(self).items()})


@dataclass(frozen=True, kw_only=True)
class Calls:
    """The calls that moving on a run takes, by what moves it on."""

    a_file: Usage
    """Of a file that is loaded alone, without rejects; without its chunks and their batches."""
    a_chunk: Usage
    a_wait: Usage
    """Of a file that waits for the end of its load window, on top."""
    advances: int
    """Calls of advance_run for a file."""
    batch: float = math.inf
    """Chunks that are sent in one request."""


BY_MESSAGES = Calls(
    a_file=Usage(
        lambda_requests=8,  # on_incoming, six of advance_run, on_statement
        dynamodb_writes=36,
        dynamodb_reads=22,
        sqs_requests=18,
        s3_writes=3,
        s3_reads=8,
        sns_publishes=1,
    ),
    a_chunk=Usage(lambda_requests=1, dynamodb_writes=7, dynamodb_reads=3, sqs_requests=2, s3_writes=1, s3_reads=2),
    a_wait=Usage(lambda_requests=1, dynamodb_writes=1, dynamodb_reads=1, sqs_requests=3),
    advances=6,
    batch=BATCH,
)
BY_EXECUTIONS = Calls(
    a_file=Usage(
        lambda_requests=11,  # on_incoming, nine of advance_run, on_statement
        dynamodb_writes=37,
        dynamodb_reads=49,
        sqs_requests=6,
        s3_writes=3,
        s3_reads=8,
        sns_publishes=1,
        state_transitions=18,
    ),
    a_chunk=Usage(lambda_requests=1, dynamodb_writes=7, dynamodb_reads=3, s3_writes=1, s3_reads=2, state_transitions=1),
    a_wait=Usage(lambda_requests=4, dynamodb_writes=3, dynamodb_reads=12, sqs_requests=6, state_transitions=4),
    advances=9,
)
"""A chunk of more than an inline Map takes is a child execution: its start and end are left out."""

US_EAST_1 = {
    "lambda_gb_seconds": 0.0000166667,
    "lambda_requests": 0.20e-6,
    "dynamodb_writes": 0.625e-6,
    "dynamodb_reads": 0.125e-6,
    "sqs_requests": 0.40e-6,
    "s3_writes": 5e-6,
    "s3_reads": 0.4e-6,
    "sns_publishes": 0.50e-6,
    "state_transitions": 25e-6,
    "rpu_seconds": 0.375 / 3600,
    "glue_dpu_seconds": 0.44 / 3600,
}
"""USD for one of each, x86_64; docs/operate/cost.md lists which of them were confirmed."""
PRICES_OF = "us-east-1 list prices of 2025"
GLUE_DPUS = 2
"""The least that a Spark job of Glue takes."""


def calls(chunks: int, chunk_bytes: float = 0.0, by: Calls = BY_MESSAGES) -> Usage:
    """Return the requests of one file that is loaded alone."""
    parts = math.ceil(chunk_bytes / PART_BYTES)
    in_parts = parts + 1 if parts > 1 else 0  # begin and complete come on top, instead of one PUT
    more = Usage(sqs_requests=math.ceil(chunks / by.batch), s3_writes=in_parts * chunks)
    return by.a_file.plus(by.a_chunk.times(chunks)).plus(more)


def usage(
    *, chunks: int, size: float, stage_seconds: float, load_seconds: float | None, by: Calls = BY_MESSAGES
) -> Usage:
    """Return the usage of one file of `size` bytes. `stage_seconds` is of all chunks; None if nothing was submitted."""
    waits = CALL_SECONDS * (ADVANCE_GB * by.advances + ARRIVE_GB + EVENT_GB)
    woken = 0.0 if load_seconds is None else RPUS * max(LEAST_SECONDS, load_seconds)
    work = Usage(lambda_gb_seconds=stage_seconds * STAGE_GB + waits, rpu_seconds=woken)
    return calls(chunks, size / max(1, chunks), by).plus(work)


def usage_of(run: Run, chunks: Sequence[Chunk], now: float, by: Calls = BY_MESSAGES) -> Usage:
    """Return the usage of a run so far, from its record. A shared load counts in full in each of its runs."""
    submitted = run.moments.get(RunState.LOADING.value)
    ends = [run.moments[s.value] for s in RunState if s.terminal and s.value in run.moments]
    load = None if submitted is None else max(0.0, (max(ends) if run.state.terminal and ends else now) - submitted)
    seconds, size = sum(chunk.seconds for chunk in chunks), run.text_bytes or run.source.size
    return usage(chunks=run.chunks, size=size, stage_seconds=seconds, load_seconds=load, by=by)


def costs(used: Usage, prices: Mapping[str, float] = US_EAST_1) -> dict[str, float]:
    """USD by line."""
    return {name: amount * prices[name] for name, amount in asdict(used).items()}


@dataclass(frozen=True, kw_only=True)
class Workload:
    """Files of one size that arrive every day, and the assumed times of their steps."""

    files_per_day: float
    gb_per_file: float
    chunk_mb: float = 50.0
    load_every: float = 0.0
    """Seconds of the load windows; 0 for none."""
    rpus: float = RPUS
    files_per_load: float = 1.0
    stage_seconds_per_gb: float = 20.0
    load_seconds_per_gb: float = 30.0
    glue_seconds_per_gb: float = 60.0
    by: Calls = BY_MESSAGES
    """What moves runs on."""
    days: float = 30.0

    @property
    def loads(self) -> float:
        """Loads a day: at most one for each load window."""
        wanted = self.files_per_day / self.files_per_load
        return min(wanted, DAY_SECONDS / self.load_every) if self.load_every else wanted

    @property
    def gb_per_load(self) -> float:
        return self.gb_per_file * self.files_per_day / self.loads if self.loads else 0.0


def month_of(work: Workload) -> Usage:
    """Return the usage of Landfall in a month. Loads closer than a minute share the minute that Redshift is awake."""
    size = work.gb_per_file * 1e9
    chunks = max(1, math.ceil(size / (work.chunk_mb * 1e6)))
    staged = work.gb_per_file * work.stage_seconds_per_gb
    file = usage(chunks=chunks, size=size, stage_seconds=staged, load_seconds=None, by=work.by)
    if work.load_every:
        waits = CALL_SECONDS * ADVANCE_GB * work.by.a_wait.lambda_requests
        file = file.plus(work.by.a_wait).plus(Usage(lambda_gb_seconds=waits))
    return file.times(work.files_per_day * work.days).plus(Usage(rpu_seconds=_rpu_seconds(work)))


def glue_month(work: Workload, prices: Mapping[str, float] = US_EAST_1) -> dict[str, float]:
    """USD for one Glue job per load that reads, checks and writes, and the same COPY and merge after it."""
    seconds = work.loads * max(LEAST_SECONDS, work.gb_per_load * work.glue_seconds_per_gb)
    used = {"glue_dpu_seconds": seconds * work.days * GLUE_DPUS, "rpu_seconds": _rpu_seconds(work)}
    return {name: amount * prices[name] for name, amount in used.items()}


def wake_ups(work: Workload) -> float:
    """Return how often Redshift Serverless wakes in a month: for each load, but no more than once a minute."""
    return min(work.loads, DAY_SECONDS / LEAST_SECONDS) * work.days


def _rpu_seconds(work: Workload) -> float:
    """RPU seconds of a month. Each wake lasts a minute or more, but never more than all seconds of a day."""
    busy = work.gb_per_load * work.load_seconds_per_gb
    awake = min(work.loads * max(LEAST_SECONDS, busy), max(DAY_SECONDS, work.loads * busy))
    return work.rpus * awake * work.days
