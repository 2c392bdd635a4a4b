"""Direct loads: the same transaction as over the Data API, over a connection, with INSERTs in place of the COPY.

Guarantees that a load of which it returns FAILED was not committed. If the connection breaks, the load may have been:
`Retryable` is raised, and the ledger decides. The staged parts are read before the transaction begins.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

from chalicelib.adapters.statement_errors import shown
from chalicelib.domain.run.load_errors import meaning
from chalicelib.domain.warehouse.direct import MOST_BYTES, Insert, LeftToCopy, inserts
from chalicelib.domain.warehouse.load import LoadOrder, render_load
from chalicelib.domain.warehouse.statement import Statement, StatementState, direct_id
from chalicelib.errors import Retryable, WorkGone

STATEMENT_SECONDS = 50
"""The warehouse stops a statement that takes longer, such as the wait for a gate that another load holds."""


class Cursor(Protocol):
    """What a direct load needs of a cursor of redshift_connector."""

    paramstyle: str

    def execute(self, operation: str, args: Any = None) -> Any: ...


class Connection(Protocol):
    """What a direct load needs of a connection of redshift_connector. It begins a transaction by itself."""

    def cursor(self) -> Cursor: ...
    def commit(self) -> None: ...


Connect = Callable[[], AbstractContextManager[Connection]]
Get = Callable[[str, str, int, int], bytes]
"""ObjectStore.get: bucket, key, start and length."""


class StatementFailedError(Exception):
    """The warehouse refused a statement, so the transaction has no effect."""

    def __init__(self, error: str, statement: str) -> None:
        super().__init__(error)
        self.error, self.statement = error, statement


class DirectLoads:
    """Runs the loads whose rows are few enough."""

    def __init__(self, connect: Connect, get: Get, seconds: float = STATEMENT_SECONDS) -> None:
        self._connect, self._get_object = connect, get
        self._limit = f"SET statement_timeout TO {round(seconds * 1_000)}"

    def load(self, order: LoadOrder) -> Statement | None:
        """Run a load to its end. None if COPY has to load it: INSERTs cannot, or COPY can name what is wrong.

        Raises Retryable if the load may have been committed, or the warehouse does not answer. Raises Refused.
        """
        batch = render_load(order)
        try:
            rows = inserts(order, self._parts(order))
        except (LeftToCopy, WorkGone):
            return None
        with self._connect() as connection:
            try:
                _transaction(connection, (self._limit, *batch.statements), batch.parameters, rows)
            except StatementFailedError as failed:
                staging = any(failed.statement == row.sql for row in rows)
                return None if staging and not meaning(failed.error).retryable else _failed(order, failed)
        return Statement(statement_id=direct_id(order.group_id), state=StatementState.FINISHED)

    def _parts(self, order: LoadOrder) -> Iterator[bytes]:
        if not order.rows_good:
            return
        for entry in json.loads(self._get(order.manifest))["entries"]:
            yield self._get(entry["url"])

    def _get(self, url: str) -> bytes:
        bucket, _, key = url.removeprefix("s3://").partition("/")
        body = self._get_object(bucket, key, 0, MOST_BYTES + 1)
        if len(body) > MOST_BYTES:
            raise LeftToCopy("a part is too long")
        return body


def _failed(order: LoadOrder, failed: StatementFailedError) -> Statement:
    return Statement(
        statement_id=direct_id(order.group_id),
        state=StatementState.FAILED,
        error=shown(failed.error, failed.statement),
        retryable=meaning(failed.error).retryable,
    )


def _transaction(
    connection: Connection, statements: Sequence[str], parameters: Mapping[str, str], rows: Sequence[Insert]
) -> None:
    named, by_place = connection.cursor(), connection.cursor()
    named.paramstyle, by_place.paramstyle = "named", "qmark"
    for statement in statements:
        if statement.startswith("COPY "):
            for row in rows:
                _execute(by_place, row.sql, row.values)
        else:
            _execute(named, statement, parameters)
    with _refusals("COMMIT"):
        connection.commit()


def _execute(cursor: Cursor, statement: str, parameters: Any) -> None:
    with _refusals(statement):
        cursor.execute(statement, parameters)


@contextmanager
def _refusals(statement: str) -> Iterator[None]:
    """Raise StatementFailedError for an error that the warehouse returned, Retryable for a connection that broke."""
    from redshift_connector.error import Error

    try:
        yield
    except (Error, OSError) as error:
        if refusal := refusal_of(error):
            raise StatementFailedError(refusal["M"], statement) from None  # whose text may quote a row
        raise Retryable("the connection to the warehouse broke: the ledger has to show what was loaded") from error


def refusal_of(error: Exception) -> Mapping[str, str]:
    """Return the fields of an error that the warehouse returned; none if the driver itself found it."""
    fields = error.args[0] if error.args else None
    return fields if isinstance(fields, dict) and "M" in fields else {}
