"""COPY as a statement: what is refused or read over, and how it is cancelled."""

from __future__ import annotations

import threading
import time

import pytest

from tests.support.redshift.desk import Desk


@pytest.mark.parametrize(
    ("tail", "reported"),
    [
        ("csv", "needs IAM_ROLE"),
        ("iam_role default", "COPY without CSV or JSON"),
        ("iam_role default json 's3://files/paths.json'", "JSON 's3://files/paths.json' is not emulated"),
        ("iam_role default json 'noshred'", "JSON 'noshred' is not emulated"),
        ("iam_role default json 'auto' csv", "CSV is not supported with JSON"),
        ("iam_role default json 'auto' null as ''", "NULL is not supported with JSON"),
        ("iam_role default json 'auto' delimiter '|'", "DELIMITER is not supported with JSON"),
        ("iam_role default csv wings", 'syntax error at or near "wings"'),
        ("iam_role default format as parquet", "PARQUET is not emulated"),
        ("iam_role default csv lzop", "LZOP is not emulated"),
        ("iam_role default csv gzip zstd", "conflicting compressions"),
        ("iam_role default csv csv", "redundant options"),
        ("iam_role 'me' csv", "ARN of a role"),
        ("iam_role default csv encoding utf16", "ENCODING utf16 is not emulated"),
        ("iam_role default csv dateformat 'auto'", "DATEFORMAT is not emulated"),
        ("iam_role default csv timeformat 'epochsecs'", "TIMEFORMAT epochsecs is not emulated"),
        ("credentials 'aws_access_key_id=x' csv", "CREDENTIALS is not emulated"),
        ("iam_role default csv delimiter '||'", "single ASCII character"),
    ],
)
def test_copy_statements_that_are_refused(desk: Desk, table: str, tail: str, reported: str) -> None:
    desk.ok(f"create table {table} (id int)")
    assert reported in desk.error(f"copy {table} from 's3://files/x' {tail}")


def test_options_of_the_physical_side_are_read_over(desk: Desk, table: str) -> None:
    desk.ok(f"create table {table} (id int)")
    role = "arn:aws:iam::123456789012:role/copy"
    desk.outside.put(f"files/{table}", "1\n")
    options = "region as 'eu-west-1' compupdate off statupdate on comprows 1000 encoding as utf8"
    desk.ok(f"copy {table} from 's3://files/{table}' iam_role '{role}' format csv {options}")
    assert desk.rows(f"select count(*) from {table}") == [[1]]


def test_a_copy_that_waits_for_s3_can_be_cancelled(desk: Desk, table: str) -> None:
    desk.ok(f"create table {table} (id int)")
    desk.outside.put(f"files/{table}", "1\n" * 100)
    gate = desk.outside.gates[f"files/{table}"] = threading.Event()
    waiting = desk.submit("select 1", f"copy {table} from 's3://files/{table}' iam_role default csv")
    while desk.api.describe_statement(Id=waiting)["SubStatements"][1]["Status"] != "STARTED":
        time.sleep(0.01)
    desk.api.cancel_statement(Id=waiting)
    gate.set()
    assert desk.wait(waiting)["Status"] == "ABORTED"
    assert desk.rows(f"select count(*) from {table}") == [[0]]
