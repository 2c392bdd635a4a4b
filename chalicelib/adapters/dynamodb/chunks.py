"""The chunks of a run, on the table of runs.

Guarantees that a chunk's counts reach its run once, with any repeats. Reads are strongly consistent.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

from chalicelib.adapters.aws_errors import translate_errors
from chalicelib.adapters.dynamodb import expressions, items
from chalicelib.adapters.dynamodb.table import chunk_key, chunks_prefix, run_key
from chalicelib.adapters.dynamodb.table_client import ConditionFailedError, TableClient
from chalicelib.adapters.dynamodb.transactions import CancelledError
from chalicelib.adapters.moves import SUMMED, chunk_sums, reopened, taken
from chalicelib.domain.run.model import Chunk, ChunkState, ChunkTask, Run, RunState
from chalicelib.errors import Broken
from chalicelib.ports import Clock

UNCLAIMED = "attribute_not_exists(pk) OR (#start = :is_start AND #state <> :staged)"
"""No worker has staged the chunk, and its start is unchanged."""


class DynamoChunks:
    """One item for each chunk, beside its run's."""

    def __init__(self, table: TableClient, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def begin(self, task: ChunkTask) -> Chunk | None:
        run = self._run(task.run_id)
        if run is None or run.state is not RunState.STAGING or run.generation != task.generation:
            return None
        fresh = taken(task)
        item = items.chunk_item(fresh)
        sets = {n: items.decode(a) for n, a in item.items() if n not in ("pk", "sk", "attempts")}
        change = _unless_staged(expressions.add({"attempts": 1}, sets, {"start": task.start}))
        key = chunk_key(task.run_id, task.generation, task.number)
        with suppress(ConditionFailedError):
            what = f"begin chunk {task.number} of run {task.run_id}"
            return items.read_chunk(self._table.update(what, key, ReturnValues="ALL_NEW", **change))
        return None

    def finish(self, chunk: Chunk) -> Run:
        staged = replace(chunk, state=ChunkState.STAGED)
        put = expressions.where({"start": chunk.start}, names=["state"], values={})
        writes = [self._table.put(items.chunk_item(staged), **_unless_staged(put)), self._add_to_run(chunk, 1)]
        with suppress(CancelledError):  # staged already, reopened, or the run moved on: the run shows it
            self._table.transactions.write(writes)
        run = self._run(chunk.run_id)
        if run is None:
            raise Broken(f"run {chunk.run_id} is not recorded", code="NO_RUN")
        return run

    def reopen(self, chunk: Chunk, start: int) -> None:
        still = {"state": ChunkState.STAGED, **{name: getattr(chunk, name) for name in SUMMED}}
        item = items.chunk_item(reopened(chunk, start))
        writes = [
            self._table.put(item, **expressions.where(still, names=[], values={})),
            self._add_to_run(chunk, -1),
        ]
        with suppress(CancelledError):
            self._table.transactions.write(writes)

    def of_run(self, run_id: str, generation: int) -> list[Chunk]:
        pages = self._table.db.get_paginator("query").paginate(
            TableName=self._table.name,
            ConsistentRead=True,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
            ExpressionAttributeValues={
                ":pk": {"S": run_key(run_id)[0]},
                ":prefix": {"S": chunks_prefix(generation)},
            },
        )
        with translate_errors(f"chunks of run {run_id}"):
            return [items.read_chunk(item) for page in pages for item in page["Items"]]

    def _run(self, run_id: str) -> Run | None:
        found = self._table.get(run_key(run_id))
        return items.read_run(found) if found else None

    def _add_to_run(self, chunk: Chunk, sign: int) -> dict[str, Any]:
        change = expressions.add(
            chunk_sums(chunk, sign),
            {"updated_at": self._clock.now()},
            {"state": RunState.STAGING, "generation": chunk.generation},
        )
        return {"Update": {"TableName": self._table.name, "Key": items.key(run_key(chunk.run_id)), **change}}


def _unless_staged(request: dict[str, Any]) -> dict[str, Any]:
    values = {**request["ExpressionAttributeValues"], ":staged": items.encode(ChunkState.STAGED)}
    return {**request, "ConditionExpression": UNCLAIMED, "ExpressionAttributeValues": values}
