"""`make deploy STAGE=dev`: the stack, `chalice deploy`, what Chalice cannot say, the warehouse's tables. Idempotent."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from deploy.after import as_switched, keep_logs, limit_calls, recall, remember, tag_roles
from deploy.package import chalice, measure
from deploy.project import BUILD, Project
from deploy.stack import DeployError, apply, environment, name_of, outputs
from deploy.stage import CHALICE, filled, functions, policy, stages
from deploy.vendor import PLATFORMS, PackageError, vendor

DEPLOYED = CHALICE / "deployed"


def deploy(session: Any, stage: str, parameters: dict[str, str], architecture: str, *, migrates: bool) -> None:
    """All of it. Raises DeployError, PackageError."""
    made = BUILD / f"deploy-{stage}"
    vendored = vendor(architecture, BUILD)  # what may fail on this machine fails before anything is made
    cloudformation = session.client("cloudformation")
    print(f"stack {name_of(stage)}: {'applied' if apply(cloudformation, stage, parameters) else 'unchanged'}")
    found = outputs(cloudformation, stage)
    recall(session.client("s3"), found["Bucket"], stage, DEPLOYED)
    project(session, stage, found, architecture).make(made, vendored)
    with as_switched(session.client("events"), stage):
        print(chalice(made, "deploy", "--stage", stage).strip())
    for archive in (made / ".chalice/deployments").glob("*.zip"):
        measure(archive)
    remember(session.client("s3"), found["Bucket"], stage, DEPLOYED)
    _afterwards(session, stage)
    if migrates:
        _migrate(found)


def project(session: Any, stage: str, found: dict[str, str], architecture: str) -> Project:
    """The stage's project, with the stack's outputs for placeholders."""
    values = {**_account(session), "Stage": stage, "WorkgroupArn": found["WorkgroupArn"]}
    return Project(
        stage=stage,
        environment=environment(stage, found),
        policies={name: filled(policy(name), values) for name in functions(stage)},
        architecture=architecture,
        deployed=DEPLOYED,
    )


def _account(session: Any) -> dict[str, str]:
    who = session.client("sts").get_caller_identity()
    partition = who["Arn"].split(":")[1]
    return {"AWS::Partition": partition, "AWS::Region": session.region_name, "AWS::AccountId": who["Account"]}


def _afterwards(session: Any, stage: str) -> None:
    account = _account(session)
    tag_roles(session.client("iam"), stage)
    keep_logs(session.client("logs"), stage, account)
    limit_calls(session.client("apigateway"), rest_api(stage))


def rest_api(stage: str) -> str:
    """The id of the API that Chalice has deployed. Raises DeployError."""
    try:
        said = json.loads((DEPLOYED / f"{stage}.json").read_text())
    except FileNotFoundError:
        raise DeployError(f"Chalice has no record of stage {stage}") from None
    return str(next(r["rest_api_id"] for r in said["resources"] if r["resource_type"] == "rest_api"))


def _migrate(found: dict[str, str]) -> None:
    variables = {"LANDFALL_WORKGROUP": found["Workgroup"], "LANDFALL_DATABASE": found["Database"]}
    command = [Path(sys.executable).parent / "landfall", "migrate"]
    done = subprocess.run(command, env={**os.environ, **variables}, check=False)  # noqa: S603  # nosec B603
    if done.returncode:
        raise DeployError("all is deployed, but for the warehouse's tables: landfall migrate, see docs/deploy.md")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m deploy.up", description=__doc__)
    parser.add_argument("--stage", choices=stages(), default="dev")
    parser.add_argument("--architecture", choices=sorted(PLATFORMS), default="x86_64")
    parser.add_argument("--no-migrate", action="store_true", help="leave the warehouse's tables alone")
    parser.add_argument("parameters", nargs="*", metavar="NAME=VALUE", help="parameters of the stack")
    asked = parser.parse_args()
    try:
        parameters = {name: value for name, _, value in (text.partition("=") for text in asked.parameters)}
        deploy(boto3.session.Session(), asked.stage, parameters, asked.architecture, migrates=not asked.no_migrate)
    except (DeployError, PackageError, BotoCoreError, ClientError) as error:
        sys.exit(f"deploy: {error}")


if __name__ == "__main__":
    main()
