"""The parameters of a deployment: what each changes in template and policies, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from moto import mock_aws

from deploy.limits import bound_roles, limit_usage
from deploy.rules import broken, conditions, defaults, resolved
from deploy.stage import functions, stages, use_of_key
from deploy.template.infra import SMALL_CAPACITY, SMALL_HOURS, infra
from deploy.template.merge import DEPLOY_ONLY, merge, policies
from deploy.up import project
from tests.packaging.policies import VALUES

KEY = "arn:aws:kms:eu-west-1:123456789012:key/k"
BOUNDARY = "arn:aws:iam::123456789012:policy/boundary"
OUTPUTS = {"WarehouseArn": "arn:aws:w", "Database": "dev", "Bucket": "b", "Table": "landfall-dev"}
TEMPLATE = infra("prod")
DEFAULTS = defaults(TEMPLATE)


def test_dev_has_the_smallest_workgroup_and_a_limit_a_day() -> None:
    found = {stage: infra(stage)["Parameters"] for stage in stages()}
    capacity = {stage: parameters["BaseCapacity"]["Default"] for stage, parameters in found.items()}
    hours = {stage: parameters["DailyRpuHours"]["Default"] for stage, parameters in found.items()}
    assert capacity == {"dev": SMALL_CAPACITY, "test": 8, "prod": 8}
    assert hours == {"dev": SMALL_HOURS, "test": 0, "prod": 0}
    assert {parameters["MaxCapacity"]["Default"] for parameters in found.values()} == {32}


def test_a_template_without_chalice_lacks_what_it_cannot_do() -> None:
    template = merge("prod")
    text = json.dumps(template)
    assert set(DEPLOY_ONLY) < set(DEFAULTS)
    assert not set(DEPLOY_ONLY) & set(template["Parameters"])
    assert not [name for name in DEPLOY_ONLY if f'"Ref": "{name}"' in text or f"${{{name}}}" in text]
    assert "MakesBucket" not in text


def test_conditions_give_the_template_that_is_made() -> None:
    subnets = {"SubnetIds": "subnet-a,subnet-b", "KmsKeyArn": KEY}
    held = conditions(TEMPLATE, {**DEFAULTS, **subnets})
    assert {name for name, holds in held.items() if holds} == {
        "HasKey", "HasSubnets", "MakesAlarms", "MakesBucket", "MakesWarehouse", "UsesWorkgroup"
    }  # fmt: skip
    made = resolved(TEMPLATE["Resources"], held)
    assert made["Workgroup"]["Properties"]["SubnetIds"] == {"Ref": "SubnetIds"}
    assert "SecurityGroupIds" not in made["Workgroup"]["Properties"]
    assert "Fn::If" not in json.dumps(made)
    part = {"a": {"Fn::If": ["Unknown", {"Ref": "AWS::NoValue"}, {"Fn::If": ["Known", 1, 2]}]}}
    assert resolved(part, {"Known": False}) == {"a": {"Fn::If": ["Unknown", {"Ref": "AWS::NoValue"}, 2]}}


def test_with_a_key_all_that_holds_data_is_encrypted_by_it() -> None:
    encrypted_by = [
        ("AWS::S3::Bucket", "BucketEncryption"),
        ("AWS::DynamoDB::Table", "SSESpecification"),
        ("AWS::RedshiftServerless::Namespace", "KmsKeyId"),
        ("AWS::SNS::Topic", "KmsMasterKeyId"),
        ("AWS::SQS::Queue", "KmsMasterKeyId"),
        ("AWS::SecretsManager::Secret", "KmsKeyId"),
    ]
    kinds = dict(encrypted_by)
    held = {name: r for name, r in TEMPLATE["Resources"].items() if r["Type"] in kinds and name != "TrailBucket"}
    assert len(held) == 13
    for name, resource in held.items():
        chosen = json.dumps(resource["Properties"][kinds[resource["Type"]]])
        assert '"Fn::If": ["HasKey", ' in chosen, name
        assert '{"Ref": "KmsKeyArn"}' in chosen, name


def _statements(name: str, **outputs: str) -> list[dict[str, Any]]:
    return list(project("dev", {**OUTPUTS, **outputs}, VALUES, "x86_64").policies[name]["Statement"])


@pytest.mark.parametrize("name", sorted(functions("dev")))
def test_a_function_may_use_the_key_only_if_one_is_given(name: str) -> None:
    assert "kms:" not in json.dumps(_statements(name))
    (use,) = [s for s in _statements(name, KmsKeyArn=KEY) if s["Sid"] == "UseTheKey"]
    assert (use["Effect"], use["Resource"]) == ("Allow", [KEY])
    writes = name != "authorize"
    assert use["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"][: 1 + writes]
    chosen = policies("prod")[name]["Statement"][-1]["Fn::If"]
    assert chosen == ["HasKey", {**use, "Resource": [{"Ref": "KmsKeyArn"}]}, {"Ref": "AWS::NoValue"}]


def test_a_denied_write_takes_no_data_key() -> None:
    denied = {"Statement": [{"Effect": "Deny", "Action": ["s3:PutObject"]}]}
    assert use_of_key(denied, KEY)["Action"] == ["kms:Decrypt"]


def test_policies_name_a_bucket_of_ones_own() -> None:
    text = json.dumps(_statements("advance_run", Bucket="own"))
    assert "arn:aws:s3:::own/archive/*" in text
    assert "landfall-dev-123456789012" not in text


def test_every_role_is_under_the_boundary() -> None:
    packaged = [r["Properties"] for r in merge("prod")["Resources"].values() if "RoleName" in r.get("Properties", {})]
    assert len(packaged) == len(functions("prod")) + 1
    for role in packaged:
        assert role["PermissionsBoundary"]["Fn::If"][:2] == ["HasBoundary", {"Ref": "PermissionsBoundary"}]


@mock_aws
def test_chalice_finds_its_roles_under_the_boundary(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    iam = boto3.client("iam", region_name="eu-west-1")
    document = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    made = [iam.create_policy(PolicyName=name, PolicyDocument=document)["Policy"]["Arn"] for name in ("one", "two")]
    bound_roles(iam, "dev", "")
    assert iam.list_roles()["Roles"] == []
    for boundary in made:
        bound_roles(iam, "dev", boundary)
        roles = {r["RoleName"]: iam.get_role(RoleName=r["RoleName"])["Role"] for r in iam.list_roles()["Roles"]}
        assert set(roles) == {f"landfall-dev-{name}" for name in functions("dev")}
        assert {r["PermissionsBoundary"]["PermissionsBoundaryArn"] for r in roles.values()} == {boundary}
        assert {
            s["Principal"]["Service"] for r in roles.values() for s in r["AssumeRolePolicyDocument"]["Statement"]
        } == {"lambda.amazonaws.com"}


class Serverless:
    """The usage limits of one workgroup."""

    def __init__(self) -> None:
        self.limits: list[dict[str, Any]] = []

    def list_usage_limits(self, **_request: str) -> dict[str, Any]:
        return {"usageLimits": self.limits}

    def create_usage_limit(self, **request: Any) -> None:
        self.limits.append({**request, "usageLimitId": str(len(self.limits))})

    def update_usage_limit(self, **request: Any) -> None:
        self.limits[int(request["usageLimitId"])] |= request


def test_the_limit_a_day_is_made_once_and_changed() -> None:
    serverless = Serverless()
    for hours in (24, 24, 48):
        assert f"after {hours} RPU-hours a day" in limit_usage(serverless, "arn", hours)
    (limit,) = serverless.limits
    assert (limit["amount"], limit["breachAction"], limit["resourceArn"]) == (48, "deactivate", "arn")


def test_a_limit_that_is_no_longer_wanted_stays_and_is_named() -> None:
    serverless = Serverless()
    assert limit_usage(serverless, "arn", 0) == ""
    serverless.limits = [
        {"period": "monthly", "breachAction": "deactivate", "amount": 5, "usageLimitId": "theirs"},
        {"period": "daily", "breachAction": "deactivate", "amount": 24, "usageLimitId": "1"},
    ]
    line = limit_usage(serverless, "arn", 0)
    assert "keeps its limit of 24" in line
    assert "delete-usage-limit --usage-limit-id 1`" in line
    assert "theirs" not in line


def test_defaults_are_allowed_and_every_number_is_bounded() -> None:
    assert broken(TEMPLATE, DEFAULTS) == []
    for name, parameter in TEMPLATE["Parameters"].items():
        assert parameter["Type"] != "Number" or {"MinValue", "MaxValue"} <= set(parameter), name


@pytest.mark.parametrize(
    ("given", "reported"),
    [
        ({"KeepProcessedDays": "30"}, "it must be a whole number from 31"),
        ({"BaseCapacity": "many"}, "BaseCapacity is many: it must be a whole number"),
        ({"CreateAlarms": "no"}, "it must be true or false"),
        ({"KmsKeyArn": "alias/mine"}, "KmsKeyArn is alias/mine: it must match"),
        ({"PermissionsBoundary": "boundary"}, "must match"),
        ({"BucketName": "Mine"}, "must match"),
        ({"WorkgroupName": "mine"}, "Give CreateWarehouse=false, too"),
        ({"ClusterIdentifier": "mine"}, "Give CreateWarehouse=false, too"),
        ({"CreateWarehouse": "false"}, "must name the warehouse"),
        (
            {"CreateWarehouse": "false", "ClusterIdentifier": "a", "WorkgroupName": "b"},
            "Give a WorkgroupName or a ClusterIdentifier, not both",
        ),
    ],
)
def test_what_is_not_allowed_is_refused(given: dict[str, str], reported: str) -> None:
    assert reported in " ".join(broken(TEMPLATE, {**DEFAULTS, **given}))
