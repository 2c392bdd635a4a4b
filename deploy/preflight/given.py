"""Looks at the parameters: each value, their combinations, and what they name in the account."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import ClientError

from deploy.landing import folders, has_rule
from deploy.preflight.look import FREE, code_of
from deploy.preflight.planned import Planned
from deploy.rules import broken
from deploy.stage import settings
from landfall.choices import EVENTBRIDGE, S3_WIRING
from landfall.doctor.report import Look, failure, good, warning

NAME = "parameters"
OF_THE_WORKGROUP = ("BaseCapacity", "DailyRpuHours", "MaxCapacity", "SecurityGroupIds", "SubnetIds")
"""Parameters of the workgroup that the stack makes."""
OF_THE_BUCKET = ("KeepProcessedDays", "Versioning")
"""Parameters of the bucket that the stack makes."""
NEEDS = (
    *("iam:GetPolicy", "kms:DescribeKey", "redshift:DescribeClusters", "redshift-serverless:GetWorkgroup"),
    *("s3:GetBucketNotification", "s3:GetBucketVersioning", "s3:GetEncryptionConfiguration", "s3:ListBucket"),
)
"""IAM's actions that looking at what parameters name takes."""
SMALLEST, STEP = 4, 8
"""RPUs of the smallest workgroup; any other has a multiple of the step."""


def given(planned: Planned) -> Iterator[Look]:
    """Look for values and combinations that are refused, and for what they name and is not there."""
    faults = [*broken(planned.template, planned.parameters)]
    faults = faults or [*_unused(planned), *_capacity(planned)]
    yield from (failure(NAME, fault.rstrip("."), "docs/operate/deploy.md, Parameters") for fault in faults)
    named = [] if faults else [look for name, find in NAMED if planned.parameters[name] for look in find(planned)]
    yield from named
    if not (faults or named):
        yield good(NAME, "each is allowed, and what they name is there")


def _unused(planned: Planned) -> Iterator[str]:
    """Yield each parameter that would do nothing, given with one that takes its resource away."""
    for name in planned.given:
        if name in OF_THE_WORKGROUP and not planned.makes_warehouse:
            yield f"{name} is of the workgroup that the stack makes: leave it out with CreateWarehouse=false"
        if name in OF_THE_BUCKET and planned.parameters["BucketName"]:
            yield f"{name} is of the bucket that the stack makes: leave it out with BucketName"


def _capacity(planned: Planned) -> Iterator[str]:
    base, most = int(planned.parameters["BaseCapacity"]), int(planned.parameters["MaxCapacity"])
    for name, value in (("BaseCapacity", base), ("MaxCapacity", most)):
        if value != SMALLEST and value % STEP:
            yield f"{name} is {value}: it must be {SMALLEST} or a multiple of {STEP}"
    if most < base:
        yield f"MaxCapacity is {most}: it must be at least BaseCapacity, {base}"


def _found(parameter: str, value: str, fix: str, call: Callable[[], Any]) -> Any:
    """Return what is there of this name; a failure if nothing is."""
    try:
        return call()
    except ClientError as error:
        if code_of(error) not in FREE:
            raise
        return failure(NAME, f"{parameter} is {value}, and there is none", fix)


def _workgroup(planned: Planned) -> Iterator[Look]:
    name, serverless = planned.parameters["WorkgroupName"], planned.client("redshift-serverless")
    fix = "aws redshift-serverless list-workgroups"
    found = _found("WorkgroupName", name, fix, lambda: serverless.get_workgroup(workgroupName=name)["workgroup"])
    if isinstance(found, Look):
        yield found
    elif found["workgroupArn"] != planned.parameters["WorkgroupArn"]:
        yield failure(
            NAME, "WorkgroupArn is not the ARN of WorkgroupName", f"give WorkgroupArn={found['workgroupArn']}"
        )


