"""What invokes functions in AWS invokes them here, and treats their failures the same way."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from local.http import fetch
from tests.local.stack.conftest import RunningStack


def invoke(running: RunningStack, name: str, event: dict[str, Any]) -> tuple[str | None, Any]:
    answer = running.client("lambda").invoke(FunctionName=f"sample-local-{name}", Payload=json.dumps(event))
    return answer.get("FunctionError"), json.loads(answer["Payload"].read())


def test_a_landed_object_has_version_and_sequencer(running: RunningStack) -> None:
    running.put("incoming/no.txt")
    running.put("elsewhere/no.csv")
    running.put("incoming/ü #1+&%.csv")
    (note,) = running.wait("landed", lambda n: "%" in n["object"]["key"])
    assert note["object"]["key"] == "incoming/%C3%BC+%231%2B%26%25.csv"
    assert note["object"]["versionId"]
    assert note["object"]["sequencer"]
    assert note["object"]["eTag"]


def test_an_event_that_fails_is_tried_twice_more(running: RunningStack) -> None:
    running.put("incoming/flaky.csv")
    running.wait("landed", lambda n: "flaky" in n["object"]["key"], count=3)


def test_a_failing_message_comes_back_then_is_a_dead_letter(running: RunningStack) -> None:
    running.send(running.record.names.run_queue, "poison")
    tries = running.wait("run", lambda n: n["body"] == "poison", count=4)
    (dead,) = running.wait("dead", lambda n: n["body"] == "poison")
    assert [n["attempt"] for n in tries] == [1, 2, 3, 4], "LANDFALL_MAX_ATTEMPTS and one more"
    assert tries[1]["at"] - tries[0]["at"] >= 1.9, "the pause the handler asked for"
    assert tries[3]["at"] - tries[1]["at"] < 4, "no other pause than that"
    assert dead["at"] > tries[3]["at"]


def test_errors_keep_their_names(running: RunningStack) -> None:
    error, payload = invoke(running, "on_call", {"fail": "because"})
    assert error
    assert payload["errorType"] == "PassingError"
    assert payload["errorMessage"] == "because"
    assert any("on_call" in line for line in payload["stackTrace"])


def test_a_handler_knows_its_name_and_how_long_it_has(running: RunningStack) -> None:
    error, payload = invoke(running, "on_call", {"x": [1, "ü"]})
    assert error is None
    assert payload["name"] == "sample-local-on_call"
    assert payload["echo"] == {"x": [1, "ü"]}
    assert 18_000 < payload["left"] <= 20_000, "lambda_timeout of .chalice/config.json"


def test_a_function_that_takes_too_long_is_given_up(running: RunningStack) -> None:
    error, payload = invoke(running, "on_long", {"seconds": 4})
    assert error
    assert payload["errorType"] == "Sandbox.Timedout"


def test_ten_at_once_and_never_more(running: RunningStack) -> None:
    fetch(running.record.ports.url("worker") + "/in-flight", running.record.token_header, method="DELETE")
    for n in range(35):
        running.send(running.record.names.chunk_queue, f"many-{n}")
    most = 0
    until = time.monotonic() + 15
    while len(running.noted("chunk", lambda n: n["body"].startswith("many-"))) < 35 and time.monotonic() < until:
        most = max(most, running.stack.in_flight()["on_chunk"]["running"])
    count = running.stack.in_flight()["on_chunk"]
    assert {n["body"] for n in running.noted("chunk")} >= {f"many-{n}" for n in range(35)}
    assert most == 10
    assert count["most"] == 10


def test_an_event_on_the_bus_reaches_its_rule_s_handler(running: RunningStack) -> None:
    detail = {"statementId": "s-1", "state": "FINISHED"}
    entry = {"Source": "aws.redshift-data", "DetailType": "Ended", "Detail": json.dumps(detail)}
    events = running.client("events")
    for source, failed in (("other", 0), ("aws.s3", 1), ("aws.redshift-data", 0)):
        assert events.put_events(Entries=[{**entry, "Source": source}])["FailedEntryCount"] == failed
    assert [n["detail"] for n in running.wait("statement")] == [detail]


def test_a_schedule_fires_again_and_again(running: RunningStack) -> None:
    ticks = running.wait("sweep", count=3)
    assert ticks[2]["at"] - ticks[0]["at"] > 3


def test_the_rest_api_answers(running: RunningStack) -> None:
    answer = fetch(running.record.ports.url("api") + "/hello/world", {})
    assert answer == {"hello": "world", "bucket": running.record.names.bucket}


def test_an_object_in_parts_is_one_event(running: RunningStack) -> None:
    s3, bucket, key = running.client("s3"), running.record.names.bucket, "incoming/parts.csv"
    upload = s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
    part = s3.upload_part(Bucket=bucket, Key=key, UploadId=upload, PartNumber=1, Body=b"id\n1\n")
    s3.complete_multipart_upload(
        Bucket=bucket, Key=key, UploadId=upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    )
    running.wait("landed", lambda n: "parts" in n["object"]["key"])
    time.sleep(0.5)
    (note,) = running.noted("landed", lambda n: "parts" in n["object"]["key"])
    assert note["name"] == "ObjectCreated:CompleteMultipartUpload"
    assert note["object"]["eTag"].endswith("-1")


@pytest.mark.parametrize("size", [0, 200_000])
def test_payloads_of_any_size(running: RunningStack, size: int) -> None:
    assert invoke(running, "on_call", {"x": "y" * size})[1]["echo"] == {"x": "y" * size}
