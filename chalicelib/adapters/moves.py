"""The effects of a change of a run, the same for every run store."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chalicelib.domain.run.changes import RunChanges
from chalicelib.domain.run.lifecycle import allowed
from chalicelib.domain.run.model import Chunk, ChunkState, ChunkTask, Run, RunState
from chalicelib.ports import Conflict

SUMMED = ("start", "end", "read", "good", "rejected")
"""The fields of a chunk's result that its run's sums depend on."""


def complete(run: Run, changes: RunChanges, now: float) -> dict[str, Any]:
    """Add the time of the change and, if the state changes, its moment. Raises Conflict."""
    state = changes.get("state", run.state)
    if not allowed(run.state, state):
        raise Conflict(f"run {run.run_id} cannot go from {run.state.value} to {state.value}")
    full: dict[str, Any] = {**changes, "updated_at": now}
    if state is not run.state:
        full["moments"] = {**changes.get("moments", run.moments), state.value: now}
    return full


def attempt(run: Run) -> dict[str, Any]:
    """Return the fields that a change requires unchanged. With `load_attempt`, a late worker cannot end a later load:

    worker 1: reads LOADING, attempt 1      | worker 2: attempt 1 failed: back to STAGED, then LOADING, attempt 2
    worker 1: would send it back to STAGED  |
    """
    return {name: getattr(run, name) for name in ("state", "generation", "load_attempt")}


def same_attempt(stored: Run, run: Run) -> bool:
    """Return whether the stored run is still in the state, generation and load attempt of `run`."""
    return attempt(stored) == attempt(run)


def turn(run: Run) -> str:
    """Return a key that orders the turns of one run in the load queue; in LOADING, the key of the turn before.

    worker 1: reads LOADING, attempt 1      | worker 2: attempt 1 failed: it is STAGED, and waits again
    worker 1: removes it from the queue     -> no effect: the new turn is later
    """
    return f"{run.generation:06d}-{run.load_attempt - (run.state is RunState.LOADING):06d}"


def taken(task: ChunkTask, attempts: int = 0) -> Chunk:
    """Return the chunk of a task as a worker takes it, with this number of attempts."""
    return Chunk(
        run_id=task.run_id,
        generation=task.generation,
        number=task.number,
        start=task.start,
        stop=task.stop,
        state=ChunkState.STAGING,
        attempts=attempts,
    )


def chunk_sums(chunk: Chunk, sign: int) -> dict[str, int]:
    """Return what a chunk adds to its run, by attribute, when it is staged (sign 1) or reopened (sign -1)."""
    return {
        "staged": sign,
        "bytes_staged": sign * (chunk.end - chunk.start),
        "rows_read": sign * chunk.read,
        "rows_good": sign * chunk.good,
        "rows_rejected": sign * chunk.rejected,
        "reopened": int(sign < 0),
    }


def add_chunk(run: Run, chunk: Chunk, sign: int, now: float) -> Run:
    """Return the run with a chunk's sums added (sign 1) or subtracted again (sign -1)."""
    sums, counts = chunk_sums(chunk, sign), run.counts
    return replace(
        run,
        staged=run.staged + sums["staged"],
        bytes_staged=run.bytes_staged + sums["bytes_staged"],
        reopened=run.reopened + sums["reopened"],
        counts=replace(
            counts,
            read=counts.read + sums["rows_read"],
            good=counts.good + sums["rows_good"],
            rejected=counts.rejected + sums["rows_rejected"],
        ),
        updated_at=now,
    )


def still(known: Chunk | None, chunk: Chunk) -> bool:
    """Return whether the recorded chunk is staged and has the same sums as `chunk`."""
    if known is None or known.state is not ChunkState.STAGED:
        return False
    return all(getattr(known, name) == getattr(chunk, name) for name in SUMMED)


def reopened(chunk: Chunk, start: int) -> Chunk:
    """Return the chunk as not staged, with another start; its attempts still count."""
    return Chunk(
        run_id=chunk.run_id,
        generation=chunk.generation,
        number=chunk.number,
        start=start,
        stop=chunk.stop,
        attempts=chunk.attempts,
    )
