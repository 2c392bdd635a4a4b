"""boto3 clients for a local AWS, with its credentials, without proxies, and for the given endpoint only."""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from local.access.signatures import Credentials
from local.options import REGION
from local.safety import check_loopback

_CONFIG = Config(proxies={}, connect_timeout=5, read_timeout=60, retries={"max_attempts": 3, "mode": "standard"})


@cache
def client(service: str, endpoint: str, credentials: Credentials) -> Any:
    """Return a client of one service at a loopback endpoint."""
    keys = {"AWS_ACCESS_KEY_ID": credentials.access_key, "AWS_SECRET_ACCESS_KEY": credentials.secret}
    check_loopback({**keys, "AWS_ENDPOINT_URL": endpoint, "AWS_DEFAULT_REGION": REGION})
    any_client: Any = boto3.client  # its type takes the names of services only, and no `str`
    return any_client(
        service,
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
        config=_CONFIG,
    )
