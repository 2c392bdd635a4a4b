"""How these tests talk to the local Redshift: as an application does, with boto3."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import boto3

from local.access.signatures import Credentials
from local.redshift import LocalRedshift
from tests.support.redshift.outside import Outside

ENDED = ("FINISHED", "FAILED", "ABORTED")
WHERE = {"WorkgroupName": "local", "Database": "dev"}


def data_client(url: str, credentials: Credentials) -> Any:
    session = boto3.session.Session(
        aws_access_key_id=credentials.access_key, aws_secret_access_key=credentials.secret, region_name="eu-west-1"
    )
    return session.client("redshift-data", endpoint_url=url)


@dataclass(frozen=True, kw_only=True)
class Desk:
    """A running Redshift, what it reads from, and a client."""

    redshift: LocalRedshift
    outside: Outside
    api: Any

    def submit(self, *sqls: str, **more: Any) -> str:
        if len(sqls) == 1:
            return str(self.api.execute_statement(Sql=sqls[0], **WHERE, **more)["Id"])
        return str(self.api.batch_execute_statement(Sqls=list(sqls), **WHERE, **more)["Id"])

    def wait(self, statement_id: str) -> dict[str, Any]:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            found: dict[str, Any] = self.api.describe_statement(Id=statement_id)
            if found["Status"] in ENDED:
                return found
            time.sleep(0.01)
        raise AssertionError(f"still {found['Status']} after 30 s")

    def run(self, *sqls: str, **more: Any) -> dict[str, Any]:
        return self.wait(self.submit(*sqls, **more))

    def ok(self, *sqls: str, **more: Any) -> dict[str, Any]:
        found = self.run(*sqls, **more)
        assert found["Status"] == "FINISHED", found.get("Error")
        return found

    def error(self, *sqls: str, **more: Any) -> str:
        found = self.run(*sqls, **more)
        assert found["Status"] == "FAILED", found
        return str(found["Error"])

    def rows(self, sql: str, **more: Any) -> list[list[Any]]:
        return self.result(self.ok(sql, **more)["Id"])

    def result(self, statement_id: str) -> list[list[Any]]:
        pages = self.api.get_paginator("get_statement_result").paginate(Id=statement_id)
        return [[_value(field) for field in record] for page in pages for record in page["Records"]]

    def copy(self, table: str, text: str | bytes, options: str = "", columns: str = "") -> dict[str, Any]:
        """COPY of one plain file whose name is the table's."""
        self.outside.put(f"files/{table}.csv", text)
        return self.run(f"copy {table}{columns} from 's3://files/{table}.csv' iam_role default csv {options}")

    def faults(self, table: str) -> list[list[Any]]:
        """Line, column, code and message of each load error of the table, without the padding of CHAR."""
        return self.rows(
            "select line_number, trim(column_name), error_code, trim(error_message) from sys_load_error_detail "
            f"where trim(file_name) like '%/{table}.csv' order by start_time, line_number"
        )


def _value(field: dict[str, Any]) -> Any:
    (kind, value), *_ = field.items()
    return None if kind == "isNull" else value
