"""`make teardown STAGE=dev`: functions and API go, data stays. With --delete-data nothing is left."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from deploy.after import drop_logs, forget, let_logs_expire, recall
from deploy.package import chalice
from deploy.project import BUILD
from deploy.stack import DeployError, described, name_of, outputs, remove
from deploy.stage import stages
from deploy.up import DEPLOYED, project
from deploy.vendor import PackageError

GONE = frozenset({"404", "NoSuchBucket", "NoSuchEntity", "ResourceNotFoundException"})


def teardown(session: Any, stage: str, *, deletes_data: bool) -> None:
    """Take a stage down. Raises DeployError, PackageError."""
    cloudformation = session.client("cloudformation")
    if described(cloudformation, stage) is None:
        print(f"there is no stack {name_of(stage)}: nothing to do")
        return
    found = outputs(cloudformation, stage)
    _functions(session, stage, found)
    if not deletes_data:
        print(
            f"functions and API are gone; their logs expire. The stack {name_of(stage)} stays, as it holds the data: "
            f"bucket {found['Bucket']}, table {found['Table']}, warehouse {found['Workgroup']}. "
            f"To delete them for good: make teardown STAGE={stage} DATA=delete"
        )
        return
    drop_logs(session.client("logs"), stage)
    kept = _kept(cloudformation, stage)
    remove(cloudformation, stage)
    for kind, name in kept:
        _unless_gone(lambda kind=kind, name=name: DELETE[kind](session, name))
        print(f"deleted {kind} {name}")


def _functions(session: Any, stage: str, found: dict[str, str]) -> None:
    s3 = session.client("s3")
    recall(s3, found["Bucket"], stage, DEPLOYED)
    if (DEPLOYED / f"{stage}.json").exists():
        made = BUILD / f"deploy-{stage}"
        project(session, stage, found, "x86_64").make(made, None)
        s3.put_bucket_notification_configuration(Bucket=found["Bucket"], NotificationConfiguration={})
        print(chalice(made, "delete", "--stage", stage).strip())
        let_logs_expire(session.client("logs"), stage)
        forget(s3, found["Bucket"], stage, DEPLOYED)


def _kept(cloudformation: Any, stage: str) -> list[tuple[str, str]]:
    """What outlives the stack, in the order in which it can be deleted."""
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=name_of(stage))
    listed = [r for page in pages for r in page["StackResourceSummaries"]]
    names = {kind: [r["PhysicalResourceId"] for r in listed if r["ResourceType"] == kind] for kind in DELETE}
    return [(kind, name) for kind, found in names.items() for name in found]


def _empty_bucket(session: Any, name: str) -> None:
    bucket = session.resource("s3").Bucket(name)
    bucket.object_versions.delete()
    bucket.objects.delete()
    bucket.delete()


def _workgroup(session: Any, name: str) -> None:
    """Its namespace can be deleted once it is gone."""
    import time

    serverless = session.client("redshift-serverless")
    serverless.delete_workgroup(workgroupName=name)
    for _ in range(120):
        try:
            serverless.get_workgroup(workgroupName=name)
        except serverless.exceptions.ResourceNotFoundException:
            return
        time.sleep(10)
    raise DeployError(f"the workgroup {name} is still being deleted; run this again later")


DELETE: dict[str, Callable[[Any, str], None]] = {
    "AWS::RedshiftServerless::Workgroup": _workgroup,
    "AWS::RedshiftServerless::Namespace": lambda s, n: s.client("redshift-serverless").delete_namespace(
        namespaceName=n
    ),
    "AWS::S3::Bucket": _empty_bucket,
    "AWS::DynamoDB::Table": lambda s, n: s.client("dynamodb").delete_table(TableName=n),
    "AWS::SecretsManager::Secret": lambda s, n: s.client("secretsmanager").delete_secret(
        SecretId=n, ForceDeleteWithoutRecovery=True
    ),
}
"""How each kind that holds data is deleted, in this order."""


def _unless_gone(delete: Callable[[], None]) -> None:
    try:
        delete()
    except ClientError as error:
        if error.response["Error"]["Code"] not in GONE:
            raise


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m deploy.down", description=__doc__)
    parser.add_argument("--stage", choices=stages(), default="dev")
    parser.add_argument("--delete-data", action="store_true", help="files, runs, warehouse and tokens too, for good")
    asked = parser.parse_args()
    try:
        teardown(boto3.session.Session(), asked.stage, deletes_data=asked.delete_data)
    except (DeployError, PackageError, BotoCoreError, ClientError) as error:
        sys.exit(f"teardown: {error}")


if __name__ == "__main__":
    main()
