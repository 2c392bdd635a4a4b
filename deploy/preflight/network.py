"""Looks at the subnets that the warehouse gets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from deploy.preflight.planned import Planned
from landfall.doctor.report import Look, failure, good, warning

NAME = "network"
ZONES = 3
FEWEST_ZONES = 2
"""Enough without enhanced VPC routing, by AWS's newer pages; its older pages demand three."""
TWO_ZONES = frozenset({"us-west-1"})
"""Regions with two zones, where three subnets in two zones are enough."""
ADDRESSES = 3
"""Free addresses that Redshift Serverless takes in each subnet, without enhanced VPC routing."""
GIVE = "give SubnetIds: three subnets of one VPC in three zones"


def network(planned: Planned) -> Look:
    """Look at the given subnets, or at those of the default VPC, as Redshift Serverless would take them."""
    if not planned.makes_warehouse:
        return good(NAME, "the stack makes no workgroup")
    ec2, given = planned.client("ec2"), planned.listed("SubnetIds")
    if given:
        subnets, whose = ec2.describe_subnets(SubnetIds=given)["Subnets"], "the given subnets"
    else:
        default = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
        if not default:
            return failure(NAME, "there is no default VPC, and no SubnetIds are given", GIVE)
        of = [{"Name": "vpc-id", "Values": [default[0]["VpcId"]]}]
        subnets, whose = ec2.describe_subnets(Filters=of)["Subnets"], "the default VPC"
    return (
        _of_subnets(subnets, whose, planned) or _of_groups(ec2, planned, subnets[0]["VpcId"]) or _good(subnets, whose)
    )


def _of_subnets(subnets: Sequence[Any], whose: str, planned: Planned) -> Look | None:
    """Return what is wrong with the subnets."""
    if len({subnet["VpcId"] for subnet in subnets}) > 1:
        return failure(NAME, f"{whose} are in several VPCs", GIVE)
    if full := [s["SubnetId"] for s in subnets if s["AvailableIpAddressCount"] < ADDRESSES]:
        fix = f"free addresses there, or give SubnetIds of subnets with {ADDRESSES} free ones"
        return failure(NAME, f"fewer than {ADDRESSES} addresses are free in {', '.join(full)}", fix)
    zones = Counter(subnet["AvailabilityZone"] for subnet in subnets)
    enough = len(subnets) >= ZONES and planned.where["AWS::Region"] in TWO_ZONES
    if len(zones) >= ZONES or (enough and len(zones) >= FEWEST_ZONES):
        return None
    seen = f"{whose}: {len(subnets)} subnets in {len(zones)} zones"
    if len(zones) < FEWEST_ZONES:
        return failure(NAME, f"{seen}; a workgroup needs {ZONES} zones", GIVE)
    return warning(NAME, f"{seen}; a workgroup needs {ZONES} zones, by AWS's newer pages {FEWEST_ZONES}", GIVE)


def _of_groups(ec2: Any, planned: Planned, vpc: str) -> Look | None:
    """Return what is wrong with the given security groups."""
    if not (given := planned.listed("SecurityGroupIds")):
        return None
    groups = ec2.describe_security_groups(GroupIds=given)["SecurityGroups"]
    if other := [group["GroupId"] for group in groups if group["VpcId"] != vpc]:
        return failure(NAME, f"{', '.join(other)} is not in the subnets' VPC", f"give SecurityGroupIds of {vpc}")
    return None


def _good(subnets: Sequence[Any], whose: str) -> Look:
    zones = {subnet["AvailabilityZone"] for subnet in subnets}
    fewest = min(subnet["AvailableIpAddressCount"] for subnet in subnets)
    return good(
        NAME, f"{whose}: {len(subnets)} subnets in {len(zones)} zones, at least {fewest} addresses free in each"
    )
