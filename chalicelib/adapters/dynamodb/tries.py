"""The tries of a message's work, on the record of its run or its chunk.

Guarantees that no count is lost. One that the SDK repeats after a lost answer may count twice: a run is then left to
the sweep one try too early.
"""

from __future__ import annotations

from typing import Any

from chalicelib.adapters.dynamodb import items
from chalicelib.adapters.dynamodb.table import chunk_key, run_key
from chalicelib.adapters.dynamodb.table_client import ConditionFailedError, TableClient
from chalicelib.domain.run.model import ChunkTask

EXISTS: dict[str, Any] = {
    "ConditionExpression": "attribute_exists(pk)",
    "ExpressionAttributeNames": {"#tries": "tries"},
}


class DynamoTries:
    """An attribute of the item, which no other change of a run touches, and which a staged chunk loses."""

    def __init__(self, table: TableClient) -> None:
        self._table = table

    def count(self, work: ChunkTask | str) -> int:
        one = {":one": {"N": "1"}}
        try:
            found = self._table.update(
                "count a try",
                _key(work),
                UpdateExpression="ADD #tries :one",
                ExpressionAttributeValues=one,
                ReturnValues="UPDATED_NEW",
                **EXISTS,
            )
        except ConditionFailedError:
            return 0
        return int(items.decode(found["tries"]))

    def counted(self, work: ChunkTask | str) -> int:
        found = self._table.get(_key(work)) or {}
        return int(items.decode(found["tries"])) if "tries" in found else 0

    def clear(self, work: ChunkTask | str) -> None:
        try:
            self._table.update("clear the tries", _key(work), UpdateExpression="REMOVE #tries", **EXISTS)
        except ConditionFailedError:
            return


def _key(work: ChunkTask | str) -> tuple[str, str]:
    if isinstance(work, ChunkTask):
        return chunk_key(work.run_id, work.generation, work.number)
    return run_key(work)
