"""COPY from S3, as Redshift does it for CSV."""

from __future__ import annotations

import bz2
import gzip
from collections.abc import Callable
from typing import Any

import pytest
from backports import zstd

from local.redshift.copy import load
from tests.support.redshift.desk import Desk


def _made(desk: Desk, table: str, columns: str) -> None:
    desk.ok(f"create table {table} ({columns})")


@pytest.mark.parametrize(
    ("option", "pack"),
    [
        ("", bytes),
        ("gzip", gzip.compress),
        ("bzip2", bz2.compress),
        (
            "zstd",
            lambda raw: zstd.compress(raw[:9]) + zstd.compress(raw[9:]),
        ),
    ],
)
def test_compressions(desk: Desk, table: str, option: str, pack: Callable[[bytes], bytes]) -> None:
    _made(desk, table, "id int, v varchar(20)")
    found = desk.copy(table, pack(b'1,"a,""b"\n2,c\n'), option)
    assert (found["Status"], found["ResultRows"]) == ("FINISHED", 2)
    assert desk.rows(f"select * from {table} order by id") == [[1, 'a,"b'], [2, "c"]]


@pytest.mark.parametrize(
    ("option", "pack"),
    [("gzip", gzip.compress), ("zstd", zstd.compress), ("bzip2", bz2.compress)],
)
def test_a_file_cut_short_fails(desk: Desk, table: str, option: str, pack: Callable[[bytes], bytes]) -> None:
    _made(desk, table, "id int")
    whole = pack(b"".join(b"%d\n" % (n * 7919) for n in range(50_000)))
    found = desk.copy(table, whole[: len(whole) - 20], option)
    assert (found["Status"], desk.rows(f"select count(*) from {table}")) == ("FAILED", [[0]])


def test_a_manifest_loads_its_files_in_one_transaction(desk: Desk, table: str) -> None:
    _made(desk, table, "id int, v varchar(5)")
    desk.outside.put(f"files/{table}/a", "1,x\n2,y")
    desk.outside.put(f"files/{table}/b", "h1,h2\r\n3,z\r\n".removeprefix("h1,h2\r\n"))
    desk.outside.manifest(f"files/{table}.manifest", f"files/{table}/a", f"files/{table}/b")
    copy = f"copy {table} (id, v) from 's3://files/{table}.manifest' iam_role default manifest format as csv"
    found = desk.ok(f"lock {table}", copy, "select pg_last_copy_count(), pg_last_copy_id()")
    assert desk.result(f"{found['Id']}:3")[0] == [3, found["SubStatements"][1]["RedshiftQueryId"]]
    assert desk.rows(f"select * from {table} order by 1") == [[1, "x"], [2, "y"], [3, "z"]]


def test_what_is_missing(desk: Desk, table: str) -> None:
    _made(desk, table, "id int")
    copy = f"copy {table} from 's3://files/{table}' iam_role default csv"
    assert desk.error(copy) == f"ERROR: The specified S3 prefix '{table}' does not exist"
    assert "Problem reading manifest file" in desk.error(f"{copy} manifest")
    desk.outside.manifest(f"files/{table}", f"files/gone-{table}")
    assert "Status 404" in desk.error(f"{copy} manifest")
    desk.outside.manifest(f"files/{table}", f"files/gone-{table}", mandatory=False)
    assert "does not exist" in desk.error(f"{copy} manifest")
    desk.outside.put(f"files/here-{table}", "1\n")
    desk.outside.manifest(f"files/{table}", f"files/gone-{table}", f"files/here-{table}", mandatory=False)
    desk.ok(f"{copy} manifest")
    desk.outside.put(f"files/{table}", "not json")
    assert "invalid manifest" in desk.error(f"{copy} manifest")


def test_a_prefix_loads_all_that_begins_with_it(desk: Desk, table: str) -> None:
    _made(desk, table, "id int")
    desk.outside.put(f"files/{table}/1", "1\n")
    desk.outside.put(f"files/{table}/10", "10\n")
    desk.ok(f"copy {table} from 's3://files/{table}/1' iam_role default csv")
    assert desk.rows(f"select id from {table} order by 1") == [[1], [10]]


