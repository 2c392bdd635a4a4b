"""The bucket notifies one function of each folder of the contracts in use, and its role reads these folders."""

from __future__ import annotations

import json
import shutil
from argparse import ArgumentTypeError
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.events.models import EventPattern

from chalicelib.domain.run.events import LANDED, landing_pattern
from chalicelib.domain.run.keys import OUTPUTS
from deploy.bundle.project import Project
from deploy.landing import delete_rule, folders, notify, silence
from deploy.stack import DeployError
from deploy.stage import granted, stage_name
from deploy.template.infra import tags
from deploy.template.merge import merge, policies
from landfall.contracts import FOLDER_VARIABLE, SHIPPED
from tests.packaging.chosen import chosen
from tests.packaging.policies import VALUES, contracts

BUCKET = "landfall-dev-123456789012-eu-west-1"
OURS = "arn:aws:lambda:eu-west-1:123456789012:function:landfall-dev-on_incoming"
THEIRS = "arn:aws:lambda:eu-west-1:123456789012:function:theirs"


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Contracts of one's own, in use; two of them share a first folder."""
    found = contracts(tmp_path / "own", "suppliers/acme/*", "suppliers/zeta/*", "daily/orders/*.csv")
    monkeypatch.setenv(FOLDER_VARIABLE, str(found))
    return found


def test_folders_are_the_first_ones_and_never_overlap(own: Path) -> None:
    assert folders() == ("daily/", "incoming/", "suppliers/")  # incoming/ is that of the smoke test


def test_template_and_policies_have_the_folders_of_the_contracts(own: Path) -> None:
    bucket = merge("prod")["Resources"]["LandingBucket"]["Properties"]
    called = bucket["NotificationConfiguration"]["LambdaConfigurations"]
    assert [c["Filter"]["S3Key"]["Rules"][0]["Value"] for c in called] == ["daily/", "incoming/", "suppliers/"]
    for name, document in policies("prod").items():
        assert "monthly_data/" not in json.dumps(document), name
    assert "/suppliers/*" in json.dumps(policies("prod")["on_incoming"])


def test_a_resource_without_the_placeholder_is_kept_once() -> None:
    found = granted("advance_run", {}, ("a/", "b/"))["Statement"]
    for statement in found:
        for resources in (statement.get("Resource", []), statement.get("NotResource", [])):
            assert len(resources) == len(set(resources)), statement["Sid"]
            assert "Landing" not in json.dumps(resources)
    read = next(s for s in found if any(r.endswith("/a/*") for r in s.get("Resource", [])))
    assert sum(r.endswith(("/a/*", "/b/*")) for r in read["Resource"]) == 2


def test_the_project_ships_the_contracts_in_use_alone(own: Path, tmp_path: Path) -> None:
    (own / "shared").mkdir()
    (own / "shared/dates.py").write_text("")
    (own / "a.py").write_text("from .shared import dates\n")
    (own / "notes.txt").write_text("")
    Project(stage="team-a", environment={}, policies={}).make(tmp_path / "made", None)
    place = tmp_path / "made/chalicelib/contracts"
    made = {str(path.relative_to(place)) for path in place.rglob("*.*")}
    assert made == {path.name for path in own.glob("*.toml")} | {"a.py", "shared/dates.py"}
    assert (SHIPPED / "orders.toml").exists()


@pytest.mark.parametrize(
    ("patterns", "reason"),
    [
        (["processed/orders/*"], "where Landfall writes"),
        (["deployed/*"], "deployments keep their record there"),
        (["a$b/orders/*"], r"rename the folder a\$b/"),
        (["größe/orders/*"], r"rename the folder größe/"),
    ],
    ids=["written", "records", "a sign of IAM", "no ASCII"],
)
def test_contracts_that_cannot_be_deployed_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, patterns: list[str], reason: str
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(contracts(tmp_path / "own", *patterns)))
    with pytest.raises(DeployError, match=reason):
        folders()


def test_a_missing_or_empty_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "none"))
    with pytest.raises(DeployError, match="there is no such folder"):
        folders()
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    with pytest.raises(DeployError, match="has no contract") as refused:
        folders()
    assert str(refused.value).count("has no contract") == 1


