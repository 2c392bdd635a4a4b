"""The Data API as AWS's client sees it."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.redshift.desk import WHERE, Desk


def _refused(call: Any, **request: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as refused:
        call(**request)
    return refused.value.response["Error"]["Code"], refused.value.response["Error"]["Message"]


def test_a_result_has_typed_fields(desk: Desk) -> None:
    found = desk.ok(
        "select 1 as i, 2.5::decimal(4,2) as d, 1.5::float8 as f, true as b, 'é' as t, null as n, "
        "date '2024-01-02' as day, timestamp '2024-01-02 03:04:05' as at, json_parse('[1]') as s"
    )
    answer = desk.api.get_statement_result(Id=found["Id"])
    assert answer["Records"] == [
        [
            {"longValue": 1},
            {"stringValue": "2.50"},
            {"doubleValue": 1.5},
            {"booleanValue": True},
            {"stringValue": "é"},
            {"isNull": True},
            {"stringValue": "2024-01-02"},
            {"stringValue": "2024-01-02 03:04:05"},
            {"stringValue": "[1]"},
        ]
    ]
    columns = [(column["name"], column["typeName"]) for column in answer["ColumnMetadata"]]
    assert columns[:2] == [("i", "int4"), ("d", "numeric")]
    assert columns[-1] == ("s", "super")
    assert (found["HasResultSet"], found["ResultRows"]) == (True, 1)


def test_a_long_result_comes_in_pages(desk: Desk, table: str) -> None:
    desk.ok(f"create table {table} (n int)")
    desk.copy(table, "".join(f"{n}\n" for n in range(2500)))
    found = desk.ok(f"select n from {table} order by n")
    first = desk.api.get_statement_result(Id=found["Id"])
    assert (len(first["Records"]), first["TotalNumRows"]) == (1000, 2500)
    assert [row[0] for row in desk.result(found["Id"])] == list(range(2500))


def test_sql_that_fails_is_a_status_and_not_an_exception(desk: Desk) -> None:
    found = desk.run("select * from nowhere")
    assert (found["Status"], found["Error"]) == ("FAILED", 'ERROR: relation "nowhere" does not exist')
    assert _refused(desk.api.get_statement_result, Id=found["Id"])[0] == "ResourceNotFoundException"


def test_a_batch_is_one_transaction(desk: Desk, table: str) -> None:
    desk.ok(f"create table {table} (n int)")
    found = desk.run(f"insert into {table} values (1), (2)", "select 1 / 0", "select 2")
    assert found["Status"] == "FAILED"
    assert found["Error"] == "Query #2 failed with ERROR: division by zero"
    assert [(part["Id"], part["Status"]) for part in found["SubStatements"]] == [
        (f"{found['Id']}:1", "FINISHED"),
        (f"{found['Id']}:2", "FAILED"),
        (f"{found['Id']}:3", "ABORTED"),
    ]
    assert found["SubStatements"][0]["ResultRows"] == 2
    assert desk.rows(f"select count(*) from {table}") == [[0]]


def test_the_result_of_each_part_of_a_batch(desk: Desk, table: str) -> None:
    found = desk.ok(f"create temp table {table} (n int)", f"insert into {table} values (7)", f"select n from {table}")
    assert [part["HasResultSet"] for part in found["SubStatements"]] == [False, False, True]
    assert desk.result(f"{found['Id']}:3") == [[7]]
    assert _refused(desk.api.get_statement_result, Id=found["Id"])[0] == "ResourceNotFoundException"
    assert desk.api.describe_statement(Id=f"{found['Id']}:2")["ResultRows"] == 1


def test_parameters_are_values_and_never_sql(desk: Desk) -> None:
    rows = desk.rows(
        "select :name, ':name', :n::int + 1",
        Parameters=[{"name": "name", "value": "it's :n"}, {"name": "n", "value": "41"}],
    )
    assert rows == [["it's :n", ":name", 42]]


@pytest.mark.parametrize("sql", ["select cast(:x as boolean)", "select :x::bool"])
def test_a_parameter_is_text_and_not_cast_to_boolean(desk: Desk, sql: str) -> None:
    parameters = [{"name": "x", "value": "true"}]
    assert desk.error(sql, Parameters=parameters) == "ERROR: cannot cast type character varying to boolean"
    assert desk.rows(sql.replace(":x", "'true'")) == [[True]]


def test_text_of_a_table_is_not_cast_to_boolean(desk: Desk, table: str) -> None:
    desk.ok(f"create table {table} (v varchar(8), c char(4))", f"insert into {table} values ('true', 'true')")
    for column in ("v", "c"):
        assert "cannot cast type" in desk.error(f"select cast({column} as boolean) from {table}")


@pytest.mark.parametrize(
    ("more", "reported"),
    [
        ({"Sql": "select :a"}, "missing for: a"),
        ({"Sql": "select 1", "Parameters": [{"name": "a", "value": "1"}]}, "not used in the SQL: a"),
        ({"Sql": "select '" + "x" * 102_400 + "'"}, "100 KB"),
        ({"Sql": " "}, "blank"),
        ({"Sql": "select 1", "SessionKeepAliveSeconds": 5}, "not emulated"),
        ({"Sql": "select 1", "ResultFormat": "CSV"}, "not emulated"),
    ],
)
def test_a_request_that_aws_would_not_accept(desk: Desk, more: dict[str, Any], reported: str) -> None:
    code, message = _refused(desk.api.execute_statement, **WHERE, **more)
    assert (code, reported in message) == ("ValidationException", True)


def test_the_statements_of_a_batch_have_100_kb_in_all(desk: Desk) -> None:
    half = f"select '{'x' * 52_000}'"
    code, message = _refused(desk.api.batch_execute_statement, **WHERE, Sqls=[half, half])
    assert (code, message) == ("ValidationException", "The SQL statement is larger than 100 KB")


def test_a_workgroup_or_cluster_is_needed(desk: Desk) -> None:
    assert _refused(desk.api.execute_statement, Sql="select 1", Database="dev")[0] == "ValidationException"


def test_the_same_token_is_the_same_statement(desk: Desk, table: str) -> None:
    desk.ok(f"create table {table} (n int)")
    ids = {desk.submit(f"insert into {table} values (1)", ClientToken=f"token-{table}") for _ in range(5)}
    assert len(ids) == 1
    desk.wait(ids.pop())
    assert desk.rows(f"select count(*) from {table}") == [[1]]


def test_unknown_and_malformed_ids(desk: Desk) -> None:
    unknown = "00000000-0000-0000-0000-000000000000"
    assert _refused(desk.api.describe_statement, Id=unknown)[0] == "ResourceNotFoundException"
    assert _refused(desk.api.describe_statement, Id="nonsense")[0] == "ValidationException"
    found = desk.ok("select 1")
    assert _refused(desk.api.describe_statement, Id=f"{found['Id']}:9")[0] == "ResourceNotFoundException"


def test_a_cancelled_statement_really_stops(desk: Desk, table: str) -> None:
    desk.ok(f"create table {table} (n int)")
    started = time.monotonic()
    waiting = desk.submit(f"insert into {table} values (1)", "select pg_sleep(30)", "select 1", WithEvent=True)
    while desk.api.describe_statement(Id=waiting)["SubStatements"][1]["Status"] != "STARTED":
        time.sleep(0.01)
    assert desk.api.cancel_statement(Id=waiting)["Status"] is True
    found = desk.wait(waiting)
    assert time.monotonic() - started < 10
    assert found["Status"] == "ABORTED"
    assert [part["Status"] for part in found["SubStatements"]] == ["FINISHED", "ABORTED", "ABORTED"]
    assert desk.rows(f"select count(*) from {table}") == [[0]]
    code, message = _refused(desk.api.cancel_statement, Id=waiting)
    assert (code, "already in ABORTED state" in message) == ("ValidationException", True)


def test_the_end_of_a_statement_rings(desk: Desk) -> None:
    good = desk.ok("select 1 union select 2", WithEvent=True, StatementName="load-7")
    bad = desk.run("select 1", "select nothing", WithEvent=True)
    quiet = desk.ok("select 1")
    reported = {}
    deadline = time.monotonic() + 10
    while not {good["Id"], bad["Id"]} <= reported.keys() and time.monotonic() < deadline:
        reported = {json.loads(event["Detail"])["statementId"]: event for event in list(desk.outside.events)}
    assert quiet["Id"] not in reported
    event, detail = reported[good["Id"]], json.loads(reported[good["Id"]]["Detail"])
    assert (event["Source"], event["DetailType"]) == ("aws.redshift-data", "Redshift Data Statement Status Change")
    assert (detail["state"], detail["statementName"], detail["rows"]) == ("FINISHED", "load-7", 2)
    assert json.loads(reported[bad["Id"]]["Detail"])["state"] == "FAILED"


def test_statements_are_listed_newest_first_in_pages(desk: Desk, table: str) -> None:
    made = [desk.ok("select 1", StatementName=f"{table}-{n}")["Id"] for n in range(3)]
    failed = desk.run("select nothing", StatementName=f"{table}-x")["Id"]
    first = desk.api.list_statements(StatementName=table, MaxResults=2)
    rest = desk.api.list_statements(StatementName=table, MaxResults=2, NextToken=first["NextToken"])
    listed = [one["Id"] for one in first["Statements"] + rest["Statements"]]
    assert listed == [failed, *reversed(made)]
    only_failed = desk.api.list_statements(StatementName=table, Status="FAILED")["Statements"]
    assert [one["Id"] for one in only_failed] == [failed]


def test_waiting_for_the_end_in_the_request(desk: Desk) -> None:
    answer = desk.api.execute_statement(Sql="select pg_sleep(0.2)", WaitTimeSeconds=10, **WHERE)
    assert answer["Status"] == "FINISHED"


def test_no_request_waits_for_longer_than_half_a_minute(desk: Desk) -> None:
    code, text = _refused(desk.api.execute_statement, Sql="select 1", WaitTimeSeconds=31, **WHERE)
    assert (code, text) == ("ValidationException", "WaitTimeSeconds must be 1 to 30")


def test_two_requests_do_not_wait_for_one_statement(desk: Desk) -> None:
    statement = desk.api.execute_statement(Sql="select pg_sleep(1)", **WHERE)["Id"]
    with ThreadPoolExecutor(2) as pool:
        asks = [pool.submit(desk.api.describe_statement, Id=statement, WaitTimeSeconds=10) for _ in range(2)]
        errors = [ask.exception() for ask in asks]
    [refused] = filter(None, errors)
    assert "ActiveWaitingRequestsExceededException" in str(refused)


def test_at_most_forty_statements_in_a_batch(desk: Desk) -> None:
    code, _ = _refused(desk.api.batch_execute_statement, Sqls=["select 1"] * 41, **WHERE)
    assert code == "ValidationException"
