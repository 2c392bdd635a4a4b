"""How far a run is: its percent, the time of its steps, its pace and its tries.

Guarantees that `percent` never falls during one load of a file, and that it is 100 only once the state is terminal.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from chalicelib.domain.run.model import Chunk, ChunkState, Run, RunState

STEPS = {
    RunState.ARRIVED: "plan",
    RunState.STAGING: "stage",
    RunState.STAGED: "submit",
    RunState.LOADING: "load",
}
"""The step that a run in each state is at."""

STAGING_FROM, STAGING_TO = 2.0, 80.0
"""The percent at the start and at the end of staging, between which the share of staged chunks decides."""
PERCENT = {RunState.ARRIVED: 0.0, RunState.STAGED: 85.0, RunState.LOADING: 90.0}
"""The percent of a run in every other state that is not terminal."""


def percent(run: Run, chunks: Sequence[Chunk]) -> float:
    """Return how far a run is in percent, rounded down to a tenth."""
    if run.state.terminal:
        return 100.0
    if run.state is not RunState.STAGING:
        return PERCENT[run.state]
    share = staged_once(chunks) / run.chunks if run.chunks else 1.0
    return math.floor(10 * (STAGING_FROM + (STAGING_TO - STAGING_FROM) * min(share, 1.0))) / 10


def staged_once(chunks: Sequence[Chunk]) -> int:
    """Count the chunks that are staged, or were staged before they had to be staged again from another start.

    All chunks are staged before the first is reopened, and none is reopened twice. Each new start is where the chunk
    before it ended, which is final. A reopened chunk has another start than the plan's cut.
    """
    found = sorted(chunks, key=lambda c: c.number)
    reopened = sum(
        1
        for before, chunk in pairwise(found)
        if chunk.state is not ChunkState.STAGED and chunk.number == before.number + 1 and chunk.start != before.stop
    )
    return reopened + sum(1 for c in found if c.state is ChunkState.STAGED)


def chunk_states(run: Run, chunks: Sequence[Chunk]) -> dict[str, int]:
    """Return the number of chunks by state; chunks that no worker has taken yet are pending."""
    staged = sum(1 for c in chunks if c.state is ChunkState.STAGED)
    staging = sum(1 for c in chunks if c.state is ChunkState.STAGING)
    count = max(run.chunks, staged + staging)
    return {"total": count, "pending": count - staged - staging, "staging": staging, "staged": staged}


def step_seconds(run: Run, now: float) -> dict[str, float]:
    """Return the seconds that each step of this load took, or has taken so far, and their total."""
    order = list(RunState)
    entered = sorted((order.index(RunState(name)), at) for name, at in run.moments.items())
    if not entered:
        return {"total": 0.0}
    ends = [at for _, at in entered[1:]] + [entered[-1][1] if run.state.terminal else now]
    took = {
        STEPS[order[index]]: max(0.0, end - at)
        for (index, at), end in zip(entered, ends, strict=True)
        if order[index] in STEPS
    }
    return {name: round(s, 3) for name, s in {**took, "total": max(0.0, ends[-1] - entered[0][1])}.items()}


def rate(amount: int, seconds: float | None) -> float | None:
    """Return the amount per second of staging; None before there is any."""
    return round(amount / seconds, 1) if amount and seconds else None


def eta(run: Run, chunks: Sequence[Chunk], seconds: float | None) -> float | None:
    """Return the seconds until the last chunk is staged, at the pace so far; None if it is unknown."""
    done = staged_once(chunks)
    if run.state is not RunState.STAGING or not done or not seconds:
        return None
    return round(seconds / done * max(0, run.chunks - done), 1)


def attempts(run: Run, chunks: Sequence[Chunk]) -> dict[str, int]:
    """Return the number of tries: of the load, the most of one chunk, and all repeats of chunks."""
    return {
        "load": run.load_attempt,
        "chunk_most": max((c.attempts for c in chunks), default=0),
        "chunk_repeats": sum(max(0, c.attempts - 1) for c in chunks),
    }