class Bucket:
    """The notifications of a bucket, and the permissions of the function."""

    def __init__(self, *called: str) -> None:
        self.state: dict[str, Any] = {"LambdaFunctionConfigurations": [{"LambdaFunctionArn": arn} for arn in called]}
        self.state["TopicConfigurations"] = ["theirs"]
        self.allowed, self.puts, self.broken = list[str](), 0, False
        self.events = boto3.client("events", region_name="eu-west-1")
        self.exceptions = self
        self.ResourceConflictException = KeyError

    def client(self, service: str) -> Any:
        if service == "events":
            return self.events
        assert service in ("s3", "lambda")
        return self

    def add_permission(self, **asked: str) -> None:
        if asked["SourceArn"] in self.allowed:
            raise KeyError
        by_s3 = asked["Principal"] == "s3.amazonaws.com"
        assert asked.get("SourceAccount", "") == (VALUES["AWS::AccountId"] if by_s3 else "")
        self.allowed.append(asked["SourceArn"])

    def get_bucket_notification_configuration(self, **_which: str) -> dict[str, Any]:
        return {**self.state, "ResponseMetadata": {}}

    def put_bucket_notification_configuration(self, **put: Any) -> None:
        """S3 tries each receiver, and refuses all if one cannot be reached."""
        assert not self.broken or put["SkipDestinationValidation"], "Unable to validate the destinations"
        self.state, self.puts = put["NotificationConfiguration"], self.puts + 1

    def called(self) -> list[tuple[str, str]]:
        return [
            (c["LambdaFunctionArn"], c["Filter"]["Key"]["FilterRules"][0]["Value"] if "Filter" in c else "")
            for c in self.state["LambdaFunctionConfigurations"]
        ]


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield boto3.client("events", region_name="eu-west-1")


def test_notifications_are_replaced_and_those_of_others_stay(bus: Any) -> None:
    bucket = Bucket(THEIRS, OURS)
    notify(bucket, BUCKET, VALUES, ("daily/", "suppliers/"), by_rule=False)
    notify(bucket, BUCKET, VALUES, ("daily/", "suppliers/"), by_rule=False)
    assert bucket.called() == [(THEIRS, ""), (OURS, "daily/"), (OURS, "suppliers/")]
    assert (bucket.allowed, bucket.puts) == ([f"arn:aws:s3:::{BUCKET}"], 1)
    silence(bucket, BUCKET, VALUES)
    assert bucket.called() == [(THEIRS, "")]
    assert bucket.state["TopicConfigurations"] == ["theirs"]


def test_a_rule_takes_the_place_of_our_notifications(bus: Any) -> None:
    bucket = Bucket(THEIRS, OURS)
    notify(bucket, BUCKET, VALUES, ("daily/", "suppliers/"), by_rule=True)
    assert bucket.called() == [(THEIRS, "")]
    assert bucket.state["TopicConfigurations"] == ["theirs"]
    assert bucket.state["EventBridgeConfiguration"] == {}
    rule = bus.describe_rule(Name="landfall-dev-landing")
    assert json.loads(rule["EventPattern"]) == landing_pattern(BUCKET, ["daily/", "suppliers/"])
    assert [target["Arn"] for target in bus.list_targets_by_rule(Rule=rule["Name"])["Targets"]] == [OURS]
    assert bucket.allowed == [rule["Arn"]]


def test_a_rule_follows_the_folders_and_stays_switched_off(bus: Any) -> None:
    bucket = Bucket()
    notify(bucket, BUCKET, VALUES, ("daily/",), by_rule=True)
    bus.disable_rule(Name="landfall-dev-landing")
    notify(bucket, BUCKET, VALUES, ("daily/", "weekly/"), by_rule=True)
    rule = bus.describe_rule(Name="landfall-dev-landing")
    assert (rule["State"], "weekly/" in rule["EventPattern"], bucket.puts) == ("DISABLED", True, 1)


@pytest.mark.parametrize("torn_down", [False, True], ids=["back to notifications", "teardown"])
def test_a_rule_goes_and_the_buckets_events_stay_on(bus: Any, torn_down: bool) -> None:
    """Also one to which the operator has added a target."""
    bucket = Bucket()
    bus.put_rule(Name="landfall-dev-landing-b", EventPattern="{}")
    notify(bucket, BUCKET, VALUES, ("daily/",), by_rule=True)
    bus.put_targets(Rule="landfall-dev-landing", Targets=[{"Id": "theirs", "Arn": THEIRS}])
    if torn_down:
        silence(bucket, BUCKET, VALUES)
        delete_rule(bus, VALUES)
    else:
        notify(bucket, BUCKET, VALUES, ("daily/",), by_rule=False)
    assert [rule["Name"] for rule in bus.list_rules()["Rules"]] == ["landfall-dev-landing-b"]
    assert bucket.called() == ([] if torn_down else [(OURS, "daily/")])
    assert "EventBridgeConfiguration" in bucket.state


