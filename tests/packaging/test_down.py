"""What a teardown deletes of a stage, whichever way it was made, that it asks before it touches data, and goes on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from deploy import down
from deploy.data import KINDS, kept, left
from deploy.down import teardown
from deploy.stack import FUNCTION, NEVER_MADE, resources
from deploy.template.infra import infra
from tests.packaging.cloud import Cloud, refusal
from tests.packaging.gateway import Gateway, begun

BUCKET = "landfall-test-123456789012-eu-west-1"
TAGS = [{"key": "Environment", "value": "test"}, {"key": "Project", "value": "landfall"}]
OUTPUTS = {"Bucket": BUCKET, "Table": "landfall-test", "Workgroup": "w", "WarehouseArn": "arn:any", "Database": "dev"}
STACK = [
    ("AWS::S3::Bucket", BUCKET),
    ("AWS::DynamoDB::Table", "landfall-test"),
    ("AWS::SecretsManager::Secret", "landfall-test-tokens"),
    ("AWS::RedshiftServerless::Namespace", "landfall-test"),
    ("AWS::RedshiftServerless::Workgroup", "landfall-test"),
    ("AWS::SQS::Queue", "landfall-test-runs"),
]


class Serverless:
    """A Redshift Serverless with one warehouse; each may fail once to be deleted."""

    def __init__(self, tags: list[dict[str, str]]) -> None:
        self.there, self.tags, self.fails = {"workgroup", "namespace"}, tags, ""

    def get_workgroup(self, **_which: Any) -> dict[str, Any]:
        self._look("workgroup")
        return {"workgroup": {"workgroupArn": "arn:w", "status": "AVAILABLE"}}

    def get_namespace(self, **_which: Any) -> dict[str, Any]:
        self._look("namespace")
        return {"namespace": {"namespaceArn": "arn:n"}}

    def list_tags_for_resource(self, **_which: Any) -> dict[str, Any]:
        return {"tags": self.tags}

    def delete_workgroup(self, **_which: Any) -> None:
        self._drop("workgroup")

    def delete_namespace(self, **_which: Any) -> None:
        self._drop("namespace")

    def _drop(self, what: str) -> None:
        self._look(what)
        if self.fails == what:
            self.fails = ""
            raise refusal("ConflictException", "a snapshot is being taken")
        self.there.remove(what)

    def _look(self, what: str) -> None:
        if what not in self.there:
            raise refusal("ResourceNotFoundException", what)


class Session:
    """A session of an AWS in this process, with a CloudFormation and a Redshift of our own."""

    region_name = "eu-west-1"

    def __init__(self, cloud: Cloud, serverless: Serverless) -> None:
        self.cloud, self.serverless = cloud, serverless
        self.aws = boto3.session.Session(region_name=self.region_name)

    def client(self, service: str) -> Any:
        own = {"cloudformation": self.cloud, "redshift-serverless": self.serverless, "apigateway": Gateway()}
        return own.get(service) or self.aws.client(service)

    def resource(self, service: str) -> Any:
        return self.aws.resource(service)


@pytest.fixture(autouse=True)
def somewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Iterator[None]:
    """An AWS in this process, and a place for Chalice's record."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "any")
    monkeypatch.setattr(down, "DEPLOYED", tmp_path)
    monkeypatch.setattr(down, "BUILD", tmp_path)
    with mock_aws():
        yield


