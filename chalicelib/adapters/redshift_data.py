"""Redshift through its Data API: a load is one BatchExecuteStatement, which is one transaction.

Guarantees that a load is submitted with a token: a repeat within the token's life is the same statement. Guarantees
that `ledger` returns committed rows only. The Data API reports how a statement ended; in doubt the ledger decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from chalicelib.adapters.aws_errors import code_of, repeated, text_of, translate_errors
from chalicelib.adapters.statement_errors import shown
from chalicelib.config import Settings
from chalicelib.domain.run.load_errors import meaning
from chalicelib.domain.run.model import LedgerRow
from chalicelib.domain.warehouse.copy_faults import CopyFault, copy_fault, copy_faults_query
from chalicelib.domain.warehouse.file_books import books_query, books_row
from chalicelib.domain.warehouse.ledger import ledger_query, ledger_row, render_fence
from chalicelib.domain.warehouse.load import Batch, LoadOrder, render_load
from chalicelib.domain.warehouse.statement import Statement, StatementState, is_direct
from chalicelib.domain.warehouse.unload import UnloadOrder, render_unload
from chalicelib.errors import Refused, Retryable

if TYPE_CHECKING:
    from mypy_boto3_redshift_data import RedshiftDataAPIServiceClient

    from chalicelib.adapters.direct import DirectLoads

STATES = {
    "SUBMITTED": StatementState.RUNNING,
    "PICKED": StatementState.RUNNING,
    "STARTED": StatementState.RUNNING,
    "FINISHED": StatementState.FINISHED,
    "FAILED": StatementState.FAILED,
    "ABORTED": StatementState.FAILED,
}
OVER = re.compile(r"already|finished|failed|aborted|not running", re.IGNORECASE)
WAIT_SECONDS = 20
"""The Data API answers when a short statement ends, or after these seconds: fewer than the client waits for bytes."""


class RedshiftData:
    """The warehouse, for a Serverless workgroup or a provisioned cluster. Without `direct`, all loads are COPYs."""

    def __init__(
        self, client: RedshiftDataAPIServiceClient, settings: Settings, direct: DirectLoads | None = None
    ) -> None:
        self._api, self._direct = client, direct
        self._database = database_args(settings)

    def submit(self, order: LoadOrder, *, token: str, name: str) -> Statement:
        ended = self._direct.load(order) if self._direct and order.direct else None
        return ended or self._submit(order, token, name)

    def _submit(self, order: LoadOrder, token: str, name: str) -> Statement:
        batch, what = render_load(order), f"submit load {order.group_id}"
        try:
            with _translate_errors(what):
                response = self._api.batch_execute_statement(
                    Sqls=list(batch.statements),
                    **_parameters(batch),
                    ClientToken=token,
                    StatementName=name,
                    WithEvent=True,
                    **self._database,
                )
        except Refused as refused:
            if repeated(refused.__cause__):  # the first request may have been accepted, and its response lost
                raise Retryable(f"{what}: submitted more than once, then refused: {refused.message}") from refused
            raise
        return Statement(statement_id=response["Id"], state=StatementState.RUNNING)

    def unload(self, order: UnloadOrder, *, token: str, name: str) -> str:
        with _translate_errors(f"submit the export of {order.contract.name}"):
            response = self._api.execute_statement(
                Sql=render_unload(order), ClientToken=token, StatementName=name, WithEvent=True, **self._database
            )
        return response["Id"]

    def describe(self, statement_id: str) -> Statement:
        if is_direct(statement_id):
            return Statement(statement_id=statement_id, state=StatementState.GONE)
        try:
            with _translate_errors(f"describe statement {statement_id}", statement=True):
                found = self._api.describe_statement(Id=statement_id)
        except _UnknownStatementError:
            return Statement(statement_id=statement_id, state=StatementState.GONE)
        state = STATES.get(found["Status"], StatementState.RUNNING)
        if state is not StatementState.FAILED:
            return Statement(statement_id=statement_id, state=state)
        error = _error(found)
        return Statement(
            statement_id=statement_id,
            state=state,
            error=shown(error, _failed_statement(found)) or found["Status"],
            retryable=found["Status"] == "ABORTED" or meaning(error).retryable,
            copy_id=failed_copy(found),
        )

    def copy_faults(self, copy_id: int) -> list[CopyFault]:
        found = self._query(copy_faults_query(copy_id), f"read the load errors of COPY {copy_id}")
        return list(map(copy_fault, found))

    def ledger(self, object_name: str, load_ids: Sequence[str], since: float) -> dict[str, LedgerRow]:
        what = f"read the ledger for {len(load_ids)} loads, the first {load_ids[0]}"
        found = self._query(ledger_query(object_name, load_ids, since), what)
        return {row.load_id: row for row in map(ledger_row, found)}

    def books(self, load_id: str) -> LedgerRow | None:
        found = self._query(books_query(load_id), f"read the books of load {load_id}")
        return next((books_row(load_id, record) for record in found), None)

    def _query(self, query: Batch, what: str) -> list[list[Any]]:
        with _translate_errors(what):
            response = self._api.execute_statement(
                Sql=query.statements[0], **_parameters(query), WaitTimeSeconds=WAIT_SECONDS, **self._database
            )
        self._must_have_finished(response, "LEDGER_UNREADABLE", "the ledger cannot be read")
        return [[_value(field) for field in record] for record in self._records(response["Id"])]

    def cancel(self, statement_id: str) -> None:
        if is_direct(statement_id):
            return
        try:
            with _translate_errors(f"cancel statement {statement_id}", statement=True):
                self._api.cancel_statement(Id=statement_id)
        except _UnknownStatementError:
            return
        except Refused as refused:
            cause = refused.__cause__
            if cause and code_of(cause) == "ValidationException" and OVER.search(text_of(cause)):
                return
            raise

    def fence(self, target: str, group_id: str) -> None:
        fence = render_fence(target, group_id)
        with _translate_errors(f"fence load {group_id}"):
            response = self._api.batch_execute_statement(
                Sqls=list(fence.statements), **_parameters(fence), WaitTimeSeconds=WAIT_SECONDS, **self._database
            )
        try:
            self._must_have_finished(response, "NOT_FENCED", "a load that may still commit cannot be fenced")
        except Retryable:
            self.cancel(response["Id"])  # else each try would leave one more statement in the queue before the gate
            raise

    def _must_have_finished(self, submitted: Any, code: str, fault: str) -> None:
        """Return if a statement has finished; `submitted` is the answer after at most WAIT_SECONDS.

        Raises Retryable if it still runs, or failed for a passing reason. Raises Refused with `code` if it failed for
        good.
        """
        if STATES.get(submitted.get("Status")) is StatementState.FINISHED:
            return
        found = self.describe(submitted["Id"])  # it may have ended since, and only this answer has the error
        if found.state is StatementState.RUNNING:
            busy = "its statement is still running; check whether the warehouse is busy or resuming"
            raise Retryable(f"{fault} yet: {busy}")
        if found.failed_for_good:
            raise Refused(f"{fault}: {found.error}", code=code)
        if found.state is not StatementState.FINISHED:
            raise Retryable(f"{fault} yet: {found.error or found.state.value}")

    def _records(self, statement_id: str) -> Iterator[list[Any]]:
        more: dict[str, Any] = {}
        while True:
            try:
                with _translate_errors(f"result of statement {statement_id}", statement=True):
                    page: Any = self._api.get_statement_result(Id=statement_id, **more)
            except _UnknownStatementError as gone:
                raise Retryable("the result of the ledger query expired before it was read") from gone
            yield from page["Records"]
            if not page.get("NextToken"):
                return
            more = {"NextToken": page["NextToken"]}


def database_args(settings: Settings) -> Any:
    """Return the arguments that name the warehouse, the database and the user."""
    arguments: dict[str, str] = {"Database": settings.database}
    if settings.workgroup:
        arguments["WorkgroupName"] = settings.workgroup
    else:
        arguments["ClusterIdentifier"] = settings.cluster
    if settings.db_secret:
        arguments["SecretArn"] = settings.db_secret
    elif settings.cluster and settings.db_user:
        arguments["DbUser"] = settings.db_user
    return arguments


class _UnknownStatementError(Exception):
    """The Data API has no such statement (any more)."""


@contextmanager
def _translate_errors(what: str, *, statement: bool = False) -> Iterator[None]:
    """Translate errors. A paused or resuming warehouse, for the Data API a validation error, becomes Retryable.

    `statement`: the call names a statement. If it does not exist, raise _UnknownStatementError for the caller.
    """
    with translate_errors(what):
        try:
            yield
        except ClientError as error:
            if code_of(error) == "ResourceNotFoundException" and statement:
                raise _UnknownStatementError from error
            if code_of(error) == "ValidationException" and meaning(text_of(error)).retryable:
                raise Retryable(f"{what}: the warehouse is not ready") from error
            raise


def _parameters(batch: Batch) -> Any:
    listed = [{"name": name, "value": value} for name, value in batch.parameters.items()]
    return {"Parameters": listed} if listed else {}


def _error(found: Any) -> str:
    """Return the statement's error, or that of the first of its parts with an error."""
    parts = [part.get("Error", "") for part in found.get("SubStatements", [])]
    return str(next((text for text in [found.get("Error", ""), *parts] if text), ""))


def _failed_statement(found: Any) -> str:
    """Return the text of the part that failed; empty if none did."""
    failed: Any = next((part for part in found.get("SubStatements", []) if part["Status"] == "FAILED"), {})
    return str(failed.get("QueryString", ""))


def failed_copy(found: Any) -> int:
    """Return Redshift's query id of the COPY that failed; 0 if none did."""
    for part in found.get("SubStatements", []):
        if part["Status"] == "FAILED" and part.get("QueryString", "").startswith("COPY "):
            return max(int(part.get("RedshiftQueryId", 0)), 0)
    return 0


def _value(field: Any) -> Any:
    """Return a field of a result, which has one typed member, or isNull."""
    return None if field.get("isNull") else next(iter(field.values()))
