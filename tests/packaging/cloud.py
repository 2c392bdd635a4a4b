"""A CloudFormation in memory, and how AWS refuses."""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import ClientError

from deploy.stack import NEVER_MADE


class Cloud:
    """A CloudFormation that knows one stack, and remembers what it was asked."""

    def __init__(self, status: str = "", template: str = "") -> None:
        self.status, self.template, self.requests = status, template, list[str]()
        self.parameters: dict[str, str] = {}
        self.outputs = {"Bucket": "b", "WarehouseArn": "u", "Database": "dev"}
        self.resources: list[tuple[str, str]] = []

    def describe_stacks(self, **_which: Any) -> dict[str, Any]:
        if not self.status:
            raise refusal("ValidationError", "Stack with id landfall-dev does not exist")
        said = [{"ParameterKey": k, "ParameterValue": v} for k, v in self.parameters.items()]
        found = [{"OutputKey": name, "OutputValue": value} for name, value in self.outputs.items()]
        return {"Stacks": [{"StackStatus": self.status, "Parameters": said, "Outputs": found}]}

    def create_stack(self, **request: Any) -> None:
        self._take("create", **request)

    def update_stack(self, **request: Any) -> None:
        assert self.status != NEVER_MADE, "AWS refuses that"
        if request["TemplateBody"] == self.template:
            raise refusal("ValidationError", "No updates are to be performed.")
        self._take("update", **request)

    def delete_stack(self, **_which: Any) -> None:
        self.requests.append("delete")
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

    def wait(self, **_request: Any) -> None:
        """It is made at once."""

    def _take(self, verb: str, **request: Any) -> None:
        self.requests.append(verb)
        self.status, self.template = "CREATE_COMPLETE", request["TemplateBody"]
        known = json.loads(request["TemplateBody"])["Parameters"]
        for said in request["Parameters"]:
            assert said["ParameterKey"] in known, "AWS refuses that, also with UsePreviousValue"
            if said.get("UsePreviousValue"):
                assert said["ParameterKey"] in self.parameters
            else:
                self.parameters[said["ParameterKey"]] = said["ParameterValue"]


def refusal(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "any")
