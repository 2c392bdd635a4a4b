"""Chalice's record, made anew from what a deployment that broke off has left in an account."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from chalice.config import DeployedResources
from chalice.deploy.sweeper import ResourceSweeper
from moto import mock_aws

from deploy.found import record, resources
from tests.packaging.gateway import PREFIX, Gateway, begun


class Session:
    """A session of the AWS in this process, with an API Gateway of our own."""

    region_name = "eu-west-1"

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway

    def client(self, service: str) -> Any:
        return self.gateway if service == "apigateway" else boto3.client(service, region_name=self.region_name)


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "any")
    with mock_aws():
        yield Session(Gateway(a="landfall-dev2-authorize", b="landfall-dev-authorize", other="landfall-dev-authorize"))


def test_where_nothing_was_begun_there_is_no_record(session: Session, tmp_path: Path) -> None:
    session.gateway.asks = {}
    assert not record(session, "dev", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_was_begun_is_in_the_record_under_chalices_names(session: Session, tmp_path: Path) -> None:
    begun(session, "dev", "advance_run", "on_incoming", "api_handler")
    queue = session.client("sqs").create_queue(QueueName="landfall-dev-runs")["QueueUrl"]
    arn = session.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    mapping = session.client("lambda").create_event_source_mapping(
        EventSourceArn=arn["QueueArn"], FunctionName="landfall-dev-advance_run"
    )
    session.client("events").put_rule(Name="landfall-dev-on_schedule-event", ScheduleExpression="rate(5 minutes)")
    session.client("events").put_rule(Name="landfall-dev2-on_schedule-event", ScheduleExpression="rate(5 minutes)")
    assert record(session, "dev", tmp_path)
    found = {r["name"]: r for r in json.loads((tmp_path / "dev.json").read_text())["resources"]}
    assert list(found) == [
        *("advance_run_role", "on_incoming_role", "api_handler_role", "advance_run", "on_incoming", "api_handler"),
        *("advance_run-sqs-event-source", "on_schedule-event", "rest_api"),
    ]
    assert found["api_handler"]["lambda_arn"] == f"{PREFIX}:landfall-dev"
    known = found["advance_run-sqs-event-source"]
    assert (known["event_uuid"], known["queue"]) == (mapping["UUID"], "landfall-dev-runs")
    assert found["rest_api"]["rest_api_id"] == "b", "not another stage's, not another app's"


def test_an_extra_api_is_recorded_for_chalice_to_sweep(session: Session) -> None:
    session.gateway.asks = {"b": "landfall-dev-authorize", "c": "landfall-dev-authorize"}
    assert [(r["name"], r["rest_api_id"]) for r in resources(session, "dev")] == [
        ("rest_api", "b"),
        ("rest_api c", "c"),
    ]


def test_chalice_knows_how_to_delete_each_kind_in_the_record(session: Session) -> None:
    begun(session, "dev", "on_incoming")
    found = resources(session, "dev")
    sweeper = ResourceSweeper()
    sweeper._plan_deletion([r["name"] for r in reversed(found)], DeployedResources({"resources": found}))
    called = [i.method_name for i in sweeper.plan.instructions if hasattr(i, "method_name")]
    assert called == [
        *("delete_rest_api", "delete_function", "delete_role"),
    ]
