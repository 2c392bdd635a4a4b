"""DynamoDB as the record of runs and chunks. table.py draws the table, items.py the items.

Guarantees that a change is made only to the run it was decided on, and that a chunk's figures reach its run once,
whatever is repeated. Reads by id are strongly consistent; searches may miss what is younger than a moment.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Unpack

from botocore.exceptions import ClientError

from chalicelib.adapters.aws_errors import code_of, translate_errors
from chalicelib.adapters.dynamodb import expressions, items
from chalicelib.adapters.dynamodb.batches import Batches
from chalicelib.adapters.dynamodb.searches import Searches
from chalicelib.adapters.dynamodb.table import chunk_key, chunks_prefix, file_key, mark_key, run_key
from chalicelib.adapters.dynamodb.transactions import CancelledError, Transactions
from chalicelib.adapters.moves import TOLD, attempt, chunk_sums, complete, reopened
from chalicelib.domain.run.changes import RunChanges
from chalicelib.domain.run.model import Chunk, ChunkState, ChunkTask, Run, RunState
from chalicelib.errors import Broken
from chalicelib.ports import Clock, Conflict, Newest, Page

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

UNCLAIMED = "attribute_not_exists(pk) OR (#start = :is_start AND #state <> :staged)"
"""Nobody has staged the chunk, and it has not been moved to another start."""


class DynamoRuns:
    """The run store on one table."""

    def __init__(
        self,
        client: DynamoDBClient,
        table: str,
        clock: Clock,
        *,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._db = client
        self._table = table
        self._clock = clock
        self._transactions = Transactions(client, sleep, jitter)
        self._batches = Batches(client, table, sleep, jitter)
        self._searches = Searches(client, table, self._batches)

    # ---- runs -------------------------------------------------------------------------------------------------------

    def create(self, run: Run, seen: Newest | None = None) -> bool:
        """The run and the pointer are written together, so a pointer never names a run that is not there.

        worker 1: reads pointer P0          | worker 2: reads P0, writes its run and P2
        worker 1: writes run and P1 if P0   -> cancelled: `arrive` decides again which of the two is newer
        """
        writes = [self._put(items.run_item(run), "attribute_not_exists(pk)")]
        if seen is None or run.source.newer_than(seen.sequencer):
            writes.append(self._move_pointer(run, seen))
        try:
            self._transactions.write(writes)
        except CancelledError:
            return False
        return True

    def get(self, run_id: str) -> Run | None:
        found = self._get(run_key(run_id))
        return items.read_run(found) if found else None

    def get_many(self, run_ids: Sequence[str]) -> list[Run]:
        places = [run_key(run_id) for run_id in dict.fromkeys(run_ids)]
        runs = {run.run_id: run for run in map(items.read_run, self._batches.read(places))}
        return [runs[run_id] for run_id in run_ids if run_id in runs]

    def newest(self, bucket: str, key: str) -> Newest | None:
        found = self._get(file_key(bucket, key))
        return items.read_pointer(found) if found else None

    def newest_of(self, bucket: str, keys: Sequence[str]) -> dict[str, Newest]:
        places = {file_key(bucket, key): key for key in keys}
        found = self._batches.read(tuple(places))
        return {places[item["pk"]["S"], item["sk"]["S"]]: items.read_pointer(item) for item in found}

    def change(self, run: Run, **changes: Unpack[RunChanges]) -> Run:
        full = complete(run, changes, self._clock.now())
        attributes = items.run_attributes(full)
        attributes["open"] = None if replace(run, **full).finished else items.OPEN["open"]
        try:
            with translate_errors(f"change run {run.run_id}"):
                return self._change(run, attributes, attempt(run))
        except _MovedOnError as moved:
            raise Conflict(f"run {run.run_id} has moved on") from moved

    def _change(self, run: Run, attributes: dict[str, Any], condition: dict[str, Any]) -> Run:
        try:
            answer = self._db.update_item(
                TableName=self._table,
                Key=items.key(run_key(run.run_id)),
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **expressions.update(attributes, condition),
            )
        except ClientError as error:
            if code_of(error) != "ConditionalCheckFailedException":
                raise
            if stored := _own_echo(error, attributes):
                return stored
            raise _MovedOnError from error
        return items.read_run(answer["Attributes"])

    # ---- chunks -----------------------------------------------------------------------------------------------------

    def begin_chunk(self, task: ChunkTask) -> Chunk | None:
        run = self.get(task.run_id)
        if run is None or run.state is not RunState.STAGING or run.generation != task.generation:
            return None
        try:
            with translate_errors(f"begin chunk {task.number} of run {task.run_id}"):
                return self._begin(task)
        except _MovedOnError:
            return None

    def _begin(self, task: ChunkTask) -> Chunk:
        fresh = Chunk(
            run_id=task.run_id,
            generation=task.generation,
            number=task.number,
            start=task.start,
            stop=task.stop,
            state=ChunkState.STAGING,
        )
        item = items.chunk_item(fresh)
        sets = {n: items.decode(a) for n, a in item.items() if n not in ("pk", "sk", "attempts")}
        asked = expressions.add({"attempts": 1}, sets, {"start": task.start})
        try:
            answer = self._db.update_item(
                TableName=self._table,
                Key=items.key(chunk_key(task.run_id, task.generation, task.number)),
                ReturnValues="ALL_NEW",
                **_unless_staged(asked),
            )
        except ClientError as error:
            if code_of(error) == "ConditionalCheckFailedException":
                raise _MovedOnError from error
            raise
        return items.read_chunk(answer["Attributes"])

    def finish_chunk(self, chunk: Chunk) -> Run:
        staged = replace(chunk, state=ChunkState.STAGED)
        put = expressions.where({"start": chunk.start}, names=["state"], values={})
        writes = [
            {"Put": {"TableName": self._table, "Item": items.chunk_item(staged), **_unless_staged(put)}},
            self._add_to_run(chunk, 1),
        ]
        with suppress(CancelledError):  # staged already, moved to another start, or the run has gone on: it tells
            self._transactions.write(writes)
        run = self.get(chunk.run_id)
        if run is None:
            raise Broken(f"run {chunk.run_id} is not recorded", code="NO_RUN")
        return run

    def reopen_chunk(self, chunk: Chunk, start: int) -> None:
        still = {"state": ChunkState.STAGED, **{name: getattr(chunk, name) for name in TOLD}}
        item = items.chunk_item(reopened(chunk, start))
        writes = [
            {"Put": {"TableName": self._table, "Item": item, **expressions.where(still, names=[], values={})}},
            self._add_to_run(chunk, -1),
        ]
        with suppress(CancelledError):
            self._transactions.write(writes)

    def chunks(self, run_id: str, generation: int) -> list[Chunk]:
        pages = self._db.get_paginator("query").paginate(
            TableName=self._table,
            ConsistentRead=True,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
            ExpressionAttributeValues={
                ":pk": {"S": run_key(run_id)[0]},
                ":prefix": {"S": chunks_prefix(generation)},
            },
        )
        with translate_errors(f"chunks of run {run_id}"):
            return [items.read_chunk(item) for page in pages for item in page["Items"]]

    # ---- searches ---------------------------------------------------------------------------------------------------

    def unfinished(self, before: float) -> Iterator[Run]:
        for run in self._searches.open_before(before):
            if run.finished:
                self._close(run)
            elif run.updated_at < before:
                yield run

    def search(
        self,
        *,
        object: str = "",
        state: RunState | None = None,
        since: float = 0.0,
        cursor: str = "",
        limit: int = 50,
    ) -> Page:
        return self._searches.page(object, state, since, cursor, limit)

    def by_name(self, name: str) -> list[Run]:
        return self._searches.by_name(name)

    # ---- marks ------------------------------------------------------------------------------------------------------

    def set_bookmark(self, name: str, text: str) -> None:
        with translate_errors(f"remember {name}"):
            self._db.put_item(TableName=self._table, Item={**items.key(mark_key(name)), "text": {"S": text}})

    def bookmark(self, name: str) -> str:
        found = self._get(mark_key(name))
        return str(items.decode(found["text"])) if found else ""

    # ---- requests ---------------------------------------------------------------------------------------------------

    def _get(self, place: tuple[str, str]) -> items.Item | None:
        with translate_errors(f"read {place[0]}"):
            answer = self._db.get_item(TableName=self._table, Key=items.key(place), ConsistentRead=True)
        return answer.get("Item")

    def _put(self, item: items.Item, condition: str) -> dict[str, Any]:
        return {"Put": {"TableName": self._table, "Item": item, "ConditionExpression": condition}}

    def _move_pointer(self, run: Run, seen: Newest | None) -> dict[str, Any]:
        item = items.pointer_item(run)
        if seen is None:
            return self._put(item, "attribute_not_exists(pk)")
        same = {"run_id": seen.run_id, "etag": seen.etag, "sequencer": seen.sequencer}
        return {"Put": {"TableName": self._table, "Item": item, **expressions.where(same, names=[], values={})}}

    def _add_to_run(self, chunk: Chunk, sign: int) -> dict[str, Any]:
        asked = expressions.add(
            {name: sign * amount for name, amount in chunk_sums(chunk).items()},
            {"updated_at": self._clock.now()},
            {"state": RunState.STAGING, "generation": chunk.generation},
        )
        return {"Update": {"TableName": self._table, "Key": items.key(run_key(chunk.run_id)), **asked}}

    def _close(self, run: Run) -> None:
        """Take a finished run out of the index of unfinished ones: two workers that ended it at once left it there."""
        asked = expressions.update({"open": None}, {"updated_at": run.updated_at, "notified": True})
        with translate_errors(f"close run {run.run_id}"):
            try:
                self._db.update_item(TableName=self._table, Key=items.key(run_key(run.run_id)), **asked)
            except ClientError as error:
                if code_of(error) != "ConditionalCheckFailedException":
                    raise


class _MovedOnError(Exception):
    """A condition did not hold."""


def _own_echo(error: ClientError, attributes: dict[str, Any]) -> Run | None:
    """What botocore's own repeat of a change ran into, if that was the change itself, whose answer was lost."""
    answer: Any = error.response
    repeated = answer["ResponseMetadata"].get("RetryAttempts", 0)
    stored: items.Item = answer.get("Item", {})
    made = all(stored.get(name) == a for name, a in attributes.items())
    return items.read_run(stored) if repeated and stored and made else None


def _unless_staged(asked: dict[str, Any]) -> dict[str, Any]:
    values = {**asked["ExpressionAttributeValues"], ":staged": items.encode(ChunkState.STAGED)}
    return {**asked, "ConditionExpression": UNCLAIMED, "ExpressionAttributeValues": values}
