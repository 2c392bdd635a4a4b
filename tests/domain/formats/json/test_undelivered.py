"""Error objects of Firehose: each is a reject, with Firehose's code, and shows what was sent."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.contract_files.contract_file import read_contract
from chalicelib.domain.file.undelivered import as_undelivered, is_undelivered
from chalicelib.domain.formats.json.undelivered import raw_data
from chalicelib.domain.formats.registry import format_of
from chalicelib.domain.raw.bytesource import InMemory
from chalicelib.domain.run.rejects import Reject
from chalicelib.domain.staging.stage import stage_chunk
from chalicelib.domain.staging.validate import compile_rules
from chalicelib.errors import Rejected
from tests.support.undelivered import failed

TOML = """
name = "visit"
target = "landing.visits"
lands_at = ["incoming/visit/**"]
format = "json"
key = ["id"]
extra_columns = "EXTRA"

[columns]
id = { type = "bigint", required = true }
note = { type = "varchar(5)" }
"""


def rejects(body: bytes, size: int = 1 << 20, extra: str = "ignore", more: str = "") -> list[Reject]:
    """The rejects of a file in chunks of a size. It has no good row."""
    toml = TOML.replace("EXTRA", extra).replace('(5)"', f'(5)"{more}')
    contract, source = as_undelivered(read_contract("visit.toml", toml.encode())), InMemory(body)
    cuts = format_of(contract).cut(source, contract, size)
    rules, found = compile_rules(contract, cuts.layout), list[Reject]()
    for chunk in cuts.ranges:
        for block in stage_chunk(source, chunk, rules):
            assert block.rows_good == 0
            found += block.rejects
    return found


@pytest.mark.parametrize("extra", ["ignore", "fail"])
@pytest.mark.parametrize("size", [1 << 20, 300])
@pytest.mark.parametrize("between", [b"", b"\n"])
def test_each_object_is_a_reject(extra: str, size: int, between: bytes) -> None:
    sent = [json.dumps({"id": n, "note": "a"}).encode() for n in range(9)]
    objects = [failed(one + b"\n") for one in sent]
    found = rejects(between.join(objects), size, extra)
    assert [reject.record for reject in found] == sent
    assert {reject.reason for reject in found} == {"was not delivered by Firehose (Lambda.FunctionError)"}
    assert found[1].byte_offset == len(objects[0] + between)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, "Lambda.FunctionError"),
        ({"errorCode": None, "ErrorCode": "DataFormatConversion.MalformedData"}, "DataFormatConversion.MalformedData"),
        ({"errorCode": None, "lastErrorCode": "DataFormatConversion.ParseError"}, "DataFormatConversion.ParseError"),
        ({"errorCode": 500}, "500"),
        ({"errorCode": None}, "no code"),
        ({"errorCode": "SECRET ROW"}, "no code"),
        ({"errorCode": ["SECRET-ROW"]}, "no code"),
    ],
)
def test_a_reject_has_the_code(fields: dict[str, Any], code: str) -> None:
    (found,) = rejects(failed(b'{"id":1}', **fields))
    assert found.reason == f"was not delivered by Firehose ({code})"


def test_null_is_no_code() -> None:
    (found,) = rejects(b'{"errorCode":null,"lastErrorCode":"Parse","rawData":"YQ=="}')
    assert (found.record, found.reason) == (b"a", "was not delivered by Firehose (Parse)")


def test_a_number_may_have_any_digits() -> None:
    (found,) = rejects(b'{"errorCode":"Parse","attemptsMade":%s,"rawData":"YQ=="}' % (b"9" * 5_000), extra="fail")
    assert (found.record, found.reason) == (b"a", "was not delivered by Firehose (Parse)")


@pytest.mark.parametrize("name", [b"rawData", rb"raw\u0044ata"])
def test_of_two_records_in_an_object_none_is_left_out(name: bytes) -> None:
    body = b'{"rawData":"YQ==","%s":"Yg=="}' % name
    (found,) = rejects(body)
    assert (found.record, found.reason) == (body, "stands in a folder of Firehose's errors, but is none of them")


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (b'{"id":1,"note":"a"}', "stands in a folder of Firehose's errors, but is none of them"),
        (failed(b"", rawData="no base64"), "stands in a folder of Firehose's errors, but is none of them"),
        (failed(b"", rawData=7), "stands in a folder of Firehose's errors, but is none of them"),
        (b'{"rawData":}', "is not JSON: a value is missing (byte 12 of the object)"),
        (b"[7]", "is an array, not an object"),
    ],
)
def test_what_is_no_error_object_is_a_reject_as_it_is(record: bytes, reason: str) -> None:
    first = failed(b"{}")
    found = rejects(first + b"\n" + record)
    assert (found[1].record, found[1].reason) == (record, reason)


def test_what_is_no_text_is_named() -> None:
    (found,) = rejects(failed(b"\xff\xfe"))
    assert found.reason.endswith("; its data is not valid UTF-8")
    assert json.loads(found.to_json())["record"] == "\\xff\\xfe"


def test_a_hidden_column_hides_the_record() -> None:
    (found,) = rejects(failed(b'{"id":1,"note":"SECRET-ROW"}'), more=", pii = true")
    assert found.record == b"***"


def test_a_large_record_is_none_too_long() -> None:
    (found,) = rejects(failed(b'{"id":1,"note":"' + b"x" * (1_000 << 10) + b'"}'))
    assert "not delivered" in found.reason
    assert len(found.record) == 65_536


PIECES = [
    failed(b"{}"),
    b'{"id":7}',
    b'{"id":' + b"1" * 5_000 + b"}",
    b"\n",
    b"}",
    b'"',
    b"[7]\n",
    b'{"rawData":null}',
    b"\xff",
]


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=12), st.integers(100, 2_000))
def test_no_row_of_any_file_is_good(pieces: list[bytes], size: int) -> None:
    with suppress(Rejected):
        found = rejects(b'{"id":1}' + b"".join(pieces), size)
        assert found


@given(st.binary())
def test_any_data_comes_back(data: bytes) -> None:
    assert raw_data(failed(data)) == data.rstrip(b"\r\n")


@pytest.mark.parametrize(
    ("key", "undelivered"),
    [
        ("incoming/visit/processing-failed/2026/03/01/10/s-1-2026", True),
        ("incoming/visit/format-conversion-failed/2026/03/01/10/s-1-2026", True),
        ("incoming/visit/error=processing-failed/s-1", True),
        ("incoming/visit/2026/03/01/10/s-1-2026", False),
        ("incoming/visit/processing-failed.json", False),
        ("incoming/visit/splunk-failed/2026/s-1", False),
    ],
)
def test_a_folder_tells_what_was_not_delivered(key: str, undelivered: bool) -> None:
    contract = read_contract("visit.toml", TOML.replace("EXTRA", "ignore").encode())
    assert is_undelivered(contract, key) == undelivered


@pytest.mark.parametrize(
    "column",
    [
        'raw_data = { type = "varchar(9)" }',
        'x = { type = "varchar(9)", path = "rawData" }',
        'x = { type = "varchar(9)", aliases = ["RawData"] }',
    ],
)
def test_a_contract_about_error_objects_has_them_as_rows(column: str) -> None:
    contract = read_contract("visit.toml", f"{TOML.replace('EXTRA', 'ignore')}{column}\n".encode())
    assert not is_undelivered(contract, "incoming/visit/processing-failed/2026/s-1")
