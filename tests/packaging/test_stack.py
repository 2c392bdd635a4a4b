"""What a deployment asks CloudFormation, and what a teardown leaves: with a CloudFormation of our own."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from moto import mock_aws

from chalicelib.config import Settings
from deploy.artifacts import Artifacts
from deploy.stack import FUNCTION, NEVER_MADE, DeployError, apply, body, environment, outputs, region_of
from tests.packaging.cloud import Cloud, refusal


def unused(_template: str) -> str:
    raise AssertionError("the template fits into a call")


def test_a_stack_is_made_once_and_then_left_alone() -> None:
    cloud = Cloud()
    assert apply(cloud, "dev", {"SupportEmail": "a@b.example"}, unused)
    assert not apply(cloud, "dev", {}, unused)
    assert cloud.requests == ["create"]
    assert json.loads(cloud.template)["Parameters"]["Stage"]["Default"] == "dev"


def test_a_parameter_that_is_not_given_again_keeps_its_value() -> None:
    cloud = Cloud()
    apply(cloud, "dev", {"SupportEmail": "a@b.example"}, unused)
    cloud.template = "of an older release"
    assert apply(cloud, "dev", {"Database": "sales"}, unused)
    assert cloud.parameters == {"SupportEmail": "a@b.example", "Database": "sales"}


def test_a_parameter_that_the_template_has_no_more_is_not_sent() -> None:
    cloud = Cloud(status="CREATE_COMPLETE")
    cloud.parameters = {"OfAnOlderRelease": "x", "Database": "sales"}
    assert apply(cloud, "dev", {}, unused)


def test_a_stack_with_functions_is_not_replaced_by_one_without() -> None:
    cloud = Cloud(status="CREATE_COMPLETE")
    cloud.resources = [("AWS::S3::Bucket", "b"), (FUNCTION, "landfall-dev")]
    with pytest.raises(DeployError, match="was made by make package, Terraform or CDK"):
        apply(cloud, "dev", {}, unused)
    assert cloud.requests == []


def test_without_a_region_the_fix_is_named() -> None:
    class Nowhere:
        region_name = None

    with pytest.raises(DeployError, match="export AWS_DEFAULT_REGION"):
        region_of(Nowhere())


def test_what_never_came_to_be_is_deleted_before_another_try() -> None:
    cloud = Cloud(status=NEVER_MADE)
    assert apply(cloud, "dev", {}, unused)
    assert cloud.requests == ["delete", "create"]


def test_outputs_are_the_environment_as_far_as_they_are_settings() -> None:
    found = outputs(Cloud(status="CREATE_COMPLETE"), "dev")
    assert environment("dev", found) == {
        "LANDFALL_STAGE": "dev",
        "LANDFALL_BUCKET": "b",
        "LANDFALL_DATABASE": "dev",
    }


def test_without_a_stack_the_way_to_make_one_is_reported() -> None:
    with pytest.raises(DeployError, match="make infrastructure STAGE=dev"):
        outputs(Cloud(), "dev")


def test_a_refusal_of_aws_is_reported_with_its_reason() -> None:
    class Refusing(Cloud):
        def create_stack(self, **request: Any) -> None:
            raise refusal("AccessDenied", "not authorized to perform: cloudformation:CreateStack")

    with pytest.raises(DeployError, match="not authorized"):
        apply(Refusing(), "dev", {}, unused)


def test_the_settings_of_a_deployment_are_whole() -> None:
    from deploy.template.infra import infra

    found = environment("dev", dict.fromkeys(infra("dev")["Outputs"], "x"))
    assert Settings.from_env(found).stage == "dev"


@mock_aws
def test_a_template_too_large_for_a_call_goes_by_s3(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    s3 = boto3.client("s3", region_name="eu-west-1")
    s3.create_bucket(Bucket="mine", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    template = {"Resources": {}}
    fits = len(json.dumps(template, separators=(",", ":")))
    assert body(template, unused, largest=fits) == {"TemplateBody": '{"Resources":{}}'}
    url = body(template, Artifacts(s3=s3, bucket="mine").put, largest=fits - 1)["TemplateURL"]
    start, _, key = url.partition("/mine/")
    assert start.startswith("https://s3.")
    assert json.load(s3.get_object(Bucket="mine", Key=key)["Body"]) == template


def test_without_a_bucket_a_large_template_is_refused() -> None:
    with pytest.raises(DeployError, match=r"takes 51,200: name a bucket .*--artifacts-bucket NAME"):
        body({"Description": "x" * 51_200}, Artifacts(s3=None, bucket="").put)
