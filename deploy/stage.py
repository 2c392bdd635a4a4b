"""Reads a stage's configuration and policies from .chalice/, in the form of `chalice deploy` or CloudFormation.

Policies have placeholders as in CloudFormation's Fn::Sub: `${Stage}`, `${AWS::Region}`, and `${!aws:userid}` for IAM's
own variables. A template gets them as Fn::Sub. `chalice deploy` has no placeholders, so they are filled in for it.
"""

from __future__ import annotations

import json
import re
from argparse import ArgumentTypeError
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from chalicelib.config import Settings
from deploy.machine import has_machine, rights_of_executions
from landfall.choices import chooses_rule

ROOT = Path(__file__).resolve().parent.parent
CHALICE = ROOT / ".chalice"
PLACEHOLDER = re.compile(r"\$\{(!?)([\w:]+)\}")
SETTINGS = {"".join(word.title() for word in f.name.split("_")): f"LANDFALL_{f.name.upper()}" for f in fields(Settings)}
"""Outputs of the stack that are settings of the app, and the variables that hold them."""
API = "api_handler"
SOURCES = "read_source"
"""The function that reads sources."""
RECORDS = "deployed/"
"""Folder of the landing bucket with Chalice's record of the stage."""
USUAL, LOCAL = "dev", "local"
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
LONGEST = 20
"""Characters of a stage's name: the name of the trail's bucket contains it, the account and the region."""
TAKEN = frozenset({"authorize", "copy", "trail"})
"""Endings that would give a stage a name that another stage's function, role or bucket has."""
BUCKET = "landfall-${Stage}-${AWS::AccountId}-${AWS::Region}"
"""Name of the landing bucket in policies; a bucket of the operator's own stands in its place."""
WORKGROUP_LOGIN, CLUSTER_LOGIN = "LogInToTheWorkgroup", "LogInToTheCluster"
"""Statements of which a deployment has one."""
LOADING = "advance_run"
"""The function that calls the warehouse."""
LOOPING = ("advance_run", "stage_chunk", "read_source")
"""Functions that send messages to each other, or to themselves, until all is done. Lambda's recursion guard would drop
the 17th one."""
LANDING = "${Landing}"
"""Placeholder of each folder in which files land."""
LISTED = ("Resource", "NotResource")
ENCRYPTING = {"s3:PutObject", "sns:Publish", "sqs:SendMessage"}
"""Actions that encrypt what they write by a data key of its own."""
INTERFACES = (
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
)
"""Actions that AWS's own AWSLambdaVPCAccessExecutionRole allows besides logs."""


def config(root: Path = CHALICE) -> dict[str, Any]:
    """Read .chalice/config.json."""
    return dict(json.loads((root / "config.json").read_text()))


def settings(stage: str) -> dict[str, Any]:
    """Return the configuration of a stage: its own, or that of dev if it has none."""
    found = dict(config()["stages"][configured(stage)])
    found["tags"] = {**found["tags"], "Environment": stage}
    found["environment_variables"] = {**found["environment_variables"], "LANDFALL_STAGE": stage}
    return found


def configured(stage: str) -> str:
    """Return the stage in .chalice/config.json whose configuration a stage has."""
    return stage if stage in stages() else USUAL


def stage_name(text: str) -> str:
    """Return the name of a stage. Raises ArgumentTypeError if names that contain it would be invalid or taken.

    Also if its configuration names no orchestrator, or no way of arrival: whatever acts on a stage begins here.
    """
    if len(text) > LONGEST:
        raise ArgumentTypeError(f"a stage has at most {LONGEST} characters: S3 allows 63 for landfall-{text}-…")
    if not NAME.fullmatch(text) or text == LOCAL:
        raise ArgumentTypeError(f'"{text}" is no stage: use lower-case letters, digits and single dashes, as in team-a')
    if (end := text.rpartition("-")[2]) != text and end in TAKEN:
        raise ArgumentTypeError(f"a stage does not end with -{end}: another stage has resources of that name")
    try:
        has_machine(settings(text))
        chooses_rule(settings(text).get("environment_variables", {}))
    except ValueError as fault:
        raise ArgumentTypeError(f".chalice/config.json, stage {configured(text)}: {fault}") from None
    return text


def stages() -> list[str]:
    """Return the stages that are deployed to AWS."""
    return [name for name in config()["stages"] if name != LOCAL]


