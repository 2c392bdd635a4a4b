"""The stack landfall-<stage>: made, changed, or left as it is; and what it tells of itself."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError, WaiterError

from deploy.stage import SETTINGS
from deploy.template import PROJECT, infra, tags
from landfall.deployment import REGION

NOTHING_TO_DO = "No updates are to be performed"
NEVER_MADE = "ROLLBACK_COMPLETE"
"""State of a stack whose first try failed: nothing of it is there, but it has to be deleted before another try."""
ABSENT = "does not exist"
FUNCTION = "AWS::Lambda::Function"
STAGE = "Stage"
"""The one parameter that is not the user's to give: names have it."""


class DeployError(Exception):
    """A deployment that cannot go on; the message says why."""


def name_of(stage: str) -> str:
    """The stack's name."""
    return f"{PROJECT}-{stage}"


def region_of(session: Any) -> str:
    """Where all of it goes: the stack, and what Chalice makes. Raises DeployError if nobody has said."""
    if not session.region_name:
        raise DeployError(f"no region is set: {REGION}")
    return str(session.region_name)


def placeholders(session: Any, stage: str) -> dict[str, str]:
    """What policies and names have placeholders for, as far as no output of the stack says it."""
    who = session.client("sts").get_caller_identity()
    partition = who["Arn"].split(":")[1]
    return {
        "AWS::Partition": partition,
        "AWS::Region": session.region_name,
        "AWS::AccountId": who["Account"],
        "Stage": stage,
    }


def takes(stage: str) -> list[str]:
    """The names of the parameters that are the user's to give."""
    return sorted(set(infra(stage)["Parameters"]) - {STAGE})


def apply(cloudformation: Any, stage: str, parameters: Mapping[str, str]) -> bool:
    """Make the stack what the template says. Returns whether that changed it. Raises DeployError.

    A parameter that is not given keeps the value it has.
    """
    now = described(cloudformation, stage)
    if now and now["StackStatus"] == NEVER_MADE:
        remove(cloudformation, stage)
        now = None
    if now and has_functions(resources(cloudformation, stage)):
        raise DeployError(
            f"the stack {name_of(stage)} was made by make package or Terraform, and has functions and API, too: "
            "make deploy would delete those. Change it the way it was made; docs/operate/deploy.md"
        )
    template = infra(stage)
    asked = {
        "StackName": name_of(stage),
        "TemplateBody": json.dumps(template, separators=(",", ":")),
        "Parameters": _parameters(set(template["Parameters"]), parameters, now or {}),
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
        "Tags": tags(stage),
    }
    verb = "create" if now is None else "update"
    try:
        getattr(cloudformation, f"{verb}_stack")(**asked)
    except ClientError as error:
        if NOTHING_TO_DO in str(error):
            return False
        raise DeployError(f"the stack {name_of(stage)}: {error}") from error
    _wait(cloudformation, stage, verb)
    return True


def _parameters(known: set[str], given: Mapping[str, str], now: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Those that are given, and of the others what the stack has, unless the template has it no more."""
    kept = {p["ParameterKey"] for p in now.get("Parameters", [])} & known
    said: list[dict[str, Any]] = [{"ParameterKey": name, "ParameterValue": value} for name, value in given.items()]
    return said + [{"ParameterKey": name, "UsePreviousValue": True} for name in sorted(kept - set(given))]


def resources(cloudformation: Any, stage: str) -> list[tuple[str, str]]:
    """Kind and physical id of each resource of the stack."""
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=name_of(stage))
    listed = [r for page in pages for r in page["StackResourceSummaries"]]
    return [(r["ResourceType"], r["PhysicalResourceId"]) for r in listed if r.get("PhysicalResourceId")]


def has_functions(listed: Sequence[tuple[str, str]]) -> bool:
    """Whether a stack with these is one of `make package`; that of `make deploy` leaves functions to Chalice."""
    return any(kind == FUNCTION for kind, _ in listed)


def described(cloudformation: Any, stage: str) -> dict[str, Any] | None:
    """The stack as AWS has it; None if there is none."""
    try:
        return dict(cloudformation.describe_stacks(StackName=name_of(stage))["Stacks"][0])
    except ClientError as error:
        if ABSENT in str(error):
            return None
        raise


def outputs(cloudformation: Any, stage: str) -> dict[str, str]:
    """What the stack made, by name. Raises DeployError if there is no stack."""
    if (stack := described(cloudformation, stage)) is None:
        raise DeployError(f"there is no stack {name_of(stage)}: make deploy STAGE={stage}")
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def environment(stage: str, found: Mapping[str, str]) -> dict[str, str]:
    """The functions' variables: the outputs that are settings."""
    said = {SETTINGS[name]: value for name, value in found.items() if name in SETTINGS}
    return {"LANDFALL_STAGE": stage, "LANDFALL_S3_WIRING": "chalice", **said}


def remove(cloudformation: Any, stage: str) -> None:
    """Delete the stack; what holds data stays behind. Raises DeployError."""
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
