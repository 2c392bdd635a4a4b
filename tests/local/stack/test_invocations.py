"""What invokes functions in AWS invokes them here, and treats their failures the same way."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from local.http import fetch
from tests.local.stack.conftest import World


def invoke(world: World, name: str, event: dict[str, Any]) -> tuple[str | None, Any]:
    answer = world.client("lambda").invoke(FunctionName=f"sample-local-{name}", Payload=json.dumps(event))
    return answer.get("FunctionError"), json.loads(answer["Payload"].read())


def test_a_landed_object_has_version_and_sequencer(world: World) -> None:
    world.put("incoming/no.txt")
    world.put("elsewhere/no.csv")
    world.put("incoming/ü #1+&%.csv")
    (note,) = world.wait("landed", lambda n: "%" in n["object"]["key"])
    assert note["object"]["key"] == "incoming/%C3%BC+%231%2B%26%25.csv"
    assert note["object"]["versionId"]
    assert note["object"]["sequencer"]
    assert note["object"]["eTag"]


def test_an_event_that_fails_is_tried_twice_more(world: World) -> None:
    world.put("incoming/flaky.csv")
    world.wait("landed", lambda n: "flaky" in n["object"]["key"], count=3)


def test_a_failing_message_comes_back_then_is_a_dead_letter(world: World) -> None:
    world.send(world.record.names.run_queue, "poison")
    tries = world.wait("run", lambda n: n["body"] == "poison", count=4)
    (dead,) = world.wait("dead", lambda n: n["body"] == "poison")
    assert [n["attempt"] for n in tries] == [1, 2, 3, 4], "LANDFALL_MAX_ATTEMPTS and one more"
    assert tries[1]["at"] - tries[0]["at"] >= 1.9, "the pause the handler asked for"
    assert tries[3]["at"] - tries[1]["at"] < 4, "no other pause than that"
    assert dead["at"] > tries[3]["at"]


def test_errors_keep_their_names(world: World) -> None:
    error, payload = invoke(world, "on_call", {"fail": "because"})
    assert error
    assert payload["errorType"] == "PassingError"
    assert payload["errorMessage"] == "because"
    assert any("on_call" in line for line in payload["stackTrace"])


def test_a_handler_knows_its_name_and_how_long_it_has(world: World) -> None:
    error, payload = invoke(world, "on_call", {"x": [1, "ü"]})
    assert error is None
    assert payload["name"] == "sample-local-on_call"
    assert payload["echo"] == {"x": [1, "ü"]}
    assert 18_000 < payload["left"] <= 20_000, "lambda_timeout of .chalice/config.json"


def test_a_function_that_takes_too_long_is_given_up(world: World) -> None:
    error, payload = invoke(world, "on_long", {"seconds": 4})
    assert error
    assert payload["errorType"] == "Sandbox.Timedout"


def test_ten_at_once_and_never_more(world: World) -> None:
    fetch(world.record.ports.url("worker") + "/in-flight", world.record.token_header, method="DELETE")
    for n in range(35):
        world.send(world.record.names.chunk_queue, f"many-{n}")
    most = 0
    until = time.monotonic() + 15
    while len(world.told("chunk", lambda n: n["body"].startswith("many-"))) < 35 and time.monotonic() < until:
        most = max(most, world.stack.in_flight()["on_chunk"]["running"])
    count = world.stack.in_flight()["on_chunk"]
    assert {n["body"] for n in world.told("chunk")} >= {f"many-{n}" for n in range(35)}
    assert most == 10
    assert count["most"] == 10


def test_an_event_on_the_bus_reaches_its_rule_s_handler(world: World) -> None:
    detail = {"statementId": "s-1", "state": "FINISHED"}
    entry = {"Source": "aws.redshift-data", "DetailType": "Ended", "Detail": json.dumps(detail)}
    events = world.client("events")
    for source, failed in (("other", 0), ("aws.s3", 1), ("aws.redshift-data", 0)):
        assert events.put_events(Entries=[{**entry, "Source": source}])["FailedEntryCount"] == failed
    assert [n["detail"] for n in world.wait("statement")] == [detail]


def test_a_schedule_fires_again_and_again(world: World) -> None:
    ticks = world.wait("sweep", count=3)
    assert ticks[2]["at"] - ticks[0]["at"] > 3


def test_the_rest_api_answers(world: World) -> None:
    answer = fetch(world.record.ports.url("api") + "/hello/world", {})
    assert answer == {"hello": "world", "bucket": world.record.names.bucket}


def test_an_object_in_parts_is_one_event(world: World) -> None:
    s3, bucket, key = world.client("s3"), world.record.names.bucket, "incoming/parts.csv"
    upload = s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
    part = s3.upload_part(Bucket=bucket, Key=key, UploadId=upload, PartNumber=1, Body=b"id\n1\n")
    s3.complete_multipart_upload(
        Bucket=bucket, Key=key, UploadId=upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    )
    world.wait("landed", lambda n: "parts" in n["object"]["key"])
    time.sleep(0.5)
    (note,) = world.told("landed", lambda n: "parts" in n["object"]["key"])
    assert note["name"] == "ObjectCreated:CompleteMultipartUpload"
    assert note["object"]["eTag"].endswith("-1")


@pytest.mark.parametrize("size", [0, 200_000])
def test_payloads_of_any_size(world: World, size: int) -> None:
    assert invoke(world, "on_call", {"x": "y" * size})[1]["echo"] == {"x": "y" * size}
