"""All looks at an account, in one report. Guarantees that it makes and changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deploy.preflight.given import NEEDS, given
from deploy.preflight.look import UNANSWERED, Check
from deploy.preflight.names import names
from deploy.preflight.network import network
from deploy.preflight.planned import planned
from deploy.preflight.quotas import concurrency, workgroups
from deploy.preflight.region import region
from deploy.preflight.rights import rights
from landfall.doctor.report import Report, failure, good
from landfall.remote.deployment import advice

CHECKS = (
    Check(name="region", needs=(), look=region),
    Check(name="parameters", needs=NEEDS, look=given),
    Check(name="concurrency", needs=("lambda:GetAccountSettings", "lambda:GetFunctionConcurrency"), look=concurrency),
    Check(
        name="workgroups",
        needs=("redshift-serverless:ListWorkgroups", "servicequotas:ListServiceQuotas"),
        look=workgroups,
    ),
    Check(
        name="network",
        needs=("ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs"),
        look=network,
    ),
    Check(name="names", needs=("lambda:GetFunction",), look=names),
    Check(name="rights", needs=("iam:SimulatePrincipalPolicy",), look=rights),
)


def preflight(session: Any, stage: str, parameters: Mapping[str, str]) -> Report:
    """Look at the account in which a stage is to be deployed with these parameters."""
    try:
        found = planned(session, stage, parameters)
    except UNANSWERED as error:
        fix = advice(error).removeprefix(": ") or "check credentials, region, network, and the rights of the caller"
        return Report(looks=[failure("account", f"AWS does not answer: {error}", fix)])
    account = good("account", f"{found.where['AWS::AccountId']} in {found.where['AWS::Region']}, as {found.caller}")
    return Report(looks=[account, *(look for check in CHECKS for look in check.made(found))])
