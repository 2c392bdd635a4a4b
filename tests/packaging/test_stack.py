"""What a deployment asks CloudFormation, and what a teardown leaves: with a CloudFormation of our own."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib.config import Settings
from deploy.stack import FUNCTION, NEVER_MADE, DeployError, apply, environment, outputs, region_of


class Cloud:
    """A CloudFormation that knows one stack, and remembers what it was asked."""

    def __init__(self, status: str = "", template: str = "") -> None:
        self.status, self.template, self.asked = status, template, list[str]()
        self.parameters: dict[str, str] = {}
        self.outputs = {"Bucket": "b", "WorkgroupArn": "u"}
        self.resources: list[tuple[str, str]] = []

    def describe_stacks(self, **_which: Any) -> dict[str, Any]:
        if not self.status:
            raise refusal("ValidationError", "Stack with id landfall-dev does not exist")
        said = [{"ParameterKey": k, "ParameterValue": v} for k, v in self.parameters.items()]
        found = [{"OutputKey": name, "OutputValue": value} for name, value in self.outputs.items()]
        return {"Stacks": [{"StackStatus": self.status, "Parameters": said, "Outputs": found}]}

    def create_stack(self, **asked: Any) -> None:
        self._take("create", **asked)

    def update_stack(self, **asked: Any) -> None:
        assert self.status != NEVER_MADE, "AWS refuses that"
        if asked["TemplateBody"] == self.template:
            raise refusal("ValidationError", "No updates are to be performed.")
        self._take("update", **asked)

    def delete_stack(self, **_which: Any) -> None:
        self.asked.append("delete")
        self.status = ""

    def get_paginator(self, name: str) -> Cloud:
        assert name == "list_stack_resources"
        return self

    def paginate(self, **_which: Any) -> list[dict[str, Any]]:
        return [
            {"StackResourceSummaries": [{"ResourceType": kind, "PhysicalResourceId": name}]}
            for kind, name in self.resources
        ]

    def get_waiter(self, name: str) -> Cloud:
        return self

    def wait(self, **_asked: Any) -> None:
        """It is made at once."""

    def _take(self, verb: str, **asked: Any) -> None:
        self.asked.append(verb)
        self.status, self.template = "CREATE_COMPLETE", asked["TemplateBody"]
        known = json.loads(asked["TemplateBody"])["Parameters"]
        for said in asked["Parameters"]:
            assert said["ParameterKey"] in known, "AWS refuses that, also with UsePreviousValue"
            if said.get("UsePreviousValue"):
                assert said["ParameterKey"] in self.parameters
            else:
                self.parameters[said["ParameterKey"]] = said["ParameterValue"]


def refusal(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "any")


def test_a_stack_is_made_once_and_then_left_alone() -> None:
    cloud = Cloud()
    assert apply(cloud, "dev", {"SupportEmail": "a@b.example"})
    assert not apply(cloud, "dev", {})
    assert cloud.asked == ["create"]
    assert json.loads(cloud.template)["Parameters"]["Stage"]["Default"] == "dev"


def test_a_parameter_that_is_not_given_again_keeps_its_value() -> None:
    cloud = Cloud()
    apply(cloud, "dev", {"SupportEmail": "a@b.example"})
    cloud.template = "of an older release"
    assert apply(cloud, "dev", {"Database": "sales"})
    assert cloud.parameters == {"SupportEmail": "a@b.example", "Database": "sales"}


def test_a_parameter_that_the_template_has_no_more_is_not_sent() -> None:
    cloud = Cloud(status="CREATE_COMPLETE")
    cloud.parameters = {"OfAnOlderRelease": "x", "Database": "sales"}
    assert apply(cloud, "dev", {})


def test_a_stack_that_has_the_functions_is_not_replaced_by_one_that_has_not() -> None:
    cloud = Cloud(status="CREATE_COMPLETE")
    cloud.resources = [("AWS::S3::Bucket", "b"), (FUNCTION, "landfall-dev")]
    with pytest.raises(DeployError, match="was made by make package or Terraform"):
        apply(cloud, "dev", {})
    assert cloud.asked == []


def test_where_all_goes_has_to_be_said() -> None:
    class Nowhere:
        region_name = None

    with pytest.raises(DeployError, match="export AWS_DEFAULT_REGION"):
        region_of(Nowhere())


def test_what_never_came_to_be_is_deleted_before_another_try() -> None:
    cloud = Cloud(status=NEVER_MADE)
    assert apply(cloud, "dev", {})
    assert cloud.asked == ["delete", "create"]


def test_outputs_are_the_environment_as_far_as_they_are_settings() -> None:
    found = outputs(Cloud(status="CREATE_COMPLETE"), "dev")
    assert environment("dev", found) == {
        "LANDFALL_STAGE": "dev",
        "LANDFALL_S3_WIRING": "chalice",
        "LANDFALL_BUCKET": "b",
    }


def test_without_a_stack_it_is_said_how_to_make_one() -> None:
    with pytest.raises(DeployError, match="make deploy STAGE=dev"):
        outputs(Cloud(), "dev")


def test_a_refusal_of_aws_is_told_with_its_reason() -> None:
    class Refusing(Cloud):
        def create_stack(self, **asked: Any) -> None:
            raise refusal("AccessDenied", "not authorized to perform: cloudformation:CreateStack")

    with pytest.raises(DeployError, match="not authorized"):
        apply(Refusing(), "dev", {})


def test_the_settings_of_a_deployment_are_whole() -> None:
    from deploy.template import infra

    found = environment("dev", dict.fromkeys(infra("dev")["Outputs"], "x"))
    assert Settings.from_env(found).stage == "dev"
