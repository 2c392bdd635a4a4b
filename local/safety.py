"""Keeps the local stack from ever talking to the real AWS."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

LOOPBACK = ("127.0.0.1", "::1", "localhost")
NEEDED = ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION")
FORBIDDEN = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")


class NotLocalError(Exception):
    """The environment would let the stack reach another machine; the message names each fault."""


def check_loopback(env: Mapping[str, str]) -> None:
    """Raise NotLocalError unless every AWS call with this environment stays on this machine.

    Without an endpoint boto3 calls the real AWS with any credentials that it finds, so a missing endpoint is a fault.
    """
    faults = [f"{name} is not set" for name in NEEDED if not env.get(name)]
    faults += [f"{name} must not be set" for name in FORBIDDEN if env.get(name)]
    faults += [
        f"{name} is {value}, which is not on this machine"
        for name, value in env.items()
        if name.startswith("AWS_ENDPOINT_URL") and urlsplit(value).hostname not in LOOPBACK
    ]
    if faults:
        raise NotLocalError("refusing to start: " + "; ".join(faults))
