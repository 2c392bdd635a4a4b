"""TransactWriteItems that survives its own contention."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from chalicelib.adapters.aws_errors import code_of, translate_errors
from chalicelib.domain.run.ids import digest
from chalicelib.errors import Throttled

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TRIES = 12
FIRST_PAUSE = 0.02
LONGEST_PAUSE = 1.0


class CancelledError(Exception):
    """A condition of the transaction did not hold; nothing was written."""


class Transactions:
    """Writes all items or none. Waits for another transaction on the same item, with growing, jittered pauses."""

    def __init__(self, client: DynamoDBClient, sleep: Callable[[float], None], jitter: Callable[[], float]) -> None:
        self._db = client
        self._sleep = sleep
        self._jitter = jitter

    def write(self, writes: list[dict[str, Any]]) -> None:
        """Write in one transaction. Raises CancelledError, or Throttled if conflicts persist.

        The request token derives from the content, so that botocore's repeat after a lost response has no effect.
        """
        token = digest(json.dumps(writes, sort_keys=True))
        for attempt in range(TRIES):
            with translate_errors("transaction"):
                if self._once(writes, token):
                    return
            pause = min(FIRST_PAUSE * 2.0**attempt, LONGEST_PAUSE)
            self._sleep(pause * (0.5 + self._jitter()))
        raise Throttled(f"transaction: each of {TRIES} tries met a conflict on an item")

    def _once(self, writes: Any, token: str) -> bool:
        try:
            self._db.transact_write_items(TransactItems=writes, ClientRequestToken=token)
        except ClientError as error:
            if code_of(error) == "TransactionInProgressException":
                return False
            if code_of(error) != "TransactionCanceledException":
                raise
            reasons = _reasons(error)
            if "ConditionalCheckFailed" in reasons:
                raise CancelledError from error
            if reasons & {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}:
                return False
            raise
        return True


def _reasons(error: ClientError) -> set[str]:
    listed: list[dict[str, Any]] = error.response.get("CancellationReasons", [])  # type: ignore[assignment]
    return {str(reason.get("Code", "")) for reason in listed}
