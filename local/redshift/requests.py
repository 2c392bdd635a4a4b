"""Checks of the Data API's requests, before any SQL is read."""

from __future__ import annotations

from typing import Any

from local.redshift.sql.bind import bind

Request = dict[str, Any]

TARGET = ("WorkgroupName", "ClusterIdentifier", "SecretArn", "DbUser", "Database")
_MOST_SQLS, _MOST_BYTES = 40, 100 * 1024
ADMINISTRATOR = "arn:aws:secretsmanager:eu-west-1:000000000000:secret:redshift!local-awsuser-AbCdEf"
"""The secret of the administrator."""
DIRECT_LOADS = "arn:aws:secretsmanager:eu-west-1:000000000000:secret:landfall-loader"
"""The secret of direct loads, without the six characters that Secrets Manager adds to its name."""
_NOT_EMULATED = {"SessionId", "SessionKeepAliveSeconds"}


class ApiError(Exception):
    """The request is refused; `kind` is AWS's name of the error."""

    def __init__(self, kind: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.kind, self.message, self.status = kind, message, status


def invalid(message: str) -> ApiError:
    return ApiError("ValidationException", message)


def required(request: Request, name: str) -> Any:
    if not request.get(name):
        raise invalid(f"{name} is required and may not be empty")
    return request[name]


def check_submit(request: Request, sqls: list[str]) -> None:
    _check_target(request)
    if len(sqls) > _MOST_SQLS:
        raise invalid(f"Sqls may hold at most {_MOST_SQLS} statements, got {len(sqls)}")
    if any(not sql.strip() for sql in sqls):
        raise invalid("SQL must not be blank")
    if sum(len(sql.encode()) for sql in sqls) > _MOST_BYTES:  # AWS documents it for a statement: the strictest reading
        raise invalid("The SQL statement is larger than 100 KB")
    if len(request.get("ClientToken", "")) > 64:
        raise invalid("ClientToken must have 1 to 64 characters")
    for name in _NOT_EMULATED & request.keys():
        raise invalid(f"{name} is not emulated by the local Redshift")
    if request.get("ExecutionMode", "TRANSACTION") != "TRANSACTION":
        raise invalid("ExecutionMode AUTO_COMMIT is not emulated by the local Redshift")
    if request.get("ResultFormat", "JSON") != "JSON":
        raise invalid("ResultFormat CSV is not emulated by the local Redshift")


def _check_target(request: Request) -> None:
    if not any(request.get(key) for key in ("WorkgroupName", "ClusterIdentifier", "SecretArn")):
        raise invalid("Either ClusterIdentifier, WorkgroupName or SecretArn is required")
    if request.get("SecretArn", ADMINISTRATOR) not in (ADMINISTRATOR, DIRECT_LOADS):
        raise invalid("Secrets Manager can't find the specified secret.")
    if not request.get("Database"):
        raise invalid("Database is required")


def bound(sqls: list[str], parameters: list[dict[str, str]]) -> list[str]:
    values = {one["name"]: one.get("value", "") for one in parameters}
    if any(not value for value in values.values()):
        raise invalid("Parameter values may not be empty")
    made = [bind(sql, values) for sql in sqls]
    missing = sorted({name for _, _, absent in made for name in absent})
    unused = sorted(values.keys() - {name for _, used, _ in made for name in used})
    if missing:
        raise invalid(f"Parameters are missing for: {', '.join(missing)}")
    if unused:
        raise invalid(f"Parameters are not used in the SQL: {', '.join(unused)}")
    return [sql for sql, _, _ in made]
