"""DynamoDB as the record of runs. table.py defines the table, items.py the items.

Guarantees that a change applies only to the state of the run that it was decided on. Reads are strongly consistent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Unpack

from botocore.exceptions import ClientError

from chalicelib.adapters.dynamodb import expressions, items
from chalicelib.adapters.dynamodb.table import file_key, run_key
from chalicelib.adapters.dynamodb.table_client import ConditionFailedError, TableClient
from chalicelib.adapters.dynamodb.transactions import CancelledError
from chalicelib.adapters.moves import attempt, complete
from chalicelib.domain.run.changes import RunChanges
from chalicelib.domain.run.model import Run
from chalicelib.ports import Clock, Conflict, Newest

NEW = "attribute_not_exists(pk)"


class DynamoRuns:
    """One item for each run, and one for each S3 key that points at its newest run."""

    def __init__(self, table: TableClient, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def create(self, run: Run, seen: Newest | None = None) -> bool:
        """Write the run and the pointer together, so that a pointer never names a missing run.

        worker 1: reads pointer P0          | worker 2: reads P0, writes its run and P2
        worker 1: writes run and P1 if P0   -> cancelled: `arrive` decides again which of the two is newer
        """
        writes = [self._table.put(items.run_item(run), ConditionExpression=NEW)]
        if seen is None or run.source.newer_than(seen.sequencer):
            writes.append(self._move_pointer(run, seen))
        try:
            self._table.transactions.write(writes)
        except CancelledError:
            return False
        return True

    def get(self, run_id: str) -> Run | None:
        found = self._table.get(run_key(run_id))
        return items.read_run(found) if found else None

    def get_many(self, run_ids: Sequence[str]) -> list[Run]:
        keys = [run_key(run_id) for run_id in dict.fromkeys(run_ids)]
        runs = {run.run_id: run for run in map(items.read_run, self._table.batches.read(keys))}
        return [runs[run_id] for run_id in run_ids if run_id in runs]

    def newest(self, bucket: str, key: str) -> Newest | None:
        found = self._table.get(file_key(bucket, key))
        return items.read_pointer(found) if found else None

    def newest_of(self, bucket: str, keys: Sequence[str]) -> dict[str, Newest]:
        pairs = {file_key(bucket, key): key for key in keys}
        found = self._table.batches.read(tuple(pairs))
        return {pairs[item["pk"]["S"], item["sk"]["S"]]: items.read_pointer(item) for item in found}

    def change(self, run: Run, **changes: Unpack[RunChanges]) -> Run:
        full = complete(run, changes, self._clock.now())
        attributes = items.run_attributes(full)
        attributes["open"] = None if replace(run, **full).finished else items.OPEN["open"]
        try:
            stored = self._table.update(
                f"change run {run.run_id}",
                run_key(run.run_id),
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **expressions.update(attributes, attempt(run)),
            )
        except ConditionFailedError as failed:
            if own := _own_echo(failed.error, attributes):
                return own
            raise Conflict(f"run {run.run_id} has moved on") from failed
        return items.read_run(stored)

    def _move_pointer(self, run: Run, seen: Newest | None) -> dict[str, Any]:
        item = items.pointer_item(run)
        if seen is None:
            return self._table.put(item, ConditionExpression=NEW)
        same = {"run_id": seen.run_id, "etag": seen.etag, "sequencer": seen.sequencer}
        return self._table.put(item, **expressions.where(same, names=[], values={}))


def _own_echo(error: ClientError, attributes: dict[str, Any]) -> Run | None:
    """Return the stored run if botocore's repeat met the change of its own first request; else None."""
    response: Any = error.response
    repeated = response["ResponseMetadata"].get("RetryAttempts", 0)
    stored: items.Item = response.get("Item", {})
    made = all(stored.get(name) == a for name, a in attributes.items())
    return items.read_run(stored) if repeated and stored and made else None