_NULLS = '1,,,\n2,"","",""\n3,\\N,\\N,\\N\n4, x ,5,2024-01-02\n'


@pytest.mark.parametrize(
    ("options", "texts"),
    [
        ("", ["", "", None, " x "]),
        ("emptyasnull", [None, None, None, " x "]),
        ("null as ''", [None, None, "\\N", " x "]),
        ("blanksasnull emptyasnull", [None, None, None, " x "]),
        ("trimblanks", ["", "", None, " x"]),
    ],
)
def test_empty_and_null(desk: Desk, table: str, options: str, texts: list[str | None]) -> None:
    _made(desk, table, "id int, v varchar(9), n int, d date")
    text = _NULLS if "null as ''" not in options else _NULLS.replace("\\N,\\N\n", ",\n")
    assert desk.copy(table, text, options)["Status"] == "FINISHED", desk.faults(table)
    rows = desk.rows(f"select v, n, d from {table} order by id")
    assert [row[0] for row in rows] == texts
    assert [row[1:] for row in rows] == [[None, None], [None, None], [None, None], [5, "2024-01-02"]]


def test_the_fast_way_takes_either_null(desk: Desk, table: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Good files never need the exact way, whichever way their nulls are written."""
    _made(desk, table, "id int, v varchar(9), d decimal(6,2), at timestamp")
    monkeypatch.setattr(load, "fields_for", _no_exact_way)
    assert desk.copy(table, "1,a,1.25,2024-01-02 03:04:05.123456\n2,,,\n")["Status"] == "FINISHED"
    assert desk.copy(table, "3,\\N,\\N,\\N\n4,x,1.2,2024-01-02 03:04:05\n")["Status"] == "FINISHED"
    assert desk.rows(f"select v from {table} order by id") == [["a"], [""], [None], ["x"]]


def _no_exact_way(*_: Any) -> Any:
    raise AssertionError("the exact way was taken")


@pytest.mark.parametrize(("raw", "kept"), [("20.259", "20.25"), ("-0.999", "-0.99"), ("7", "7.00"), ("1.5", "1.50")])
def test_copy_cuts_decimals_off_where_insert_rounds(desk: Desk, table: str, raw: str, kept: str) -> None:
    _made(desk, table, "d decimal(8,2)")
    desk.copy(table, f"{raw}\n")
    assert desk.rows(f"select d from {table}") == [[kept]]
    desk.ok(f"insert into {table} values (20.259)")
    assert desk.rows(f"select max(d) from {table}") == [["20.26"]]


def test_a_load_error_is_reported_and_survives_the_rollback(desk: Desk, table: str) -> None:
    _made(desk, table, "id int not null, v varchar(3), d date")
    good = "".join(f"{n},ab,2024-01-02\n" for n in range(3000))
    found = desk.copy(table, f"id,v,d\n{good}17,éé,2024-01-02\n", "ignoreheader 1")
    assert found["Error"] == (
        f"ERROR: Load into table '{table}' failed.  Check 'sys_load_error_detail' system table for details."
    )
    assert desk.faults(table) == [[3002, "v", 1204, "String length exceeds DDL length"]]
    assert desk.rows(f"select count(*) from {table}") == [[0]]
    detail = desk.rows(
        "select query_id, trim(file_name), trim(column_type), trim(column_length), trim(database_name) "
        f"from sys_load_error_detail where file_name like '%{table}.csv%'"
    )
    assert detail == [[found["RedshiftQueryId"], f"s3://files/{table}.csv", "varchar", "3", "dev"]]


@pytest.mark.parametrize(
    ("kind", "raw", "code", "message"),
    [
        ("int", "12a", 1207, "Invalid digit, Value 'a', Pos 2, Type: Integer"),
        ("int", "0x1f", 1207, "Invalid digit, Value 'x', Pos 1, Type: Integer"),
        ("int", "1_000", 1207, "Invalid digit, Value '_', Pos 1, Type: Integer"),
        ("int", " 1", 1207, "Invalid digit, Value ' ', Pos 0, Type: Integer"),
        ("smallint", "32768", 1222, "Overflow, Type: Short"),
        ("bigint", "9223372036854775808", 1222, "Overflow, Type: Long"),
        ("decimal(4,2)", "1e2", 1207, "Invalid digit, Value 'e', Pos 1, Type: Decimal"),
        ("decimal(4,2)", "NaN", 1207, "Invalid digit, Value 'N', Pos 0, Type: Decimal"),
        ("decimal(4,2)", "100", 1204, "Overflow for NUMERIC(4,2)"),
        ("decimal(4,2)", "1" * 300, 1204, "Overflow for NUMERIC(4,2)"),
        ("float8", "x", 1208, "Invalid digit, Type: Float"),
        ("boolean", "maybe", 1210, "Unknown boolean format"),
        ("date", "today", 1205, "Invalid Date Format - length must be 10 or more"),
        ("date", "Jan 05 2024", 1205, "Invalid Date Format or value [YYYY-MM-DD]"),
        ("date", "2024-02-30", 1205, "Invalid Date Format or value [YYYY-MM-DD]"),
        ("timestamp", "2024-01-02", 1206, "Invalid timestamp format or value [YYYY-MM-DD HH24:MI:SS]"),
        ("timestamp", "2024-01-02T03:04:05", 1206, "Invalid timestamp format or value [YYYY-MM-DD HH24:MI:SS]"),
        ("varchar(3)", "abcd", 1204, "String length exceeds DDL length"),
        (
            "char(9)",
            "aé",
            1220,
            "Multibyte character not supported for CHAR (Hint: try using VARCHAR). Invalid char: c3 a9",
        ),
        ("int not null", "", 1213, "Missing data for not-null field"),
        ("super", '"{""a"": [""' + "é" * 32_768 + '""]}"', 1204, "String value exceeds the max size of 65535 bytes"),
        ("super", "{", 1224, "Invalid value. Check if the value is properly formatted JSON"),
    ],
)
def test_faults_of_a_field(desk: Desk, table: str, kind: str, raw: str, code: int, message: str) -> None:
    _made(desk, table, f"id int, f {kind}")
    assert desk.copy(table, f"1,{raw}\n")["Status"] == "FAILED"
    assert desk.faults(table) == [[1, "f", code, message]]


@pytest.mark.parametrize(
    ("text", "line", "code", "message"),
    [
        (b"1,a\n2\n", 2, 1214, "Delimiter not found"),
        (b"1,a\n2,b,c\n", 2, 1202, "Extra column(s) found"),
        (b"1,a\n\n", 2, 1211, "Input line contained no data"),
        (b'1,"a\nb"\n2,x"y\n', 3, 1214, "Invalid quote formatting for CSV"),
        (b'1,"a"b\n', 1, 1214, "Invalid quote formatting for CSV"),
        (b'1,"a\n', 1, 1214, "Invalid quote formatting for CSV"),
    ],
)
def test_faults_of_a_line(desk: Desk, table: str, text: bytes, line: int, code: int, message: str) -> None:
    _made(desk, table, "id int, v varchar(20)")
    assert desk.copy(table, text)["Status"] == "FAILED"
    (found,) = desk.faults(table)
    assert (found[0], *found[2:]) == (line, code, message)


def test_bytes_that_are_not_utf8(desk: Desk, table: str) -> None:
    _made(desk, table, "id int, v varchar(20)")
    text = b"1,ok\n2,a\xa4\xff\n"
    assert desk.copy(table, text)["Status"] == "FAILED"
    reported = "String contains invalid or unsupported UTF8 codepoints. Bad UTF8 hex sequence: a4 (error 3)"
    assert desk.faults(table) == [[2, "v", 1220, reported]]
    assert desk.copy(table, text, "acceptinvchars as '^'")["Status"] == "FINISHED"
    assert desk.rows(f"select v from {table} order by id") == [["ok"], ["a^^"]]


def test_maxerror_fails_at_the_number(desk: Desk, table: str) -> None:
    _made(desk, table, "id int")
    assert desk.copy(table, "1\nx\n2\ny\n", "maxerror 2")["Status"] == "FAILED"
    assert desk.copy(table, "1\nx\n2\ny\n", "maxerror as 3")["Status"] == "FINISHED"
    assert desk.rows(f"select id from {table} order by id") == [[1], [2]]
    assert [fault[0] for fault in desk.faults(table)] == [2, 4, 2, 4]


def test_truncatecolumns_cuts_at_a_character(desk: Desk, table: str) -> None:
    _made(desk, table, "v varchar(5)")
    assert desk.copy(table, "ééé\nabcdefg\n", "truncatecolumns")["Status"] == "FINISHED"
    assert desk.rows(f"select v from {table} order by v desc") == [["éé"], ["abcde"]]


@pytest.mark.parametrize(
    ("options", "raw", "loaded"),
    [
        ("", "2024-01-31,2024-01-02 03:04:05", ["2024-01-31", "2024-01-02 03:04:05"]),
        ("timeformat 'auto'", "2024-01-31,2024-01-02T03:04:05Z", ["2024-01-31", "2024-01-02 03:04:05"]),
        ("timeformat 'auto'", "2024-01-31,2024-01-02", ["2024-01-31", "2024-01-02 00:00:00"]),
        ("acceptanydate", "nonsense,nonsense", [None, None]),
    ],
)
def test_dates_and_times(desk: Desk, table: str, options: str, raw: str, loaded: list[str | None]) -> None:
    _made(desk, table, "d date, t timestamp")
    assert desk.copy(table, f"{raw}\n", options)["Status"] == "FINISHED", desk.faults(table)
    assert desk.rows(f"select d, t from {table}") == [loaded]


def test_a_zone_is_kept_where_the_column_has_one(desk: Desk, table: str) -> None:
    _made(desk, table, "z timestamptz")
    desk.copy(table, "2024-01-02 03:04:05+02\n2024-01-02 03:04:05-05:30\n")
    found = desk.rows(f"select z from {table} order by z")
    assert found == [["2024-01-02 01:04:05+00"], ["2024-01-02 08:34:05+00"]]


def test_other_delimiters_quotes_and_lines(desk: Desk, table: str) -> None:
    _made(desk, table, "id int, v varchar(20), w varchar(20)")
    found = desk.copy(table, "a\tb\tc\r\n1\t'x''\ty'\tz\r\n", "delimiter '\\t' quote as '''' ignoreheader 1")
    assert found["Status"] == "FINISHED"
    assert desk.rows(f"select * from {table}") == [[1, "x'\ty", "z"]]


def test_a_column_list_leaves_the_rest_to_defaults(desk: Desk, table: str) -> None:
    _made(desk, table, "id bigint identity(1,1), a int, b varchar(5) default 'dd', c int")
    assert desk.copy(table, "7,8\n", columns="(c, a)")["Status"] == "FINISHED"
    assert desk.rows(f"select * from {table}") == [[1, 8, "dd", 7]]
    assert "identity column" in desk.copy(table, "1,2\n", columns="(id, a)")["Error"]
    assert 'column "zz"' in desk.copy(table, "1\n", columns="(zz)")["Error"]
    assert desk.copy(table, "9,8,x,7\n", "explicit_ids")["Status"] == "FINISHED"


def test_fillrecord_and_ignoreblanklines(desk: Desk, table: str) -> None:
    _made(desk, table, "id int, v varchar(5)")
    assert desk.copy(table, "1\n\n2,b\n", "fillrecord ignoreblanklines")["Status"] == "FINISHED"
    assert desk.rows(f"select * from {table} order by id") == [[1, None], [2, "b"]]


def test_super_and_varbyte(desk: Desk, table: str) -> None:
    _made(desk, table, "s super, b varbyte")
    assert desk.copy(table, '"{""a"": 1}",0aff\n')["Status"] == "FINISHED"
    assert desk.rows(f"select * from {table}") == [['{"a": 1}', "0aff"]]