def _cluster(planned: Planned) -> Iterator[Look]:
    name, redshift = planned.parameters["ClusterIdentifier"], planned.client("redshift")
    fix = "aws redshift describe-clusters"
    found = _found("ClusterIdentifier", name, fix, lambda: redshift.describe_clusters(ClusterIdentifier=name))
    if isinstance(found, Look):
        yield found


def _boundary(planned: Planned) -> Iterator[Look]:
    arn, iam = planned.parameters["PermissionsBoundary"], planned.client("iam")
    found = _found("PermissionsBoundary", arn, "aws iam list-policies", lambda: iam.get_policy(PolicyArn=arn))
    if isinstance(found, Look):
        yield found


def _key(planned: Planned) -> Iterator[Look]:
    arn, kms = planned.parameters["KmsKeyArn"], planned.client("kms")
    found = _found("KmsKeyArn", arn, "aws kms list-keys", lambda: kms.describe_key(KeyId=arn)["KeyMetadata"])
    if isinstance(found, Look):
        yield found
    elif found["KeyState"] != "Enabled" or f":{planned.where['AWS::Region']}:" not in arn:
        seen = f"KmsKeyArn: the key is {found['KeyState']}, in {arn.split(':')[3]}"
        yield failure(NAME, seen, "name an enabled key of the stack's region")


def _bucket(planned: Planned) -> Iterator[Look]:
    """Look at a bucket of the operator's own: its region, its versions, its key and its other notifications."""
    name, s3 = planned.parameters["BucketName"], planned.client("s3")
    found = _found("BucketName", name, "aws s3api list-buckets", lambda: s3.head_bucket(Bucket=name))
    if isinstance(found, Look):
        yield found
        return
    if (region := found.get("BucketRegion", "")) not in ("", planned.where["AWS::Region"]):
        yield failure(NAME, f"BucketName: {name} is in {region}", "name a bucket of the stack's region")
        return
    if s3.get_bucket_versioning(Bucket=name).get("Status") != "Enabled":
        fix = f"aws s3api put-bucket-versioning --bucket {name} --versioning-configuration Status=Enabled"
        yield warning(NAME, f"{name} keeps no versions: files overwritten before they are read are lost", fix)
    yield from _encryption(planned, s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"])
    if not has_rule(settings(planned.stage)):
        yield from _notifications(planned, s3.get_bucket_notification_configuration(Bucket=name))


def _encryption(planned: Planned, configuration: Any) -> Iterator[Look]:
    for rule in configuration["Rules"]:
        key = rule.get("ApplyServerSideEncryptionByDefault", {}).get("KMSMasterKeyID", "")
        if key and key != planned.parameters["KmsKeyArn"]:
            yield failure(NAME, f"the bucket encrypts with {key}, which no function may use", f"give KmsKeyArn={key}")


def _notifications(planned: Planned, configuration: Any) -> Iterator[Look]:
    """S3 refuses two notifications of the same event for keys that may be the same."""
    ours = planned.name("landfall-${Stage}-")
    for one in (entry for kind, listed in configuration.items() if kind.endswith("Configurations") for entry in listed):
        rules = one.get("Filter", {}).get("Key", {}).get("FilterRules", [])
        prefix = next((rule["Value"] for rule in rules if rule["Name"].lower() == "prefix"), "")
        theirs = ours not in one.get("LambdaFunctionArn", "")
        created = any(event.startswith("s3:ObjectCreated") for event in one["Events"])
        overlaps = any(prefix.startswith(landing) or landing.startswith(prefix) for landing in folders())
        if theirs and created and overlaps:
            seen = f"the bucket notifies another receiver of new objects below '{prefix}'"
            yield failure(NAME, seen, f"narrow that notification, or choose {S3_WIRING}={EVENTBRIDGE} for the stage")


NAMED: tuple[tuple[str, Callable[[Planned], Iterator[Look]]], ...] = (
    ("WorkgroupName", _workgroup),
    ("ClusterIdentifier", _cluster),
    ("BucketName", _bucket),
    ("KmsKeyArn", _key),
    ("PermissionsBoundary", _boundary),
)
"""Parameters that name something in the account, with how to look at it."""
