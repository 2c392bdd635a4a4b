"""Which run a message or an event belongs to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.events.models import EventPattern

from chalicelib.domain.run.events import landed, landing_pattern, run_of_message, runs_of_statement, work_of
from chalicelib.domain.run.model import SourceObject

ODD = (
    '{"run_id": null}',
    '{"run_id": 7}',
    '{"run_id": ["r"]}',
    '{"run_id": "r", "more": 1}',
    '{"run_id": "r", "generation": 1, "number": 2, "start": 3}',
    '{"run_id": "r", "generation": 1, "number": 2, "start": 3, "stop": "4"}',
    '{"run_id": "r", "generation": true, "number": 2, "start": 3, "stop": 4}',
    '{"Service": "Amazon S3", "Event": "s3:TestEvent"}',
    "[" * 100_000,
)


@pytest.mark.parametrize("body", ["", "[]", "7", "null", '"x"', "{}", '{"run": "x"}', '{"number": 1}', "\udcff", *ODD])
def test_a_message_of_another_origin_belongs_to_no_run(body: str) -> None:
    assert work_of(body) is None
    assert run_of_message(body) == ""


def test_a_message_of_ours_is_read() -> None:
    assert work_of('{"run_id": "r"}') == "r"
    task = work_of('{"run_id": "r", "generation": 1, "number": 2, "start": 3, "stop": 4}')
    assert (getattr(task, "run_id", ""), getattr(task, "number", 0)) == ("r", 2)
    bodies = ('{"run_id": "r"}', '{"run_id": "r", "generation": 1, "number": 2, "start": 3, "stop": 4}')
    assert [run_of_message(body) for body in bodies] == ["r", "r"]


@pytest.mark.parametrize(
    ("event", "run"),
    [
        ({"detail": {"statementName": "0123456789abcdef" * 2}}, "0123456789abcdef" * 2),
        ({"detail": {"statementName": "0123456789ABCDEF" * 2}}, None),
        ({"detail": {"statementName": "nightly report"}}, None),
        ({"detail": {}}, None),
        ({}, None),
    ],
)
def test_an_ended_statement_leads_to_the_run_it_is_named_after(event: dict[str, Any], run: str | None) -> None:
    assert list(runs_of_statement(event)) == ([run] if run else [])


# ---- files ----------------------------------------------------------------------------------------------------------


def notified(source: SourceObject) -> dict[str, Any]:
    """What S3 notifies of an object."""
    thing = {
        "key": quote_plus(source.key),
        "size": source.size,
        "eTag": source.etag,
        "versionId": source.version_id,
        "sequencer": source.sequencer,
    }
    s3 = {"bucket": {"name": source.bucket}, "object": thing}
    return {"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": s3}]}


def announced(source: SourceObject) -> dict[str, Any]:
    """What EventBridge sends of an object, as AWS documents it: without a version if the bucket keeps none."""
    thing = {
        "key": source.key,
        "size": source.size,
        "etag": source.etag,
        "version-id": source.version_id,
        "sequencer": source.sequencer,
    }
    return {
        "version": "0",
        "id": "17793124-05d4-b198-2fde-7ededc63b103",
        "detail-type": "Object Created",
        "source": "aws.s3",
        "account": "111122223333",
        "time": "2021-11-12T00:00:00Z",
        "region": "ca-central-1",
        "resources": [f"arn:aws:s3:::{source.bucket}"],
        "detail": {
            "version": "0",
            "bucket": {"name": source.bucket},
            "object": {name: value for name, value in thing.items() if value is not None},
            "request-id": "N4N7GDK58NMKJ12R",
            "requester": "123456789012",
            "source-ip-address": "1.2.3.4",
            "reason": "PutObject",
        },
    }


FILE = SourceObject(bucket="b", key="incoming/thing/a.csv", etag="e", size=3, version_id="v", sequencer="0A")
KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(KEYS | st.sampled_from(["a+b.csv", "a b.csv", "a%2Bb.csv", "100%.csv", "größe/ä.csv", "a%20b+c"]), st.booleans())
def test_both_ways_announce_the_same_version(key: str, versioned: bool) -> None:
    version = "v" if versioned else None
    source = SourceObject(bucket="b", key=key, etag="e", size=3, version_id=version, sequencer="0A")
    assert list(landed(notified(source))) == list(landed(announced(source))) == [source]


@pytest.mark.parametrize(
    "change",
    [
        {"detail-type": "Object Deleted"},
        {"detail-type": "Object Restore Completed"},
        {"source": "aws.glacier"},
        {"detail": None},
        {"detail": {"bucket": {"name": "b"}}},
        {"detail": {"bucket": None, "object": {"key": "k"}}},
        {"detail": {"bucket": {"name": "b"}, "object": {"size": 3}}},
        {"detail": {"bucket": {"name": "b"}, "object": {"key": "k", "size": "many"}}},
    ],
)
def test_other_events_of_the_bus_announce_no_file(change: Mapping[str, Any]) -> None:
    assert list(landed({**announced(FILE), **change})) == []


@pytest.mark.parametrize("value", [5, True, ["a"]])
@pytest.mark.parametrize("name", ["key", "etag", "version-id", "sequencer", "bucket"])
def test_an_event_with_something_else_than_a_text_names_no_file(name: str, value: object) -> None:
    """It would fail at each try."""
    by_bus, by_bucket = announced(FILE), notified(FILE)["Records"][0]["s3"]
    if name == "bucket":
        by_bus["detail"]["bucket"]["name"] = by_bucket["bucket"]["name"] = value
    else:
        by_bus["detail"]["object"][name] = value
        by_bucket["object"][{"etag": "eTag", "version-id": "versionId"}.get(name, name)] = value
    assert list(landed(by_bus)) == list(landed({"Records": [{"s3": by_bucket}]})) == []


@pytest.mark.parametrize(
    ("bucket", "key", "matched"),
    [
        ("b", "incoming/thing/a.csv", True),
        ("b", "suppliers/acme/a b.csv", True),
        ("b", "processed/thing/a.csv", False),
        ("b", "archive/incoming/a.csv", False),
        ("other", "incoming/thing/a.csv", False),
    ],
)
def test_the_pattern_has_the_folders_of_the_bucket(bucket: str, key: str, matched: bool) -> None:
    pattern = landing_pattern("b", ["incoming/", "suppliers/"])
    rule = EventPattern(json.dumps(pattern), pattern)
    event = announced(SourceObject(bucket=bucket, key=key, etag="e", size=3, sequencer="0A"))
    assert rule.matches_event(event) is matched  # type: ignore[arg-type]
    assert not rule.matches_event({**event, "detail-type": "Object Deleted"})  # type: ignore[arg-type]