def functions(stage: str) -> dict[str, dict[str, Any]]:
    """Return each function of the stage with its memory, timeout, policy file and reserved concurrency."""
    return dict(settings(stage)["lambda_functions"])


def function_name(name: str) -> str:
    """Return the name that `chalice deploy` and the template both give, so that alarms and documents need one name."""
    return "landfall-${Stage}" + ("" if name == API else f"-{name}")


def policy(name: str) -> dict[str, Any]:
    """Read the policy of a function, placeholders included."""
    return dict(json.loads((CHALICE / f"policy-{name}.json").read_text()))


def granted(
    name: str, stage: Mapping[str, Any], folders: Sequence[str], sources: Sequence[dict[str, Any]] = ()
) -> dict[str, Any]:
    """Return the policy of a function in a stage, with the rights that its configuration and landing folders need.

    The function that loads may read the secret that its settings name as the login. `sources` are the statements of the
    function that reads sources. In a VPC Lambda uses the function's role to make network interfaces. The function
    itself may not make any.
    """
    document = policy(name)
    for statement in document["Statement"]:
        statement |= {which: _landing(statement[which], folders) for which in LISTED if which in statement}
    secret = stage.get("environment_variables", {}).get("LANDFALL_DB_SECRET")
    if secret and name == LOADING:
        read = {"Effect": "Allow", "Action": ["secretsmanager:GetSecretValue"], "Resource": [secret]}
        document["Statement"].append({"Sid": "ReadTheWarehousesLogin", **read})
    if name == SOURCES:
        document["Statement"] += sources
    if has_machine(stage):
        document["Statement"] += rights_of_executions(name)
    if stage.get("subnet_ids"):
        function = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:" + function_name(name)
        never = {"ArnEquals": {"lambda:SourceFunctionArn": [function]}}
        listed = {"Action": list(INTERFACES), "Resource": ["*"]}
        document["Statement"] += [
            {"Sid": "LetLambdaReachTheVpcWhichHasNoResourceLevel", "Effect": "Allow", **listed},
            {"Sid": "ButNotTheFunctionItself", "Effect": "Deny", **listed, "Condition": never},
        ]
    return document


def _landing(resources: Sequence[str], folders: Sequence[str]) -> list[str]:
    """Return the resources with one for each folder in place of one with `${Landing}`."""
    listed = [folders if LANDING in resource else ("",) for resource in resources]
    return [
        resource.replace(LANDING, folder) for resource, each in zip(resources, listed, strict=True) for folder in each
    ]


def with_login(document: dict[str, Any], *, cluster: bool) -> dict[str, Any]:
    """Return a policy with the login that its warehouse has: a cluster, or a workgroup."""
    other = WORKGROUP_LOGIN if cluster else CLUSTER_LOGIN
    return {**document, "Statement": [s for s in document["Statement"] if s["Sid"] != other]}


def with_either_login(document: dict[str, Any]) -> dict[str, Any]:
    """Return a policy for a template, whose parameters choose the login."""

    def chosen(statement: dict[str, Any]) -> dict[str, Any]:
        condition = {WORKGROUP_LOGIN: "UsesWorkgroup", CLUSTER_LOGIN: "UsesCluster"}.get(statement["Sid"])
        return {"Fn::If": [condition, statement, {"Ref": "AWS::NoValue"}]} if condition else statement

    return {**document, "Statement": [chosen(statement) for statement in document["Statement"]]}


def with_bucket(document: dict[str, Any], bucket: str) -> dict[str, Any]:
    """Return a policy for the bucket that the stage has."""
    return dict(json.loads(json.dumps(document).replace(BUCKET, bucket)))


def use_of_key(document: Mapping[str, Any], key: Any) -> dict[str, Any]:
    """Return the statement that lets a function use a KMS key: to read and, if its policy writes, to write."""
    allowed = {action for s in document["Statement"] if s["Effect"] == "Allow" for action in s["Action"]}
    actions = ["kms:Decrypt", *(["kms:GenerateDataKey"] if allowed & ENCRYPTING else [])]
    return {"Sid": "UseTheKey", "Effect": "Allow", "Action": actions, "Resource": [key]}


def for_template(document: Any, known: Mapping[str, Any]) -> Any:
    """Put Fn::Sub where there are placeholders. `known` has the expressions of those that are no parameters."""
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
    """Replace placeholders by values. Raises KeyError for an unknown one."""
    text = json.dumps(document)
    return json.loads(PLACEHOLDER.sub(lambda m: f"${{{m[2]}}}" if m[1] else values[m[2]], text))
