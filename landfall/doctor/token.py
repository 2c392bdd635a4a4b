"""A token for the time of a test: it is in the deployment's secret until the test is over.

Guarantees that the other tokens stay, also those that are added meanwhile. Only the token's SHA-256 is stored.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

NAME = "landfall-doctor"
ROLE = "reader"
Entry = dict[str, Any]


@contextmanager
def temporary_token(client: Any, secret: str) -> Iterator[str]:
    """Yield a token that reads, known to the API once its authorizer reads the secret again."""
    token = secrets.token_urlsafe(32)
    digest = hashlib.sha256(token.encode()).hexdigest()
    _change(client, secret, lambda entries: [*entries, {"name": NAME, "role": ROLE, "sha256": digest}])
    try:
        yield token
    finally:
        _change(client, secret, lambda entries: [entry for entry in entries if entry.get("sha256") != digest])


def _change(client: Any, secret: str, changed: Callable[[list[Entry]], list[Entry]]) -> None:
    found = json.loads(client.get_secret_value(SecretId=secret)["SecretString"])
    text = json.dumps({**found, "tokens": changed(found["tokens"])})
    client.put_secret_value(SecretId=secret, SecretString=text)