@pytest.fixture
def stage() -> Session:
    """A stage that `make deploy` has made; its functions are gone already."""
    cloud = Cloud(status="CREATE_COMPLETE")
    cloud.outputs, cloud.resources = OUTPUTS, list(STACK)
    session = Session(cloud, Serverless(TAGS))
    session.client("s3").create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": session.region_name}
    )
    session.client("s3").put_object(Bucket=BUCKET, Key="archive/a.csv", Body=b"a")
    session.client("dynamodb").create_table(
        TableName="landfall-test",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    session.client("secretsmanager").create_secret(Name="landfall-test-tokens", SecretString="{}")
    session.client("logs").create_log_group(logGroupName="/aws/lambda/landfall-test")
    return session


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """What was printed since it was last asked."""
    return lambda: capsys.readouterr().out


def test_data_stays_unless_it_is_requested(stage: Session, said: Callable[[], str]) -> None:
    teardown(stage, "test", deletes_data=False)
    assert stage.cloud.requests == []
    text = said()
    assert "there are no functions and no API" in text, "nothing is said to be gone that was not there"
    assert f"bucket {BUCKET}" in text
    assert "make teardown STAGE=test DATA=delete" in text
    assert len(left(stage, "test")) == 5


def test_data_goes_if_it_is_requested_and_the_logs_with_it(stage: Session, said: Callable[[], str]) -> None:
    teardown(stage, "test", deletes_data=True)
    assert left(stage, "test") == []
    assert stage.client("logs").describe_log_groups()["logGroups"] == []
    said()
    teardown(stage, "test", deletes_data=True)
    assert said() == "there is no stack landfall-test; there are no functions and no API\n"


def test_a_failed_deletion_continues_after_the_stack_is_gone(stage: Session, said: Callable[[], str]) -> None:
    stage.serverless.fails = "namespace"
    with pytest.raises(ClientError, match="a snapshot is being taken"):
        teardown(stage, "test", deletes_data=True)
    assert stage.cloud.status == ""
    assert [held.kind.word for held in left(stage, "test")] == ["namespace", "bucket", "table", "secret"]
    teardown(stage, "test", deletes_data=True)
    assert left(stage, "test") == []


def test_without_a_stack_data_is_named_and_stays_by_default(stage: Session, said: Callable[[], str]) -> None:
    stage.cloud.status = ""
    teardown(stage, "test", deletes_data=False)
    assert f"bucket {BUCKET}" in said()
    assert len(left(stage, "test")) == 5


@pytest.mark.parametrize("data", [True, False], ids=["data", "no data"])
def test_functions_that_a_deleted_stack_has_left_go(
    stage: Session, said: Callable[[], str], monkeypatch: pytest.MonkeyPatch, data: bool
) -> None:
    """As somebody leaves them who deletes the stack in the console."""
    if not data:
        teardown(stage, "test", deletes_data=True)
    stage.cloud.status = ""
    begun(stage, "test", "on_incoming")
    request = []
    monkeypatch.setattr(down, "chalice", lambda *words, **_: request.append((words[1:], _recorded())) or "")
    teardown(stage, "test", deletes_data=False)
    ((words, kinds),) = request
    assert words == ("delete", "--stage", "test")
    assert kinds == ["iam_role", "lambda_function"]
    assert "there is no stack landfall-test; functions and API are gone" in said()


def _recorded() -> list[str]:
    """Kinds of what Chalice would delete."""
    found = json.loads((down.DEPLOYED / "test.json").read_text())
    return [resource["resource_type"] for resource in found["resources"]]


def test_a_rule_goes_whose_function_was_deleted_by_hand(stage: Session) -> None:
    """It would call in vain for ever. The bucket may be the operator's own: nothing names it without the stack."""
    events = stage.client("events")
    for name in ("landfall-test-landing", "landfall-test-landing-b"):
        events.put_rule(Name=name, EventPattern="{}")
    events.put_targets(Rule="landfall-test-landing", Targets=[{"Id": "on_incoming", "Arn": "arn:any"}])
    stage.cloud.status = ""
    teardown(stage, "test", deletes_data=False)
    assert [rule["Name"] for rule in events.list_rules()["Rules"]] == ["landfall-test-landing-b"]


def test_a_foreign_warehouse_of_the_same_name_is_left_alone(stage: Session, said: Callable[[], str]) -> None:
    stage.cloud.status, stage.serverless.tags = "", []
    teardown(stage, "test", deletes_data=True)
    assert stage.serverless.there == {"workgroup", "namespace"}


def test_a_stack_goes_with_its_functions_and_data_stays(stage: Session, said: Callable[[], str]) -> None:
    stage.cloud.resources.append((FUNCTION, "landfall-test"))
    teardown(stage, "test", deletes_data=False)
    assert stage.cloud.requests == ["delete"]
    text = said()
    assert "the stack landfall-test is gone" in text
    assert f"kept: workgroup landfall-test, namespace landfall-test, bucket {BUCKET}" in text
    teardown(stage, "test", deletes_data=True)
    assert left(stage, "test") == []


def test_a_stack_that_never_came_to_be_is_removed(stage: Session, said: Callable[[], str]) -> None:
    stage.cloud.status, stage.cloud.outputs = NEVER_MADE, {}
    teardown(stage, "test", deletes_data=False)
    assert stage.cloud.requests == ["delete"]
    assert "was never completed; it is removed" in said()


def test_what_outlives_the_stack_is_deleted_workgroup_first() -> None:
    cloud = Cloud(status="CREATE_COMPLETE")
    made = infra("dev")["Resources"]
    cloud.resources = [(r["Type"], name) for name, r in made.items()]
    found = kept(resources(cloud, "dev"))
    assert {held.name for held in found} == {n for n, r in made.items() if "DeletionPolicy" in r}
    assert all(kind.named in r["Properties"] for of, kind in KINDS.items() for r in made.values() if r["Type"] == of)
    order = list(KINDS)
    assert order.index("AWS::RedshiftServerless::Workgroup") < order.index("AWS::RedshiftServerless::Namespace")
