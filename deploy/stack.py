"""Makes, changes, deletes and reads the stack landfall-<stage>."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError, WaiterError

from deploy.metrics.check import refused
from deploy.stage import SETTINGS
from deploy.template.infra import PROJECT, infra, tags
from landfall.remote.deployment import REGION, described_stack, outputs_of

Put = Callable[[str], str]
"""Uploads a template and returns its URL."""
LARGEST_BODY = 51_200
"""Bytes of a template that CloudFormation takes in a call. JSON is in ASCII, so bytes are characters."""
NOTHING_TO_DO = "No updates are to be performed"
NEVER_MADE = "ROLLBACK_COMPLETE"
"""State of a stack whose first try failed. It is empty, but must be deleted before another try."""
FUNCTION = "AWS::Lambda::Function"
STAGE = "Stage"
"""The one parameter that the operator cannot give: names contain it."""


class DeployError(Exception):
    """The deployment cannot go on; the message has the reason."""


def name_of(stage: str) -> str:
    """Return the stack's name."""
    return f"{PROJECT}-{stage}"


def region_of(session: Any) -> str:
    """Return the region of the stack and of Chalice's resources. Raises DeployError if none is set."""
    if not session.region_name:
        raise DeployError(f"no region is set: {REGION}")
    return str(session.region_name)


def placeholders(session: Any, stage: str) -> dict[str, str]:
    """Return the values of the placeholders in policies and names, without those that are outputs of the stack."""
    who = session.client("sts").get_caller_identity()
    partition = who["Arn"].split(":")[1]
    return {
        "AWS::Partition": partition,
        "AWS::Region": session.region_name,
        "AWS::AccountId": who["Account"],
        "Stage": stage,
    }


def takes(stage: str) -> list[str]:
    """Return the names of the parameters that the operator can give."""
    return sorted(set(infra(stage)["Parameters"]) - {STAGE})


def body(template: Mapping[str, Any], put: Put, largest: int = LARGEST_BODY) -> dict[str, str]:
    """Return the argument that has the template: itself or, if it is too large, the URL that `put` gives."""
    text = json.dumps(template, separators=(",", ":"))
    return {"TemplateBody": text} if len(text) <= largest else {"TemplateURL": put(text)}


def apply(cloudformation: Any, stage: str, parameters: Mapping[str, str], put: Put) -> bool:
    """Apply the template to the stack. Return whether that changed it. Raises DeployError.

    A parameter that is not given keeps its value. `put` uploads a template that is too large for a call.
    """
    now = described_stack(cloudformation, stage)
    if now and now["StackStatus"] == NEVER_MADE:
        remove(cloudformation, stage)
        now = None
    if now:
        require_separate_functions(cloudformation, stage)
    template = checked(infra(stage))
    request = {
        "StackName": name_of(stage),
        **body(template, put),
        "Parameters": _parameters(set(template["Parameters"]), parameters, now or {}),
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
        "Tags": tags(stage),
    }
    verb = "create" if now is None else "update"
    try:
        getattr(cloudformation, f"{verb}_stack")(**request)
    except ClientError as error:
        if NOTHING_TO_DO in str(error):
            return False
        raise DeployError(f"the stack {name_of(stage)}: {error}") from error
    _wait(cloudformation, stage, verb)
    return True


def checked(template: dict[str, Any]) -> dict[str, Any]:
    """Return the template if CloudWatch takes its metric math: else all is rolled back. Raises DeployError."""
    if faults := refused(template):
        raise DeployError("CloudWatch would refuse, and all would be rolled back:\n" + "\n".join(faults))
    return template


def require_separate_functions(cloudformation: Any, stage: str) -> None:
    """Raise DeployError unless there is a stack, and functions and API are not part of it."""
    outputs(cloudformation, stage)
    if has_functions(resources(cloudformation, stage)):
        raise DeployError(
            f"the stack {name_of(stage)} was made by make package, Terraform or CDK, and has functions and API, too: "
            "a deployment would delete those. Change it the way it was made; docs/operate/deploy.md"
        )


def _parameters(known: set[str], given: Mapping[str, str], now: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the given parameters, and the stack's values of the others that the template still has."""
    kept = {p["ParameterKey"] for p in now.get("Parameters", [])} & known
    changed: list[dict[str, Any]] = [{"ParameterKey": name, "ParameterValue": value} for name, value in given.items()]
    return changed + [{"ParameterKey": name, "UsePreviousValue": True} for name in sorted(kept - set(given))]


def resources(cloudformation: Any, stage: str) -> list[tuple[str, str]]:
    """Return kind and physical id of each resource of the stack."""
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=name_of(stage))
    listed = [r for page in pages for r in page["StackResourceSummaries"]]
    return [(r["ResourceType"], r["PhysicalResourceId"]) for r in listed if r.get("PhysicalResourceId")]


def has_functions(listed: Sequence[tuple[str, str]]) -> bool:
    """Return whether a stack with these was made by `make package`: `make deploy` leaves functions to Chalice."""
    return any(kind == FUNCTION for kind, _ in listed)


def outputs(cloudformation: Any, stage: str) -> dict[str, str]:
    """Return the stack's outputs by name. Raises DeployError if there is no stack."""
    if (stack := described_stack(cloudformation, stage)) is None:
        raise DeployError(f"stage {stage} has no infrastructure yet; make it by: make infrastructure STAGE={stage}")
    return outputs_of(stack)


def environment(stage: str, found: Mapping[str, str]) -> dict[str, str]:
    """Return the functions' variables: the outputs that are settings."""
    settings = {SETTINGS[name]: value for name, value in found.items() if name in SETTINGS}
    return {"LANDFALL_STAGE": stage, **settings}


def remove(cloudformation: Any, stage: str) -> None:
    """Delete the stack. Resources that hold data stay behind. Raises DeployError."""
    cloudformation.delete_stack(StackName=name_of(stage))
    _wait(cloudformation, stage, "delete")


def _wait(cloudformation: Any, stage: str, verb: str) -> None:
    try:
        cloudformation.get_waiter(f"stack_{verb}_complete").wait(
            StackName=name_of(stage), WaiterConfig={"Delay": 5, "MaxAttempts": 720}
        )
    except WaiterError as error:
        raise DeployError(f"the stack {name_of(stage)}: {_reasons(cloudformation, stage) or error}") from error


def _reasons(cloudformation: Any, stage: str) -> str:
    events = cloudformation.describe_stack_events(StackName=name_of(stage))["StackEvents"]
    failed = [e for e in events if e["ResourceStatus"].endswith("FAILED")]
    return "; ".join(f"{e['LogicalResourceId']}: {e.get('ResourceStatusReason', '')}" for e in failed[:5])
