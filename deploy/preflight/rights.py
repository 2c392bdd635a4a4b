"""Looks whether the caller has the rights that a deployment takes. IAM simulates each; nothing is made.

What it cannot see: conditions on the request, such as required tags; policies of sessions; policies of a VPC endpoint.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from deploy.landing import has_rule
from deploy.preflight.planned import Planned
from deploy.stage import BUCKET, settings
from landfall.doctor.report import Look, failure, good, warning

NAME = "rights"
ROLE = re.compile(r"^arn:([^:]+):sts::(\d+):assumed-role/([^/]+)/")
HERE = "${AWS::Region}:${AWS::AccountId}"
NEEDED: Mapping[str, tuple[str, ...]] = {
    "arn:${AWS::Partition}:cloudformation:" + HERE + ":stack/landfall-${Stage}/any": (
        "cloudformation:CreateStack",
        "cloudformation:DescribeStacks",
        "cloudformation:UpdateStack",
    ),
    "arn:${AWS::Partition}:dynamodb:" + HERE + ":table/landfall-${Stage}": (
        "dynamodb:CreateTable",
        "dynamodb:TagResource",
        "dynamodb:UpdateContinuousBackups",
        "dynamodb:UpdateTimeToLive",
    ),
    "arn:${AWS::Partition}:sqs:" + HERE + ":landfall-${Stage}-runs": (
        "sqs:CreateQueue",
        "sqs:SetQueueAttributes",
        "sqs:TagQueue",
    ),
    "arn:${AWS::Partition}:sns:" + HERE + ":landfall-${Stage}-failure": (
        "sns:CreateTopic",
        "sns:Subscribe",
        "sns:TagResource",
    ),
    "arn:${AWS::Partition}:secretsmanager:" + HERE + ":secret:landfall-${Stage}-tokens-??????": (
        "secretsmanager:CreateSecret",
        "secretsmanager:TagResource",
    ),
    "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/landfall-${Stage}-advance_run": (
        "iam:CreateRole",
        "iam:GetRole",
        "iam:PassRole",
        "iam:PutRolePolicy",
        "iam:TagRole",
    ),
    "arn:${AWS::Partition}:lambda:" + HERE + ":function:landfall-${Stage}-advance_run": (
        "lambda:AddPermission",
        "lambda:CreateFunction",
        "lambda:PutFunctionConcurrency",
        "lambda:TagResource",
        "lambda:UpdateFunctionCode",
    ),
    "arn:${AWS::Partition}:logs:" + HERE + ":log-group:/aws/lambda/landfall-${Stage}-advance_run": (
        "logs:CreateLogGroup",
        "logs:PutRetentionPolicy",
    ),
    "arn:${AWS::Partition}:events:" + HERE + ":rule/landfall-${Stage}-on_schedule-event": (
        "events:PutRule",
        "events:PutTargets",
    ),
    "arn:${AWS::Partition}:apigateway:${AWS::Region}::/restapis": ("apigateway:POST",),
    "*": ("cloudwatch:PutDashboard", "cloudwatch:PutMetricAlarm", "lambda:CreateEventSourceMapping"),
}
"""IAM's actions by one of the resources on which a deployment takes them."""
OWN_BUCKET = ("s3:GetBucketNotification", "s3:PutBucketNotification")
MADE_BUCKET = (
    *OWN_BUCKET,
    "s3:CreateBucket",
    "s3:PutBucketPolicy",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketVersioning",
    "s3:PutEncryptionConfiguration",
    "s3:PutLifecycleConfiguration",
)
OF_MACHINE = (
    "states:CreateStateMachine",
    "states:DescribeStateMachine",
    "states:TagResource",
    "states:UpdateStateMachine",
)
MACHINE: Mapping[str, tuple[str, ...]] = {
    "arn:${AWS::Partition}:states:" + HERE + ":stateMachine:landfall-${Stage}": OF_MACHINE,
    "arn:${AWS::Partition}:states:" + HERE + ":stateMachine:landfall-${Stage}-read_source": OF_MACHINE,
    "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/landfall-${Stage}-state_machine": ("iam:PassRole",),
    "arn:${AWS::Partition}:logs:" + HERE + ":log-group:/aws/vendedlogs/states/landfall-${Stage}": (
        "logs:CreateLogGroup",
        "logs:PutRetentionPolicy",
    ),
}
"""Actions that a state machine takes besides."""
RULE: Mapping[str, tuple[str, ...]] = {
    "arn:${AWS::Partition}:events:" + HERE + ":rule/landfall-${Stage}-landing": (
        "events:PutRule",
        "events:PutTargets",
        "events:TagResource",
    ),
}
"""Actions that a rule for files that land takes besides."""
WAREHOUSE = ("redshift-serverless:CreateNamespace", "redshift-serverless:CreateWorkgroup")


def rights(planned: Planned) -> Look:
    """Have IAM simulate the actions that a deployment takes, as the caller."""
    if planned.caller.endswith(":root"):
        return warning(NAME, "the caller is the account's root user, which no simulation covers", "deploy as a role")
    denied: list[str] = []
    unsure: list[str] = []
    for one in _simulated(planned, _source(planned)):
        if one["EvalDecision"] != "allowed":
            (unsure if one.get("MissingContextValues") else denied).append(_described(one))
    if denied:
        return failure(NAME, f"denied to {planned.caller}: {', '.join(denied)}", "have an administrator allow them")
    if unsure:
        return warning(NAME, f"depends on conditions that a simulation does not know: {', '.join(unsure)}")
    return good(NAME, f"all that was simulated is allowed to {planned.caller}")


def _source(planned: Planned) -> str:
    """Return the identity whose policies are simulated: of a session, its role with the role's path."""
    if not (session := ROLE.match(planned.caller)):
        return planned.caller
    try:
        return str(planned.client("iam").get_role(RoleName=session[3])["Role"]["Arn"])
    except ClientError:  # the usual path then; if that is wrong, the simulation reports it
        return f"arn:{session[1]}:iam::{session[2]}:role/{session[3]}"


def _simulated(planned: Planned, source: str) -> Iterator[Any]:
    iam = planned.client("iam")
    own = planned.parameters["BucketName"]
    needed = {
        **NEEDED,
        **(MACHINE if planned.makes_machine else {}),
        **(RULE if has_rule(settings(planned.stage)) else {}),
        "arn:${AWS::Partition}:s3:::" + (own or BUCKET): OWN_BUCKET if own else MADE_BUCKET,
        "*": (*NEEDED["*"], *(WAREHOUSE if planned.makes_warehouse else ())),
    }
    for resource, actions in needed.items():
        request = {"PolicySourceArn": source, "ActionNames": list(actions), "ResourceArns": [planned.name(resource)]}
        yield from iam.simulate_principal_policy(**request)["EvaluationResults"]


def _described(one: Mapping[str, Any]) -> str:
    """Name an action, and which kind of policy denies it."""
    if not one.get("OrganizationsDecisionDetail", {}).get("AllowedByOrganizations", True):
        return f"{one['EvalActionName']} (by the organization)"
    if not one.get("PermissionsBoundaryDecisionDetail", {}).get("AllowedByPermissionsBoundary", True):
        return f"{one['EvalActionName']} (by the permissions boundary)"
    return str(one["EvalActionName"])
