"""Each check is able to fail: a warehouse that answers otherwise is reported, and never with an account's number."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from landfall.conformity.check import Statements, statements
from landfall.conformity.copies import Store
from landfall.conformity.run import HIDDEN, Finding, all_checks, run
from landfall.conformity.session import Session
from landfall.doctor.report import Result
from landfall.doctor.warehouse import NO_BUCKET, examined, look_of, store_of, written
from landfall.faults import CommandError, ExitCode
from landfall.migration.target import WarehouseOptions
from tests.support.paths import ROOT

ACCOUNT = "210987654321"


class Strange:
    """A Data API whose every batch ends in one way, and every result is one row. It makes and drops schemas."""

    def __init__(self, status: str, error: str = "") -> None:
        self.status, self.error, self.sent = status, error, [""]
        self.number = 0

    def execute_statement(self, **request: Any) -> Any:
        return self._accepted(request["Sql"])

    def batch_execute_statement(self, **request: Any) -> Any:
        return self._accepted(request["Sqls"][0])

    def _accepted(self, sql: str) -> Any:
        self.sent.append(sql)
        return {"Id": str(len(self.sent) - 1)}

    def describe_statement(self, **request: Any) -> Any:
        sql = self.sent[int(request["Id"])] if request["Id"].isdecimal() else ""
        if sql.startswith(("create schema", "drop schema")):
            return {"Status": "FINISHED"}
        return {"Status": self.status, "Error": self.error}

    def cancel_statement(self, **request: Any) -> Any:
        return {"Status": True}

    def get_paginator(self, name: str) -> Strange:
        return self

    def paginate(self, **request: Any) -> Iterator[Any]:
        yield {"Records": [[{"stringValue": "otherwise"}]]}

    def put_object(self, **request: Any) -> None:
        pass

    def delete_object(self, **request: Any) -> None:
        pass


def findings(strange: Strange) -> list[Finding]:
    session = Session(api=strange, where={"Database": "dev"}, schema="scratch")
    checks = all_checks(ROOT / "sql", Store(s3=strange, bucket="landfall-doctor-bucket", role="default"))
    return list(run(session, checks))


def test_every_check_reports_a_warehouse_that_does_nothing() -> None:
    accepted = [f.name for f in findings(Strange("FINISHED")) if not f.differs]
    scripts = [name for name in accepted if name.startswith("sql/")]  # that each does something is shown by the loads
    assert [name for name in accepted if name not in scripts] == ["the scratch schema is dropped"]


def test_every_check_reports_a_warehouse_that_fails() -> None:
    found = findings(Strange("FAILED", "ERROR: planted"))
    assert [f.name for f in found if not f.differs] == ["the scratch schema is dropped"]


def test_a_schema_that_is_left_is_a_warning() -> None:
    left = Strange("FINISHED")
    left.describe_statement = lambda **request: (  # type: ignore[method-assign]
        {"Status": "FAILED", "Error": "ERROR: locked"} if "drop" in left.sent[-1] else {"Status": "FINISHED"}
    )
    *_, last = run(Session(api=left, where={}, schema="scratch"), [])
    look = look_of(last)
    assert (look.result, look.fix) == (Result.WARN, "the schema scratch is left: drop it by hand")


@pytest.mark.parametrize(
    ("differs", "only_slower", "result"),
    [(False, False, Result.OK), (True, True, Result.WARN), (True, False, Result.FAIL)],
)
def test_a_difference_is_a_failure_unless_it_only_slows(differs: bool, only_slower: bool, result: Result) -> None:
    finding = Finding(name="n", why="rows are lost", expected="1", seen="12"[: 1 + differs], only_slower=only_slower)
    look = look_of(finding)
    assert look.result is result
    assert ("rows are lost" in look.fix) == differs


def test_the_report_has_no_account() -> None:
    error = f"ERROR: role arn:aws:iam::{ACCOUNT}:role/landfall-copy, bucket landfall-dev-{ACCOUNT}-eu-west-1"
    report = written({"kind": "serverless"}, findings(Strange("FAILED", error)))
    assert ACCOUNT not in report
    assert HIDDEN in report
    assert len(json.loads(report)["checks"]) > 70


@pytest.mark.parametrize("wrong", [{}, {"batch": ("select 1",)}, {"rows": ((1,),)}])
def test_a_check_that_could_not_fail_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="a check runs something, and expects rows or an error"):
        Statements(name="n", why="w", **wrong)


def test_the_checks_are_read_from_their_files(tmp_path: Path) -> None:
    (tmp_path / "one.toml").write_text('[[check]]\nname = "n"\nwhy = "w"\nquery = "select 1"\nrows = [[1]]\n')
    assert list(statements(tmp_path)) == [Statements(name="n", why="w", query="select 1", rows=((1,),))]
    assert len(list(statements())) > 30


def test_the_command_writes_what_it_shows(tmp_path: Path) -> None:
    session, out = Session(api=Strange("FAILED", "ERROR: planted"), where={}, schema="scratch"), tmp_path / "r.json"
    report = examined(session, ROOT / "sql", out, None)
    checks = json.loads(out.read_text())["checks"]
    assert [look.name for look in report.looks] == [*(check["name"] for check in checks), "COPY", "report file"]
    assert NO_BUCKET in report.looks
    assert report.code is ExitCode.BAD
    with pytest.raises(CommandError, match=r"the report .* cannot be written: Is a directory"):
        examined(session, ROOT / "sql", tmp_path, None)


class Account:
    """An account with one stack, whose outputs are these."""

    def __init__(self, **outputs: str) -> None:
        self.outputs = outputs

    def client(self, service: str) -> Any:
        return self

    def describe_stacks(self, **request: str) -> Any:
        assert request == {"StackName": "landfall-dev"}
        return {"Stacks": [{"Outputs": [{"OutputKey": k, "OutputValue": v} for k, v in self.outputs.items()]}]}


@pytest.mark.parametrize(
    ("options", "outputs", "bucket"),
    [
        (WarehouseOptions(stage="dev"), {"Bucket": "ours", "CopyRole": "arn"}, "ours"),
        (WarehouseOptions(stage="dev"), {"Bucket": "ours"}, None),
        (WarehouseOptions(workgroup="w"), {"Bucket": "ours", "CopyRole": "arn"}, None),
    ],
)
def test_copy_is_tried_where_the_stack_has_its_role(
    options: WarehouseOptions, outputs: dict[str, str], bucket: str | None
) -> None:
    store = store_of(options, Account(**outputs).client)
    assert (store.bucket if store else None) == bucket


@pytest.mark.parametrize(
    "options", [WarehouseOptions(), WarehouseOptions(stage="local", workgroup="of-the-stack")], ids=str
)
def test_copy_of_the_local_stack_has_its_bucket(local_settings: dict[str, str], options: WarehouseOptions) -> None:
    store = store_of(options, Account().client)
    assert store
    assert (store.bucket, store.role) == (local_settings["LANDFALL_BUCKET"], local_settings["LANDFALL_COPY_ROLE"])
