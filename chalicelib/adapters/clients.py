"""The clients of AWS: timeouts per service, and a few tries that botocore makes by itself.

Timeouts are short compared with a Lambda's life, because every step can be tried again from its message.
"""

from __future__ import annotations

from threading import Lock
from typing import Any

import boto3
from botocore.config import Config

PATIENCE = {"s3": 60.0, "redshift-data": 30.0}
"""Seconds to wait for bytes, for services that differ from READ_SECONDS."""
READ_SECONDS = 10.0
CONNECT_SECONDS = 3.0
TRIES = 4

_BUILDING = Lock()
"""boto3's default session may build one client at a time."""


def config(service: str) -> Config:
    """Return a configuration with standard retries: on throttles and broken connections, with backoff and jitter."""
    return Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=PATIENCE.get(service, READ_SECONDS),
        retries={"mode": "standard", "total_max_attempts": TRIES},
        user_agent_extra="landfall",
    )


class _LateClient:
    """A client that is built at its first call: a function pays only for the services that it calls."""

    def __init__(self, service: str, where: dict[str, Any]) -> None:
        self._service, self._where, self._built = service, where, None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # no call of a service; copies look for some before __init__ has set the fields
            raise AttributeError(name)
        with _BUILDING:
            if self._built is None:
                make: Any = boto3.client
                self._built = make(self._service, config=config(self._service), **self._where)
        return getattr(self._built, name)


def client(service: str, **where: Any) -> Any:
    """Return a client of the environment's account, region and endpoint. It is built at its first call."""
    return _LateClient(service, where)
