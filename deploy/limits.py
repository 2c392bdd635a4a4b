"""Bounds what a deployment may do, where Chalice and CloudFormation cannot: roles, and the warehouse's cost a day."""

from __future__ import annotations

import json
from typing import Any

from chalice.constants import LAMBDA_TRUST_POLICY

from deploy.after import role_name
from deploy.stage import functions
from deploy.template.infra import tags

COMPUTE, DAILY, DEACTIVATE = "serverless-compute", "daily", "deactivate"


def bound_roles(iam: Any, stage: str, boundary: str) -> None:
    """Make the functions' roles under a permissions boundary, before Chalice would make them without one.

    Chalice writes the policies of roles that are there. Without a boundary, this changes nothing.
    """
    for name in functions(stage) if boundary else ():
        role = role_name(stage, name)
        try:
            iam.create_role(
                RoleName=role,
                AssumeRolePolicyDocument=json.dumps(LAMBDA_TRUST_POLICY),
                PermissionsBoundary=boundary,
                Tags=tags(stage),
            )
        except iam.exceptions.EntityAlreadyExistsException:
            iam.put_role_permissions_boundary(RoleName=role, PermissionsBoundary=boundary)


def limit_usage(serverless: Any, workgroup: str, hours: int) -> str:
    """Limit the RPU-hours a day of a workgroup (ARN). Return a line to print; empty if there is no limit."""
    limits = serverless.list_usage_limits(resourceArn=workgroup, usageType=COMPUTE)["usageLimits"]
    found = [limit for limit in limits if (limit["period"], limit["breachAction"]) == (DAILY, DEACTIVATE)]
    if not hours:
        return "\n".join(map(_kept, found))
    if not found:
        serverless.create_usage_limit(
            resourceArn=workgroup, usageType=COMPUTE, amount=hours, period=DAILY, breachAction=DEACTIVATE
        )
    elif found[0]["amount"] != hours:
        serverless.update_usage_limit(usageLimitId=found[0]["usageLimitId"], amount=hours)
    return f"the workgroup refuses queries after {hours} RPU-hours a day"


def _kept(limit: Any) -> str:
    delete = f"aws redshift-serverless delete-usage-limit --usage-limit-id {limit['usageLimitId']}"
    return f"the workgroup keeps its limit of {limit['amount']} RPU-hours a day: `{delete}` takes it away"
