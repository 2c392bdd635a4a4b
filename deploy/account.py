"""Which account and region `make deploy` and `make teardown` act on: said first, and refused if it is not AWS."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from deploy.stack import DeployError, region_of
from landfall.deployment import advice

SERVICES = ("cloudformation", "sts", "s3", "lambda", "iam", "events", "apigateway", "dynamodb", "redshift-serverless")
AWS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws")
"""How the names of its endpoints end, those in a VPC too."""


def session(*, emulated: bool) -> Any:
    """A boto3 session, its account and region printed. Raises DeployError if it would not act on AWS.

    `emulated` takes for an AWS whatever the environment or the profile names: AWS_ENDPOINT_URL and its like.
    """
    try:
        opened = boto3.session.Session()
        region = region_of(opened)
        elsewhere = _elsewhere(opened)
        if elsewhere and not emulated:
            raise DeployError(
                f"this would act on {elsewhere}, not on AWS: use a shell in which .landfall/env is not sourced, or say "
                "--emulated if you want that (DEPLOY=--emulated, TEARDOWN=--emulated)"
            )
        account = opened.client("sts").get_caller_identity()["Account"]
    except (BotoCoreError, ClientError) as error:
        raise DeployError(f"AWS does not say whose account this is: {error}{advice(error)}") from error
    print(f"account {account}, region {region}" + (f", at {elsewhere}" if elsewhere else ""), flush=True)
    return opened


def _elsewhere(opened: Any) -> str:
    """The first endpoint that is not AWS's; empty if all are."""
    endpoints = [str(opened.client(service).meta.endpoint_url) for service in SERVICES]
    return next((url for url in endpoints if not (urlsplit(url).hostname or "").endswith(AWS)), "")
