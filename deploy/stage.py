"""What .chalice/config.json and the policies beside it say of a stage, as `chalice deploy` or CloudFormation take it.

Policies are written as CloudFormation's Fn::Sub has it: `${Stage}`, `${AWS::Region}`, and `${!aws:userid}` for what is
IAM's own. A template gets them as Fn::Sub; for `chalice deploy`, which knows no placeholders, they are filled in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from chalicelib.config import Settings

ROOT = Path(__file__).resolve().parent.parent
CHALICE = ROOT / ".chalice"
PLACEHOLDER = re.compile(r"\$\{(!?)([\w:]+)\}")
SETTINGS = {"".join(word.title() for word in f.name.split("_")): f"LANDFALL_{f.name.upper()}" for f in fields(Settings)}
"""Outputs of the stack that are settings of the app, and the variables that hold them."""
API = "api_handler"
INTERFACES = (
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
)
"""What AWS's own AWSLambdaVPCAccessExecutionRole allows besides logs."""


def config(root: Path = CHALICE) -> dict[str, Any]:
    """.chalice/config.json."""
    return dict(json.loads((root / "config.json").read_text()))


def stages() -> list[str]:
    """Those that go to AWS."""
    return [name for name in config()["stages"] if name != "local"]


def functions(stage: str) -> dict[str, dict[str, Any]]:
    """Each function of the stage with its memory, timeout, policy file and reserved concurrency."""
    return dict(config()["stages"][stage]["lambda_functions"])


def function_name(name: str) -> str:
    """As `chalice deploy` calls it, and the template too: alarms and documents have one name for it."""
    return "landfall-${Stage}" + ("" if name == API else f"-{name}")


def policy(name: str) -> dict[str, Any]:
    """The policy of a function, as it is written."""
    return dict(json.loads((CHALICE / f"policy-{name}.json").read_text()))


def granted(name: str, stage: Mapping[str, Any]) -> dict[str, Any]:
    """The policy of a function in a stage, by what the configuration says of it.

    In a VPC Lambda makes network interfaces by the function's role, before and after it runs; the function may not.
    """
    said = policy(name)
    if stage.get("subnet_ids"):
        function = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:" + function_name(name)
        never = {"ArnEquals": {"lambda:SourceFunctionArn": [function]}}
        listed = {"Action": list(INTERFACES), "Resource": ["*"]}
        said["Statement"] += [
            {"Sid": "LetLambdaReachTheVpcWhichHasNoResourceLevel", "Effect": "Allow", **listed},
            {"Sid": "ButNotTheFunctionItself", "Effect": "Deny", **listed, "Condition": never},
        ]
    return said


def for_template(document: Any, known: Mapping[str, Any]) -> Any:
    """With Fn::Sub where there are placeholders; `known` has expressions for those that are no parameter."""
    if isinstance(document, dict):
        return {key: for_template(value, known) for key, value in document.items()}
    if isinstance(document, list):
        return [for_template(value, known) for value in document]
    if not isinstance(document, str) or not PLACEHOLDER.search(document):
        return document
    if (whole := PLACEHOLDER.fullmatch(document)) and whole[2] in known:
        return known[whole[2]]
    used = {name: known[name] for _, name in PLACEHOLDER.findall(document) if name in known}
    return {"Fn::Sub": [document, used] if used else document}


def filled(document: Any, values: Mapping[str, str]) -> Any:
    """With values for placeholders. Raises KeyError for one that is not known."""
    text = json.dumps(document)
    return json.loads(PLACEHOLDER.sub(lambda m: f"${{{m[2]}}}" if m[1] else values[m[2]], text))
