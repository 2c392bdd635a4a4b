"""A stack that has what the template of `make package` has, with the functions' zip as an asset."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk.aws_s3_assets import Asset
from aws_cdk.cloudformation_include import CfnInclude
from constructs import Construct

from landfall_cdk.parameters import Parameters

CODE = "./deployment.zip"
"""How the template names the zip beside it."""
FUNCTION = "AWS::Serverless::Function"
DEFAULTS_OF_PARAMETERS = ("CloudFormation-Validate::F3033", "CloudFormation-Validate::E1150")
"""Warnings of CDK about parameters whose default is empty: a condition leaves out what they are for."""


class Landfall(cdk.Stack):
    """The stack `landfall-<stage>`. `landfall migrate` and the other commands find it by this name."""

    def __init__(
        self, scope: Construct, stage: str, *, package: Path, parameters: Parameters | None = None, **stack: Any
    ) -> None:
        """`package` is the folder that `make package STAGE=<stage>` has made. Raises ValueError if it is of another.

        `stack` has what a Stack of CDK takes, such as `env` and `tags`.
        """
        tags = {"Environment": stage, "Project": "landfall", **stack.pop("tags", {})}
        super().__init__(scope, f"landfall-{stage}", stack_name=f"landfall-{stage}", tags=tags, **stack)
        template = json.loads((package / "template.json").read_text())
        if (packaged := template["Parameters"]["Stage"]["Default"]) != stage:
            raise ValueError(f"{package} is of stage {packaged}: make package STAGE={stage}")
        for warning in DEFAULTS_OF_PARAMETERS:
            cdk.Annotations.of(self).acknowledge_warning(warning)
        self.template = CfnInclude(
            self,
            "Template",
            template_file=str(package / "template.json"),
            parameters=(parameters or Parameters()).given(),
        )
        self._upload(package, [name for name, one in template["Resources"].items() if one["Type"] == FUNCTION])

    def resource(self, name: str) -> cdk.CfnResource:
        """Return a resource by its logical id in the template. Its `ref` and `get_att` may be used in other stacks.

        The template's outputs may not: CDK exports a `${Stage}` in them as a text.
        """
        return self.template.get_resource(name)

    @property
    def api_url(self) -> str:
        """The address of the REST API."""
        return f"https://{self.resource('RestAPI').ref}.execute-api.{self.region}.{self.url_suffix}/api/"

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

    def _upload(self, package: Path, functions: list[str]) -> None:
        """Let the functions have the zip. CDK gives it a key by its content, so that a new zip updates them."""
        code = Asset(self, "Code", path=str(package / CODE))
        for name in functions:
            location = {"Bucket": code.s3_bucket_name, "Key": code.s3_object_key}
            self.template.get_resource(name).add_property_override("CodeUri", location)
