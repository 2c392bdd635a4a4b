"""What `chalice package` makes of the app for production, with what is merged in; without libraries, for speed."""

from __future__ import annotations

import json
import re
import sys
from typing import Any

import boto3
import pytest
import yaml
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from deploy.bundle.package import CODE, generate
from deploy.landing import FUNCTION
from deploy.stage import function_name, functions
from deploy.template.infra import TAGGED
from deploy.template.merge import QUEUES, logical
from tests.packaging.policies import DENIED, FOLDERS, NO_RESOURCE_LEVEL, NOT_TAGGABLE

FUNCTIONS = sorted(functions("prod"))
TAGGED_BY_SAM = {"AWS::ApiGateway::RestApi", "AWS::ApiGateway::Stage"}
WITHOUT = {
    "AWS::ApiGateway::Deployment",
    "AWS::Events::Rule",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Permission",
}
"""Kinds that SAM makes; they take no tags, or SAM gives them none and they have those of the stack."""


@pytest.fixture(scope="module")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    here = tmp_path_factory.mktemp("packaged")
    return dict(json.loads(generate("prod", "x86_64", None, here / "project", here / "out").read_text()))


@pytest.fixture(scope="module")
def resources(packaged: dict[str, Any]) -> dict[str, Any]:
    return dict(packaged["Resources"])


