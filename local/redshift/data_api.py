"""The operations of the Redshift Data API, without HTTP: request and answer are dicts.

SQL that fails is a FAILED statement, never an ApiError. An ApiError is for a request that AWS would not accept.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable
from itertools import count

from local.redshift.engine import Engine
from local.redshift.requests import TARGET, ApiError, Request, bound, check_submit, invalid, required
from local.redshift.responses import Answer, described, has_result, listed, part_answer
from local.redshift.statements import Part, Statements, Status, Submission

_ID = re.compile(r"[a-z0-9]{8}(-[a-z0-9]{4}){3}-[a-z0-9]{12}(:\d{0,2})?")
_MOST_ACTIVE = 500
_LONGEST_POLL = 30
_NO_RESULT = "Query does not have result. Please check query status with DescribeStatement."


class DataApi:
    """Answers `call(operation, request)`."""

    def __init__(self, engine: Engine, statements: Statements) -> None:
        self._engine, self._statements = engine, statements
        self._query_ids = count(1001)
        self._operations: dict[str, Callable[[Request], Answer]] = {
            "ExecuteStatement": lambda request: self._submit(request, [required(request, "Sql")], batch=False),
            "BatchExecuteStatement": lambda request: self._submit(request, required(request, "Sqls"), batch=True),
            "DescribeStatement": self._describe,
            "GetStatementResult": self._result,
            "CancelStatement": self._cancel,
            "ListStatements": self._list,
        }

    def call(self, operation: str, request: Request) -> Answer:
        if operation not in self._operations:
            raise ApiError("UnknownOperationException", f"{operation} is not emulated by the local Redshift")
        return self._operations[operation](request)

    def _submit(self, request: Request, sqls: list[str], *, batch: bool) -> Answer:
        check_submit(request, sqls)
        if self._statements.active() >= _MOST_ACTIVE:
            raise ApiError("ActiveStatementsExceededException", f"More than {_MOST_ACTIVE} statements are active.")
        token = request.get("ClientToken", "")
        work, new = self._statements.add(token, lambda: self._make(request, sqls, batch=batch))
        if new:
            self._engine.submit(work)
        answer = {"Id": work.id, "CreatedAt": work.created_at, **work.target}
        if "WaitTimeSeconds" in request:
            _wait(work, request)
            answer |= {"Status": work.status.value, "HasResultSet": has_result(work)}
        return answer

    def _make(self, request: Request, sqls: list[str], *, batch: bool) -> Submission:
        identity, now = str(uuid.uuid4()), time.time()
        ready = bound(sqls, request.get("Parameters") or [])
        parts = [
            Part(
                id=f"{identity}:{number}" if batch else identity,
                text=text,
                sql=sql,
                query_id=next(self._query_ids),
                created_at=now,
                updated_at=now,
            )
            for number, (text, sql) in enumerate(zip(sqls, ready, strict=True), start=1)
        ]
        return Submission(
            id=identity,
            parts=parts,
            batch=batch,
            created_at=now,
            updated_at=now,
            name=request.get("StatementName", ""),
            with_event=bool(request.get("WithEvent")),
            target={key: request[key] for key in TARGET if request.get(key)},
            parameters=request.get("Parameters") or [],
        )

    def _find(self, request: Request) -> tuple[Submission, Part | None]:
        """Return the submission, and its part if the id names one."""
        wanted = required(request, "Id")
        if not _ID.fullmatch(wanted):
            raise invalid(f"id must satisfy regex pattern: {_ID.pattern}")
        work = self._statements.find(wanted)
        if work is None:
            raise _not_found("Query does not exist.", wanted)
        if ":" not in wanted:
            return work, None
        part = next((part for part in work.parts if part.id == wanted), None)
        if part is None:
            raise _not_found("Query does not exist.", wanted)
        return work, part

    def _describe(self, request: Request) -> Answer:
        work, part = self._find(request)
        _wait(work, request)
        if part is not None:
            return part_answer(part) | work.target | {"RedshiftPid": work.pid}
        return described(work)

    def _result(self, request: Request) -> Answer:
        work, part = self._find(request)
        _wait(work, request)
        if part is None and not work.batch:
            part = work.parts[0]
        if part is None or part.result is None or work.status is not Status.FINISHED:
            raise _not_found(_NO_RESULT, request["Id"])
        token = request.get("NextToken") or "0"
        if not token.isdigit():
            raise invalid("NextToken is not valid")
        return part.result.page(int(token))

    def _cancel(self, request: Request) -> Answer:
        work, part = self._find(request)
        if part is not None and work.batch:
            raise invalid("Could not cancel a sub-statement of a batch; cancel the batch.")
        if not work.cancel():
            raise invalid(f"Could not cancel a query that is already in {work.status.value} state with ID: {work.id}.")
        return {"Status": True}

    def _list(self, request: Request) -> Answer:
        """List the newest statements first. Without a filter it lists all, as AWS does without RoleLevel."""
        most = request.get("MaxResults") or 100
        wanted, prefix = request.get("Status", "ALL"), request.get("StatementName", "")
        fitting = [
            work
            for work in self._statements.newest_first()
            if wanted in ("ALL", work.status.value)
            and work.name.startswith(prefix)
            and all(work.target.get(key) == request[key] for key in TARGET if request.get(key))
        ]
        after = request.get("NextToken")
        start = next((i + 1 for i, work in enumerate(fitting) if work.id == after), 0)
        answer: Answer = {"Statements": [listed(work) for work in fitting[start : start + most]]}
        if start + most < len(fitting):
            answer["NextToken"] = fitting[start + most - 1].id
        return answer


def _not_found(message: str, resource: str) -> ApiError:
    return ApiError("ResourceNotFoundException", f"{message} (ResourceId: {resource})")


def _wait(work: Submission, request: Request) -> None:
    """Hold the answer until the statement ends, if the request is a long poll."""
    if "WaitTimeSeconds" not in request:
        return
    if not 1 <= request["WaitTimeSeconds"] <= _LONGEST_POLL:
        raise invalid(f"WaitTimeSeconds must be 1 to {_LONGEST_POLL}")
    if not work.waiters.acquire(blocking=False):
        message = "The number of active requests with WaitTimeSeconds for the same SQL statement exceeds the limit."
        raise ApiError("ActiveWaitingRequestsExceededException", message)
    try:
        work.ended.wait(request["WaitTimeSeconds"])
    finally:
        work.waiters.release()
