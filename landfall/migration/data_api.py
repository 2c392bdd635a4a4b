"""A warehouse behind the Redshift Data API: no network path, no port, no password on this machine.

Guarantees that statements run as one transaction. The Data API keeps no session: temporary tables end with their batch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from landfall.migration.warehouse import Rows, StatementError

WAIT_SECONDS = 30
"""The longest wait of one DescribeStatement that AWS allows."""
RUNNING = ("SUBMITTED", "PICKED", "STARTED")
"""The states of a statement that is not at its end."""


class DataApi:
    """A warehouse, by a client of the Data API and the arguments that name warehouse, database and secret."""

    def __init__(self, client: Any, where: Mapping[str, str]) -> None:
        self._api = client
        self._where = dict(where)

    def query(self, statement: str) -> Rows:
        statement_id = self._execute(statement)
        return result(self._api, statement_id)

    def run(self, statements: Sequence[str]) -> None:
        if len(statements) == 1:
            self._execute(statements[0])
        else:
            self._finish(self._api.batch_execute_statement(Sqls=list(statements), **self._where)["Id"])

    def _execute(self, statement: str) -> str:
        statement_id = str(self._api.execute_statement(Sql=statement, **self._where)["Id"])
        self._finish(statement_id)
        return statement_id

    def _finish(self, statement_id: str) -> None:
        found = ended(self._api, statement_id)
        if found["Status"] != "FINISHED":
            raise _failure(found)


def _failure(found: Mapping[str, Any]) -> StatementError:
    """The first failed statement of a batch, or the only one."""
    for number, part in enumerate(found.get("SubStatements", []), start=1):
        if part["Status"] == "FAILED":
            return StatementError(number, part.get("Error") or found.get("Error", ""))
    return StatementError(1, found.get("Error") or found["Status"])


def ended(client: Any, statement_id: str) -> dict[str, Any]:
    """Wait for the end of a statement or a batch. Return its description."""
    found: dict[str, Any] = {"Status": RUNNING[0]}
    while found["Status"] in RUNNING:
        found = client.describe_statement(Id=statement_id, WaitTimeSeconds=WAIT_SECONDS)
    return found


def result(client: Any, statement_id: str) -> Rows:
    """Return the rows of a single statement, or of a part of a batch (`<id>:<number>`). NULL is None."""
    pages = client.get_paginator("get_statement_result").paginate(Id=statement_id)
    return [[_value(field) for field in record] for page in pages for record in page["Records"]]


def _value(field: Mapping[str, Any]) -> Any:
    """Return a field of a result: one typed member, or isNull."""
    return None if field.get("isNull") else next(iter(field.values()))