@pytest.fixture(scope="module")
def plain(packaged: dict[str, Any]) -> dict[str, Any]:
    """As CloudFormation sees it, once SAM has transformed it."""
    given = json.loads(json.dumps(packaged))
    for resource in given["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://artifacts/deployment.zip"
    translator = Translator({}, Parser(), boto_session=boto3.session.Session(region_name="eu-west-1"))
    return dict(translator.translate(sam_template=given, parameter_values={})["Resources"])


def test_sam_makes_a_function_a_mapping_and_a_rule_of_each(plain: dict[str, Any]) -> None:
    kinds = [resource["Type"] for resource in plain.values()]
    assert kinds.count("AWS::Lambda::Function") == len(FUNCTIONS)
    assert kinds.count("AWS::Lambda::EventSourceMapping") == len(QUEUES)
    assert kinds.count("AWS::Events::Rule") == 3
    assert kinds.count("AWS::IAM::Role") == len(FUNCTIONS) + 1, "one each, and the one of COPY"


def test_all_functions_run_the_one_zip(resources: dict[str, Any]) -> None:
    code = [r["Properties"]["CodeUri"] for r in resources.values() if r["Type"] == "AWS::Serverless::Function"]
    assert code == [CODE] * len(FUNCTIONS)


def test_every_method_of_every_route_has_an_authorizer(resources: dict[str, Any]) -> None:
    said = resources["RestAPI"]["Properties"]["DefinitionBody"]
    methods = {(path, name): method for path, found in said["paths"].items() for name, method in found.items()}
    assert len(methods) >= 14
    assert {key for key, method in methods.items() if method.get("security") != [{"authorize": []}]} == set()
    assert said["securityDefinitions"]["authorize"]["x-amazon-apigateway-authtype"] == "custom"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_function_has_its_name_role_log_and_limits(resources: dict[str, Any], name: str) -> None:
    said = resources[logical(name)]["Properties"]
    role = resources[said["Role"]["Fn::GetAtt"][0]]["Properties"]
    assert role["RoleName"] == said["FunctionName"]
    assert (said["MemorySize"], said["Timeout"]) == (
        functions("prod")[name]["lambda_memory_size"],
        functions("prod")[name]["lambda_timeout"],
    )
    assert said["ReservedConcurrentExecutions"] == functions("prod")[name]["reserved_concurrency"]
    assert (said["Runtime"], said["Tracing"]) == (f"python3.{sys.version_info.minor}", "Active")
    assert said["Handler"] == f"app.{'app' if name == 'api_handler' else name}"
    [log] = resources[logical(name)]["DependsOn"]
    assert resources[log]["Properties"]["RetentionInDays"] == 30
    assert resources[log]["Properties"]["LogGroupName"]["Fn::Sub"] == f"/aws/lambda/{said['FunctionName']['Fn::Sub']}"


@pytest.mark.parametrize(("name", "queue"), QUEUES.items())
def test_queues_are_polled_singly_within_the_reserved_limit(resources: dict[str, Any], name: str, queue: str) -> None:
    [event] = [e["Properties"] for e in resources[logical(name)]["Properties"]["Events"].values()]
    assert event["Queue"] == {"Fn::Sub": f"${{{queue}.Arn}}"}
    assert event["BatchSize"] == 1, "raising is the answer, so no batchItemFailures are needed"
    assert event["ScalingConfig"]["MaximumConcurrency"] <= functions("prod")[name]["reserved_concurrency"]


def test_the_bucket_calls_a_plain_function(resources: dict[str, Any]) -> None:
    function, bucket = logical(FUNCTION), resources["LandingBucket"]
    assert "Events" not in resources[function]["Properties"]
    assert f"{function}Permission" in bucket["DependsOn"]
    called = bucket["Properties"]["NotificationConfiguration"]["LambdaConfigurations"]
    assert {c["Filter"]["S3Key"]["Rules"][0]["Value"] for c in called} == set(FOLDERS)
    assert {c["Function"]["Fn::GetAtt"][0] for c in called} == {function}


def _of(resources: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    return {name: r["Properties"] for name, r in resources.items() if r["Type"] == kind}


def _statements(role: dict[str, Any]) -> list[dict[str, Any]]:
    """Return also those that a parameter chooses."""
    listed = [s for policy in role["Policies"] for s in policy["PolicyDocument"]["Statement"]]
    return [s["Fn::If"][1] if "Fn::If" in s else s for s in listed]


def _texts(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_roles_name_resources_wherever_an_action_has_them(plain: dict[str, Any]) -> None:
    for name, role in _of(plain, "AWS::IAM::Role").items():
        assert "ManagedPolicyArns" not in role, f"{name}: what AWS writes may grow"
        statements = _statements(role)
        assert not [a for s in statements for a in _texts(s["Action"]) if "*" in a]
        free = {a for s in statements if s["Effect"] == "Allow" and "*" in _texts(s["Resource"]) for a in s["Action"]}
        assert free <= NO_RESOURCE_LEVEL, name


def test_the_role_of_each_function_denies_what_would_lose_data(plain: dict[str, Any]) -> None:
    denying = {
        role["RoleName"]["Fn::Sub"]
        for role in _of(plain, "AWS::IAM::Role").values()
        if {a for s in _statements(role) if s["Effect"] == "Deny" for a in s["Action"]} == DENIED
    }
    assert denying == {function_name(name) for name in FUNCTIONS}


def test_bucket_and_queue_policies_name_allowed_actions(plain: dict[str, Any]) -> None:
    kinds = ("AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy")
    found = [s for kind in kinds for p in _of(plain, kind).values() for s in p["PolicyDocument"]["Statement"]]
    assert {s["Sid"] for s in found if s["Effect"] == "Deny"} == {"TlsOnly"}
    allowed = [s for s in found if s["Effect"] == "Allow"]
    assert {s["Sid"] for s in allowed} == {"TrailLooks", "TrailWrites"}
    for statement in allowed:
        assert "*" not in str(statement["Action"]) + str(statement["Principal"])
        assert "aws:SourceArn" in statement["Condition"]["StringEquals"]


def test_who_may_call_a_function_is_bound_to_what_is_ours(plain: dict[str, Any]) -> None:
    permissions = _of(plain, "AWS::Lambda::Permission")
    assert len(permissions) >= 5
    for name, said in permissions.items():
        assert said["Principal"].endswith(".amazonaws.com"), name
        assert said["Action"] == "lambda:InvokeFunction", name
        assert said["SourceArn"], name


RETENTION = {"AWS::Logs::LogGroup": "RetentionInDays", "AWS::SQS::Queue": "MessageRetentionPeriod"}


def test_all_that_piles_up_has_an_end(plain: dict[str, Any]) -> None:
    for kind, field in RETENTION.items():
        assert [name for name, said in _of(plain, kind).items() if not said.get(field)] == []
    for name, said in _of(plain, "AWS::S3::Bucket").items():
        assert said["LifecycleConfiguration"]["Rules"], name
    groups = {said["LogGroupName"]["Fn::Sub"] for said in _of(plain, "AWS::Logs::LogGroup").values()}
    assert groups == {f"/aws/lambda/{function_name(name)}" for name in FUNCTIONS}, "no function writes to another"


def test_all_that_takes_tags_is_tagged(plain: dict[str, Any]) -> None:
    assert {r["Type"] for r in plain.values()} <= TAGGED | TAGGED_BY_SAM | NOT_TAGGABLE | WITHOUT
    for name, resource in plain.items():
        if resource["Type"] in TAGGED | TAGGED_BY_SAM:
            assert {"Environment", "Project"} <= {tag["Key"] for tag in resource["Properties"]["Tags"]}, name


def test_no_value_that_is_wanted_is_left_to_be_found(packaged: dict[str, Any]) -> None:
    text = json.dumps(packaged)
    assert not re.search(r"\b\d{12}\b", text.replace("000000000000", ""))
    assert yaml.safe_load(text)["Outputs"]["EndpointURL"]