def test_a_broken_receiver_of_others_hinders_nothing(bus: Any) -> None:
    bucket = Bucket(THEIRS, OURS)
    bucket.broken = True
    notify(bucket, BUCKET, VALUES, ("daily/",), by_rule=True)
    bucket.state["LambdaFunctionConfigurations"].append({"LambdaFunctionArn": OURS})
    silence(bucket, BUCKET, VALUES)
    assert (bucket.called(), bucket.puts) == ([(THEIRS, "")], 2)
    with pytest.raises(AssertionError, match="Unable to validate"):  # ours must be tried
        notify(bucket, BUCKET, VALUES, ("daily/",), by_rule=False)


def test_a_rule_has_the_stages_tags(bus: Any) -> None:
    for _ in range(2):
        notify(Bucket(), BUCKET, VALUES, ("daily/",), by_rule=True)
    arn = bus.describe_rule(Name="landfall-dev-landing")["Arn"]
    assert bus.list_tags_for_resource(ResourceARN=arn)["Tags"] == tags("dev")


class RefusesTargets:
    """EventBridge that takes a rule and refuses its target, in an answer without an error."""

    def __init__(self, events: Any) -> None:
        self._events = events

    def __getattr__(self, name: str) -> Any:
        return getattr(self._events, name)

    def put_targets(self, **_which: Any) -> dict[str, Any]:
        return {"FailedEntryCount": 1, "FailedEntries": [{"TargetId": "x", "ErrorMessage": "no such function"}]}


def test_a_target_that_is_refused_ends_the_deployment(bus: Any) -> None:
    bucket = Bucket(OURS)
    bucket.events = RefusesTargets(bucket.events)
    with pytest.raises(DeployError, match="landfall-dev-landing cannot call on_incoming: no such function"):
        notify(bucket, BUCKET, VALUES, ("daily/",), by_rule=True)
    assert bucket.puts == 0, "the notifications stay that are there"


def test_the_template_of_a_stage_that_chooses_a_rule(own: Path) -> None:
    with chosen("sqs", wiring="eventbridge"):
        found = merge("prod")["Resources"]
    rule, bucket = found["LandingRule"]["Properties"], found["LandingBucket"]["Properties"]
    assert bucket["NotificationConfiguration"] == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
    assert rule["Name"] == {"Fn::Sub": "landfall-${Stage}-landing"}
    assert rule["Tags"] == tags()
    assert rule["EventPattern"]["detail"]["bucket"]["name"] == [bucket["BucketName"]]
    assert rule["EventPattern"]["detail"]["object"]["key"] == [
        {"prefix": "daily/"},
        {"prefix": "incoming/"},
        {"prefix": "suppliers/"},
    ]
    [target] = rule["Targets"]
    permission = found["OnIncomingPermission"]["Properties"]
    assert target["Arn"] == permission["FunctionName"]
    assert (permission["Principal"], permission["SourceArn"]) == (
        "events.amazonaws.com",
        {"Fn::GetAtt": ["LandingRule", "Arn"]},
    )
    assert "LandingRule" not in merge("prod")["Resources"]


@pytest.mark.parametrize("out", OUTPUTS)
def test_the_rule_matches_nothing_that_landfall_writes(out: str) -> None:
    pattern = landing_pattern(BUCKET, folders())
    rule = EventPattern(json.dumps(pattern), pattern)

    def event(key: str) -> Any:
        return {**LANDED, "detail": {"bucket": {"name": BUCKET}, "object": {"key": key}}}

    assert rule.matches_event(event("incoming/orders/a.csv"))
    assert not rule.matches_event(event(f"{out}incoming/orders/a.csv"))


@pytest.mark.parametrize("name", ["event_bridge", "", "Notification"])
def test_another_wiring_is_refused_by_name(name: str) -> None:
    wanted = rf"stage dev: LANDFALL_S3_WIRING is {name}: it is notification or eventbridge"
    with chosen("sqs", wiring=name), pytest.raises(ArgumentTypeError, match=wanted):
        stage_name("team-a")


def test_a_folder_of_the_checkout_is_never_edited(own: Path, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in SHIPPED.iterdir() if path.is_file()}
    Project(stage="dev", environment={}, policies={}).make(tmp_path / "made", None)
    shutil.rmtree(tmp_path / "made")
    assert {path: path.read_bytes() for path in SHIPPED.iterdir() if path.is_file()} == before
