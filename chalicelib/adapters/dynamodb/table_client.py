"""One table, with the requests that its stores share: read an item, change an item, write several items or none."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from chalicelib.adapters.aws_errors import code_of, translate_errors
from chalicelib.adapters.dynamodb import items
from chalicelib.adapters.dynamodb.batches import Batches
from chalicelib.adapters.dynamodb.transactions import Transactions

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class ConditionFailedError(Exception):
    """The condition of a write did not hold; nothing was written. `error` is DynamoDB's error."""

    def __init__(self, error: ClientError) -> None:
        super().__init__(str(error))
        self.error = error


class TableClient:
    """The requests to one table. Reads are strongly consistent."""

    def __init__(
        self,
        db: DynamoDBClient,
        name: str,
        *,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.db = db
        self.name = name
        self.transactions = Transactions(db, sleep, jitter)
        self.batches = Batches(db, name, sleep, jitter)

    def get(self, key: tuple[str, str]) -> items.Item | None:
        """Return the item, or None."""
        with translate_errors(f"read {key[0]}"):
            response = self.db.get_item(TableName=self.name, Key=items.key(key), ConsistentRead=True)
        return response.get("Item")

    def update(self, what: str, key: tuple[str, str], **change: Any) -> items.Item:
        """Change an item and return the attributes that `ReturnValues` selects. Raises ConditionFailedError."""
        with translate_errors(what):
            try:
                response = self.db.update_item(TableName=self.name, Key=items.key(key), **change)
            except ClientError as error:
                if code_of(error) != "ConditionalCheckFailedException":
                    raise
                raise ConditionFailedError(error) from error
        return response.get("Attributes", {})

    def put(self, item: items.Item, **condition: Any) -> dict[str, Any]:
        """Return a write of a transaction that puts an item if the condition holds."""
        return {"Put": {"TableName": self.name, "Item": item, **condition}}
