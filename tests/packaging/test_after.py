"""What Chalice forgets: rules that somebody has switched off, and what becomes of logs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from deploy.after import allow_loops, as_switched, drop_logs, let_logs_expire, tag
from deploy.stage import LOOPING, functions

SWEEP, STATEMENTS = "landfall-dev-on_schedule-event", "landfall-dev-on_statement-event"
OTHERS = ("landfall-dev2-on_schedule-event", "landfall-dev-a-on_schedule-event")


GROUPS = tuple(f"/aws/lambda/landfall-{name}" for name in ("dev", "dev-authorize", "dev2", "dev-a"))
"""Of the API's function, of another, and of other stages' APIs."""


@pytest.fixture(autouse=True)
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An AWS in this process."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "any")
    with mock_aws():
        yield


@pytest.fixture
def events() -> Any:
    """An EventBridge with the rules of two stages; a schedule of each is off."""
    client = boto3.client("events", region_name="eu-west-1")
    for rule in (SWEEP, STATEMENTS, *OTHERS):
        _put(client, rule)
    for rule in (SWEEP, *OTHERS):
        client.disable_rule(Name=rule)
    return client


@pytest.fixture
def logs() -> Any:
    """A CloudWatch Logs with groups that keep for ever, as Chalice leaves them."""
    client = boto3.client("logs", region_name="eu-west-1")
    for group in GROUPS:
        client.create_log_group(logGroupName=group)
    return client


def _days(logs: Any) -> dict[str, int | None]:
    return {g["logGroupName"]: g.get("retentionInDays") for g in logs.describe_log_groups()["logGroups"]}


def _put(events: Any, rule: str) -> None:
    """As Chalice does it for every rule, each time."""
    events.put_rule(Name=rule, ScheduleExpression="rate(5 minutes)")


def _states(events: Any) -> dict[str, str]:
    return {rule["Name"]: rule["State"] for rule in events.list_rules()["Rules"]}


def test_a_rule_that_was_off_is_off_again_and_no_other(events: Any) -> None:
    with as_switched(events, "dev"):
        for rule in (SWEEP, STATEMENTS, *OTHERS):
            _put(events, rule)
        assert set(_states(events).values()) == {"ENABLED"}
    assert _states(events) == {SWEEP: "DISABLED", STATEMENTS: "ENABLED", **dict.fromkeys(OTHERS, "ENABLED")}


def test_it_is_off_again_though_the_deployment_has_failed(events: Any) -> None:
    def fails() -> None:
        with as_switched(events, "dev"):
            _put(events, SWEEP)
            raise LookupError

    with pytest.raises(LookupError):
        fails()
    assert _states(events)[SWEEP] == "DISABLED"


def test_one_that_the_deployment_took_away_is_not_missed(events: Any) -> None:
    with as_switched(events, "dev"):
        events.delete_rule(Name=SWEEP)
    assert SWEEP not in _states(events)


def test_before_the_first_deployment_there_is_none(events: Any) -> None:
    with as_switched(events, "prod"):
        _put(events, "landfall-prod-on_schedule-event")
    assert _states(events)["landfall-prod-on_schedule-event"] == "ENABLED"


def test_logs_of_functions_that_are_gone_expire(logs: Any) -> None:
    let_logs_expire(logs, "dev")
    assert _days(logs) == {GROUPS[0]: 30, GROUPS[1]: 30, GROUPS[2]: None, GROUPS[3]: None}


def test_logs_go_with_all_data_of_their_stage(logs: Any) -> None:
    drop_logs(logs, "dev")
    assert _days(logs) == {GROUPS[2]: None, GROUPS[3]: None}


class Tagged:
    """A session of services that hold what Chalice makes of a stage, and remember the tags of each."""

    def __init__(self, events: Any) -> None:
        self.events, self.tags = events, dict[str, Any]()

    def client(self, service: str) -> Any:
        return self.events if service == "events" else self

    def get_paginator(self, name: str) -> Any:
        assert name == "list_event_source_mappings"
        return self

    def paginate(self, **which: str) -> list[dict[str, Any]]:
        return [{"EventSourceMappings": [{"UUID": f"of-{which['FunctionName']}"}]}]

    def tag_role(self, **said: Any) -> None:
        self.tags[said["RoleName"]] = {tag["Key"]: tag["Value"] for tag in said["Tags"]}

    def tag_resource(self, **said: Any) -> None:
        """Lambda and API Gateway write the two words differently."""
        self.tags[said.get("Resource") or said["resourceArn"]] = said.get("Tags") or said["tags"]


def test_what_chalice_makes_is_tagged_in_this_stage_only(events: Any) -> None:
    where = {"AWS::Partition": "aws", "AWS::Region": "eu-west-1", "AWS::AccountId": "123456789012"}
    session = Tagged(events)
    tag(session, "dev", "abc", where)
    assert set(map(str, session.tags.values())) == {"{'Environment': 'dev', 'Project': 'landfall'}"}
    mapping = "arn:aws:lambda:eu-west-1:123456789012:event-source-mapping:of-landfall-dev"
    assert set(session.tags) == {
        *(f"landfall-dev-{name}" for name in functions("dev")),
        *(
            f"{mapping}-{name}"
            for name in ("advance_run", "stage_chunk", "read_source", "on_dead_run", "on_dead_chunk")
        ),
        "arn:aws:apigateway:eu-west-1::/restapis/abc",
        "arn:aws:apigateway:eu-west-1::/restapis/abc/stages/api",
    }
    for rule in (SWEEP, STATEMENTS):
        arn = events.describe_rule(Name=rule)["Arn"]
        assert {t["Key"] for t in events.list_tags_for_resource(ResourceARN=arn)["Tags"]} == {"Environment", "Project"}
    for rule in OTHERS:
        other = events.describe_rule(Name=rule)["Arn"]
        assert events.list_tags_for_resource(ResourceARN=other)["Tags"] == []


def test_the_guard_is_off_for_functions_that_may_loop() -> None:
    asked = []

    class Lambda:
        def put_function_recursion_config(self, **request: str) -> None:
            asked.append(request)

    allow_loops(Lambda(), "dev")
    assert asked == [{"FunctionName": f"landfall-dev-{name}", "RecursiveLoop": "Allow"} for name in LOOPING]
