"""A stack that has what the template of `make package` has, with the functions' zip as an asset."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk.aws_s3_assets import Asset
from aws_cdk.cloudformation_include import CfnInclude
from constructs import Construct

from landfall_cdk.parameters import Parameters

CODE = "./deployment.zip"
"""How the template names the zip beside it."""
AS_TEXT = "give it as a text, or look it up (from_lookup)"
VALIDATION = "CloudFormation-Validate"
FUNCTION = "AWS::Serverless::Function"
EMPTY_DEFAULT = "a parameter whose default is empty: a condition leaves out what it is for"
ACKNOWLEDGED = {
    "F3017": EMPTY_DEFAULT,
    "F3031": EMPTY_DEFAULT,
    "F3033": EMPTY_DEFAULT,
    "E1150": EMPTY_DEFAULT,
    "W1001": "the same condition leaves out the resource and the output's reference to it",
    "W1028": "a condition on a given parameter is always true or always false",
    "W8003": "a condition on a given parameter compares two texts",
}
"""Findings of CDK's validation that are none, each with the reason. It reads no conditions."""


class Landfall(cdk.Stack):
    """The stack `landfall-<stage>`. `landfall migrate` and the other commands find it by this name."""

    def __init__(
        self, scope: Construct, stage: str, *, package: Path, parameters: Parameters | None = None, **stack: Any
    ) -> None:
        """`package` is the folder that `make package STAGE=<stage>` has made. Raises ValueError if it is of another.

        Raises ValueError for a parameter that the template refuses. `stack` has what a Stack of CDK takes, such as
        `env` and `tags`.
        """
        tags = {**stack.pop("tags", {}), "Environment": stage, "Project": "landfall"}
        super().__init__(scope, f"landfall-{stage}", stack_name=f"landfall-{stage}", tags=tags, **stack)
        template = json.loads((package / "template.json").read_text())
        if (packaged := template["Parameters"]["Stage"]["Default"]) != stage:
            raise ValueError(f"{package} is of stage {packaged}: make package STAGE={stage}")
        given = _checked(parameters or Parameters(), template["Parameters"])
        for rule, reason in ACKNOWLEDGED.items():
            cdk.Validations.of(self).acknowledge(cdk.Acknowledgment(id=f"{VALIDATION}::{rule}", reason=reason))
        self.template = CfnInclude(
            self, "Template", template_file=str(package / "template.json"), parameters=given.given()
        )
        self._types = {name: resource["Type"] for name, resource in template["Resources"].items()}
        self._upload(package)

    def resource(self, name: str) -> cdk.CfnResource:
        """Return a resource by its logical id in the template. Its `ref` and `get_att` may be used in other stacks.

        The template's outputs may not: CDK exports a `${Stage}` in them as a text.
        """
        return self.template.get_resource(name)

    @property
    def api_url(self) -> str:
        """The address of the REST API, without a slash at its end: the value of LANDFALL_API_URL."""
        return f"https://{self.resource('RestAPI').ref}.execute-api.{self.region}.{self.url_suffix}/api"

    @property
    def bucket(self) -> str:
        """The name of the bucket that files land in."""
        return str(self.resource("LandingBucket").ref)

    @property
    def success_topic(self) -> str:
        """The ARN of the topic of loaded files."""
        return str(self.resource("SuccessTopic").ref)

    @property
    def failure_topic(self) -> str:
        """The ARN of the topic of failures and alarms."""
        return str(self.resource("FailureTopic").ref)

    @property
    def state_machine(self) -> str | None:
        """The ARN of the state machine, or None if the stage has none."""
        return str(self.resource("StateMachine").ref) if "StateMachine" in self._types else None

    @property
    def dashboard_url(self) -> str:
        """The address of the dashboard in CloudWatch's console."""
        console = f"https://{self.region}.console.aws.amazon.com/cloudwatch/home"
        return f"{console}?region={self.region}#dashboards:name={self.stack_name}"

    def _upload(self, package: Path) -> None:
        """Let the functions have the zip. CDK gives it a key by its content, so that a new zip updates them."""
        code = Asset(self, "Code", path=str(package / CODE))
        location = {"Bucket": code.s3_bucket_name, "Key": code.s3_object_key}
        for name in (name for name, kind in self._types.items() if kind == FUNCTION):
            self.resource(name).add_property_override("CodeUri", location)


def _checked(parameters: Parameters, declared: Mapping[str, Mapping[str, Any]]) -> Parameters:
    """Return the parameters if the template takes them. Raises ValueError, with all faults."""
    late = [name for name, value in parameters.values().items() if _is_late(value)]
    faults = [
        f"{name} is known only when its stack is deployed, but the template decides by it: {AS_TEXT}" for name in late
    ]
    if faults := faults or parameters.refused(declared):
        raise ValueError("\n".join(faults))
    return parameters


def _is_late(value: Any) -> bool:
    """Whether CDK has a token in place of the value or of one in a list. Conditions cannot refer to other stacks."""
    one_by_one = list(value) if isinstance(value, Sequence) and not isinstance(value, str) else []
    return any(cdk.Token.is_unresolved(one) for one in [value, *one_by_one])
