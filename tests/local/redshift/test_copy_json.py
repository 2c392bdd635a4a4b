"""COPY ... JSON 'auto' from S3, by what AWS documents about it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from backports import zstd

from local.redshift.copy.json_objects import MOST_OBJECT
from tests.support.redshift.desk import Desk

_MALFORMED = "Invalid value. Check if the value is properly formatted JSON"


def _copied(desk: Desk, table: str, text: str | bytes, options: str = "", how: str = "auto") -> dict[str, Any]:
    desk.outside.put(f"files/{table}.csv", text)
    return desk.run(f"copy {table} from 's3://files/{table}.csv' iam_role default format as json '{how}' {options}")


def _loaded(desk: Desk, table: str, columns: str, text: str | bytes, options: str = "", how: str = "auto") -> Any:
    desk.ok(f"create table {table} ({columns})")
    assert _copied(desk, table, text, options, how)["Status"] == "FINISHED", desk.faults(table)
    return desk.rows(f"select * from {table} order by 1")


def _faults(desk: Desk, table: str, columns: str, text: str | bytes) -> list[list[Any]]:
    desk.ok(f"create table {table} ({columns})")
    assert _copied(desk, table, text)["Status"] == "FAILED"
    return desk.faults(table)


def test_names_order_and_missing_fields(desk: Desk, table: str) -> None:
    text = '{"v": "a", "id": 1, "other": {"v": 2}}\n{"id": 2, "V": "b"}\n{"id": 3, "v": null}\n{"id": 4, "v": ""}\n'
    rows = _loaded(desk, table, "id int, v varchar(9) default 'dd'", text)
    assert rows == [[1, "a"], [2, None], [3, None], [4, ""]]


def test_names_match_in_any_case_where_asked(desk: Desk, table: str) -> None:
    assert _loaded(desk, table, "id int, v int", '{"ID": 1, "V": 2}', how="auto ignorecase") == [[1, 2]]


def test_a_column_list_leaves_the_rest_to_defaults(desk: Desk, table: str) -> None:
    desk.ok(f"create table {table} (id int, v varchar(9) default 'dd')")
    desk.outside.put(f"files/{table}", '{"id": 1, "v": "not listed"}')
    desk.ok(f"copy {table} (id) from 's3://files/{table}' iam_role default json")
    assert desk.rows(f"select * from {table}") == [[1, "dd"]]


@pytest.mark.parametrize("between", ["", "\n", " \r\n\t"])
def test_objects_may_follow_each_other_in_any_way(desk: Desk, table: str, between: str) -> None:
    objects = ['{"id":\n 1,\n"v": "}{"}', '{"id": 2, "v": "\\"{"}', '{"id": 3}']
    rows = _loaded(desk, table, "id int, v varchar(9)", between.join(objects))
    assert rows == [[1, "}{"], [2, '"{'], [3, None]]


def test_compressed_files_of_a_manifest(desk: Desk, table: str) -> None:
    desk.ok(f"create table {table} (id int)")
    for name in "ab":
        desk.outside.put(f"files/{table}/{name}", zstd.compress(b'{"id": 1}\n'))
    desk.outside.manifest(f"files/{table}.manifest", f"files/{table}/a", f"files/{table}/b")
    tail = "iam_role default manifest format json as 'auto' zstd timeformat 'auto' maxerror 5"
    desk.ok(f"copy {table} from 's3://files/{table}.manifest' {tail}")
    assert desk.rows(f"select id from {table}") == [[1], [1]]


@pytest.mark.parametrize(
    ("kind", "written", "value"),
    [
        ("varchar(40)", '"a\\n\\t\\\\ \\u00e9 \\ud83d\\ude00"', "a\n\t\\ é 😀"),
        ("varchar(40)", r'"\\N"', None),
        ("varchar(40)", "7.50", "7.50"),
        ("varchar(40)", '{"a":  [1, null]}', '{"a":  [1, null]}'),
        ("varchar(40)", "true", "true"),
        ("int", '"007"', 7),
        ("int", '"+1"', 1),
        ("int", '""', None),
        ("boolean", "false", False),
        ("boolean", '"yes"', True),
        ("decimal(20,2)", '"123456789012345678.99"', "123456789012345678.99"),
        ("decimal(20,2)", "1e2", "100.00"),
        ("date", '"2024-01-02"', "2024-01-02"),
        ("timestamp", '"2024-01-02 03:04:05"', "2024-01-02 03:04:05"),
        ("varbyte(4)", '"00ff"', "00ff"),
        ("super", '{"a": [1.50, {"b": null}]}', '{"a": [1.50, {"b": null}]}'),
        ("super", '"text"', '"text"'),
        ("super", "7", "7"),
        ("super", "null", None),
    ],
)
def test_values(desk: Desk, table: str, kind: str, written: str, value: Any) -> None:
    found = _loaded(desk, table, f"id int, f {kind}", f'{{"id": 1, "f": {written}}}\n')
    parsed = json.loads(value) if kind == "super" and value else value
    assert [json.loads(row[1]) if kind == "super" and row[1] else row[1] for row in found] == [parsed]


def test_a_number_that_is_no_string_may_lose_digits(desk: Desk, table: str) -> None:
    text = '{"id": 1, "d": "123456789012345678.99"}\n{"id": 2, "d": 123456789012345678.99}\n{"id": 3, "d": 4.35}\n'
    rows = _loaded(desk, table, "id int, d decimal(20,2)", text)
    assert rows == [[1, "123456789012345678.99"], [2, "123456789012345680.00"], [3, "4.34"]]


@pytest.mark.parametrize("text", ["", " \n\n"])
def test_a_file_without_objects_has_no_rows(desk: Desk, table: str, text: str) -> None:
    assert _loaded(desk, table, "id int", text) == []


def test_header_lines_are_passed_over(desk: Desk, table: str) -> None:
    assert _loaded(desk, table, "id int", 'not JSON\n{"id": 1}\n', "ignoreheader 1") == [[1]]


def test_emptyasnull_applies_to_text(desk: Desk, table: str) -> None:
    assert _loaded(desk, table, "id int, v varchar(9)", '{"id": 1, "v": ""}', "emptyasnull") == [[1, None]]


@pytest.mark.parametrize(
    ("kind", "written", "code", "message"),
    [
        ("int", '"12a"', 1207, "Invalid digit, Value 'a', Pos 2, Type: Integer"),
        ("int", "1.5", 1207, "Invalid digit, Value '.', Pos 1, Type: Integer"),
        ("int", "{}", 1207, "Invalid digit, Value '{', Pos 0, Type: Integer"),
        ("decimal(4,2)", "1e400", 1207, "Invalid digit, Value 'e', Pos 1, Type: Decimal"),
        ("decimal(4,2)", "1e300", 1204, "Overflow for NUMERIC(4,2)"),
        ("float8", '"1e400"', 1204, "Overflow, Type: Float"),
        ("varchar(3)", '"abcd"', 1204, "String length exceeds DDL length"),
        ("int not null", "null", 1213, "Missing data for not-null field"),
        ("super", '"' + "é" * 32_768 + '"', 1204, "String value exceeds the max size of 65535 bytes"),
    ],
)
def test_a_fault_names_column_and_last_line(
    desk: Desk, table: str, kind: str, written: str, code: int, message: str
) -> None:
    found = _faults(desk, table, f"id int, f {kind}", f'{{"id": 0, "f": "1"}}\n{{"id": 1,\n "f": {written}}}\n')
    assert found == [[3, "f", code, message]]


@pytest.mark.parametrize("escape", ["\\u0000", "\\ud800", "\\udc80", "\\udfff"])
def test_escapes_that_are_no_characters(desk: Desk, table: str, escape: str) -> None:
    (found,) = _faults(desk, table, "f varchar(9)", f'{{"f": "a{escape}"}}')
    assert found[:3] == [1, "f", 1220]


def test_bytes_that_are_not_utf8(desk: Desk, table: str) -> None:
    (found,) = _faults(desk, table, "f varchar(9)", b'{"f": "a\xa4"}')
    assert found[:3] == [1, "f", 1220]


@pytest.mark.parametrize(
    "text",
    [
        '{"id": 1',
        '{"id" 1}',
        '{"id": 1,}',
        '{"id": 1 "v": 2}',
        '{"id": 01}',
        '{"id": NaN}',
        '{"id": "a\tb"}',
        "{1: 2}",
        "{id: 1}",
        "{,}",
        '{"id": 1]',
        "[1]",
        "}",
        '"text"',
        '{"id": "open}',
    ],
)
def test_text_that_is_no_object_of_json(desk: Desk, table: str, text: str) -> None:
    assert [found[1:] for found in _faults(desk, table, "id int", text)] == [["", 1224, _MALFORMED]]


def test_text_between_objects_is_an_error_that_maxerror_counts(desk: Desk, table: str) -> None:
    text = '{"id": 1},\n{"id": 2} x {"id": "x"}\n{"id": 3}\n'
    assert _loaded(desk, table, "id int", text, "maxerror 4") == [[1], [2], [3]]
    assert [found[:3] for found in desk.faults(table)] == [[1, "", 1224], [2, "", 1224], [2, "id", 1207]]
    assert _copied(desk, table, text, "maxerror 3")["Status"] == "FAILED"


@pytest.mark.parametrize(("over", "status"), [(0, "FINISHED"), (1, "FAILED")])
@pytest.mark.parametrize("broken", [False, True])
def test_a_large_object_fails_the_copy(desk: Desk, table: str, over: int, status: str, broken: bool) -> None:
    start = '{"id": 1,\n' if broken else '{"id": 1,'
    text = start + ' "x": "' + "x" * (MOST_OBJECT - len(start) - 9 + over) + '"}'
    desk.ok(f"create table {table} (id int)")
    found = _copied(desk, table, text, "maxerror 100")
    assert found["Status"] == status
    assert ("exceeds the max size" in found.get("Error", "")) == bool(over)
