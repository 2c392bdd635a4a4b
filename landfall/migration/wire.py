"""A warehouse behind a DB-API connection, such as redshift_connector's: for a network path of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from landfall.migration.warehouse import Rows, StatementError
from landfall.text import warehouse_message


class Connection(Protocol):
    """What is needed of a DB-API connection. Autocommit must be off, as it is by default."""

    autocommit: Any

    def cursor(self) -> Any: ...
    def commit(self) -> None: ...
    def rollback(self) -> None: ...


class Wire:
    """A warehouse, by a connection that the caller closes."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def query(self, statement: str) -> Rows:
        cursor = self._connection.cursor()
        try:
            _execute(cursor, statement, 1)
            return [list(row) for row in cursor.fetchall()]
        finally:
            self._connection.rollback()

    def run(self, statements: Sequence[str]) -> None:
        if len(statements) == 1:
            self._run_outside_a_block(statements[0])
            return
        cursor = self._connection.cursor()
        try:
            for number, statement in enumerate(statements, start=1):
                _execute(cursor, statement, number)
            self._connection.commit()
        except BaseException:
            self._connection.rollback()
            raise

    def _run_outside_a_block(self, statement: str) -> None:
        self._connection.autocommit = True
        try:
            _execute(self._connection.cursor(), statement, 1)
        finally:
            self._connection.autocommit = False


def _execute(cursor: Any, statement: str, number: int) -> None:
    try:
        cursor.execute(statement)
    except Exception as error:
        raise StatementError(number, warehouse_message(error)) from error
