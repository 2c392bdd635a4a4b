"""BatchGetItem: many items of one table at once, read strongly consistently."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from chalicelib.adapters.aws_errors import translate_errors
from chalicelib.adapters.dynamodb import items
from chalicelib.errors import Throttled

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MOST = 100
TRIES = 8
FIRST_PAUSE = 0.05


class Batches:
    """Reads items by their keys. Requests items again that the service leaves out for lack of capacity."""

    def __init__(
        self, client: DynamoDBClient, table: str, sleep: Callable[[float], None], jitter: Callable[[], float]
    ) -> None:
        self._db = client
        self._table = table
        self._sleep = sleep
        self._jitter = jitter

    def read(self, keys: Sequence[tuple[str, str]]) -> Iterator[items.Item]:
        """Yield the items that exist, in any order. The keys must differ. Raises Throttled."""
        for first in range(0, len(keys), MOST):
            yield from self._some([items.key(key) for key in keys[first : first + MOST]])

    def _some(self, keys: list[Any]) -> Iterator[items.Item]:
        for attempt in range(TRIES):
            with translate_errors(f"read {len(keys)} items"):
                response = self._db.batch_get_item(RequestItems={self._table: {"Keys": keys, "ConsistentRead": True}})
            yield from response["Responses"].get(self._table, [])
            left_out = response.get("UnprocessedKeys", {}).get(self._table)
            if not left_out:
                return
            keys = list(left_out["Keys"])
            self._sleep(FIRST_PAUSE * 2.0**attempt * (0.5 + self._jitter()))
        raise Throttled(f"read items: DynamoDB left {len(keys)} unread in each of {TRIES} tries")
