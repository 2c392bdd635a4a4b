"""Account and region that `make deploy` and `make teardown` act on: printed first, and refused if it is not AWS."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from deploy.stack import DeployError, region_of
from landfall.remote.deployment import advice

SERVICES = ("cloudformation", "sts", "s3", "lambda", "iam", "events", "apigateway", "dynamodb", "redshift-serverless")
AWS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws")
"""Endings of the names of its endpoints, those in a VPC too."""


def session(*, emulated: bool) -> Any:
    """Open a boto3 session, and print its account and region. Raises DeployError if it would not act on AWS."""
    try:
        found = opened(emulated=emulated)
        account, elsewhere = found.client("sts").get_caller_identity()["Account"], _elsewhere(found)
    except (BotoCoreError, ClientError) as error:
        raise DeployError(f"AWS did not return the account's id: {error}{advice(error)}") from error
    print(f"account {account}, region {found.region_name}" + (f", at {elsewhere}" if elsewhere else ""), flush=True)
    return found


def opened(*, emulated: bool) -> Any:
    """Open a boto3 session. Raises DeployError if it has no region, or would not act on AWS.

    With `emulated`, it accepts any endpoint that the environment or the profile names, as by AWS_ENDPOINT_URL.
    """
    found = boto3.session.Session()
    region_of(found)
    if (elsewhere := _elsewhere(found)) and not emulated:
        raise DeployError(
            f"this would act on {elsewhere}, not on AWS: use a shell in which .landfall/env is not sourced, or use "
            "--emulated if you want that (DEPLOY=--emulated, TEARDOWN=--emulated)"
        )
    return found


def _elsewhere(opened: Any) -> str:
    """Return the first endpoint that is not AWS's; empty if all are."""
    endpoints = [str(opened.client(service).meta.endpoint_url) for service in SERVICES]
    return next((url for url in endpoints if not (urlsplit(url).hostname or "").endswith(AWS)), "")
