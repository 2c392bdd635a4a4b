"""What a change of a run amounts to, the same for every run store."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chalicelib.domain.lifecycle import allowed
from chalicelib.domain.model import Chunk, Run
from chalicelib.ports import Conflict


def complete(run: Run, changes: dict[str, Any], now: float) -> dict[str, Any]:
    """The changes with the time of the change and, if the state changes, its moment. Raises Conflict."""
    state = changes.get("state", run.state)
    if not allowed(run.state, state):
        raise Conflict(f"run {run.run_id} cannot go from {run.state.value} to {state.value}")
    full = {**changes, "updated_at": now}
    if state is not run.state:
        full["moments"] = {**changes.get("moments", run.moments), state.value: now}
    return full


def same_attempt(stored: Run, run: Run) -> bool:
    """Whether nobody has moved the run since `run` was read, as far as a change cares."""
    return (stored.state, stored.generation, stored.load_attempt) == (run.state, run.generation, run.load_attempt)


def add_chunk(run: Run, chunk: Chunk, sign: int, now: float) -> Run:
    """The run with a chunk's figures added (sign 1) or taken off again (sign -1)."""
    counts = run.counts
    return replace(
        run,
        staged=run.staged + sign,
        bytes_staged=run.bytes_staged + sign * chunk_bytes(chunk),
        counts=replace(
            counts,
            read=counts.read + sign * chunk.read,
            good=counts.good + sign * chunk.good,
            rejected=counts.rejected + sign * chunk.rejected,
        ),
        updated_at=now,
    )


def chunk_bytes(chunk: Chunk) -> int:
    """How much of the file a staged chunk covered."""
    return chunk.end - chunk.start


def reopened(chunk: Chunk, start: int) -> Chunk:
    """A chunk as if it had not been staged, to begin elsewhere; its tries still count."""
    return Chunk(
        run_id=chunk.run_id,
        generation=chunk.generation,
        number=chunk.number,
        start=start,
        stop=chunk.stop,
        attempts=chunk.attempts,
    )
