"""Clients of the laptop's other services. They never call AWS: an endpoint that is not loopback is refused."""

from __future__ import annotations

import ipaddress
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

from local.access.signatures import Credentials

REGION = "eu-west-1"
ACCOUNT = "000000000000"


class NotLoopbackError(ValueError):
    """An endpoint may be outside this machine."""


def loopback(url: str) -> str:
    """Return the URL if its host can only be this machine. Raises NotLoopbackError."""
    host = urlsplit(url).hostname or ""
    try:
        inside = ipaddress.ip_address(host).is_loopback
    except ValueError:
        inside = host == "localhost" or host.endswith(".localhost")
    if not inside:
        raise NotLoopbackError(f"the endpoint {url!r} is not on this machine; use http://127.0.0.1:<port>")
    return url


def client(service: str, url: str, credentials: Credentials) -> Any:
    """Return a boto3 client that can reach the given endpoint only, whatever the environment has."""
    config = Config(
        region_name=REGION,
        s3={"addressing_style": "path"},
        retries={"total_max_attempts": 3, "mode": "standard"},
        connect_timeout=5,
        read_timeout=60,
        max_pool_connections=64,
        proxies={},
    )
    session: Any = boto3.session.Session(
        aws_access_key_id=credentials.access_key, aws_secret_access_key=credentials.secret, region_name=REGION
    )
    return session.client(service, endpoint_url=loopback(url), config=config)
