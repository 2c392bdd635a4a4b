"""Which account and region `make deploy` and `make teardown` act on: said first, and refused if it is not AWS."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from deploy.stack import DeployError, region_of

ENDPOINT = "AWS_ENDPOINT_URL"
"""Every AWS SDK sends all of its calls there; .landfall/env sets it for the local stack."""
CREDENTIALS = "Credentials come from AWS_PROFILE, aws configure or aws sso login: docs/troubleshooting.md"


def session(*, emulated: bool, env: Mapping[str, str] = os.environ) -> Any:
    """A boto3 session, its account and region printed. Raises DeployError if it would not act on AWS, or on nothing.

    `emulated` takes what AWS_ENDPOINT_URL names for an AWS.
    """
    endpoint = env.get(ENDPOINT, "")
    if endpoint and not emulated:
        raise DeployError(
            f"{ENDPOINT} is set, so this would act on {endpoint}, not on AWS: use a shell in which .landfall/env is "
            "not sourced, or say --emulated if you want that (DEPLOY=--emulated, TEARDOWN=--emulated)"
        )
    opened = boto3.session.Session()
    region = region_of(opened)
    print(f"account {_account(opened)}, region {region}" + (f", at {endpoint}" if endpoint else ""), flush=True)
    return opened


def _account(opened: Any) -> str:
    """Raises DeployError if AWS does not know who asks."""
    try:
        return str(opened.client("sts").get_caller_identity()["Account"])
    except (BotoCoreError, ClientError) as error:
        raise DeployError(f"AWS does not say whose account this is: {error}. {CREDENTIALS}") from error
