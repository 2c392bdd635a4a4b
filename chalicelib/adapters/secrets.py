"""The API's bearer tokens, from Secrets Manager.

The secret is JSON: {"tokens": [{"name": "ops", "role": "operator", "sha256": "<hex of the token's SHA-256>"}, ...]};
an entry may hold the token itself as "token" instead, and "objects", to which the token is limited. A revoked token
works for at most `token_cache_seconds` more; a new one works after NEW_TOKEN_SECONDS.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalicelib.adapters.aws_errors import translate_errors
from chalicelib.config import Settings
from chalicelib.errors import Refused

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

    from chalicelib.ports import Clock

ROLES = frozenset({"reader", "operator"})
NEW_TOKEN_SECONDS = 10.0
"""For so long an unknown token is refused without another look at the secret: guesses cost one read in that time."""


@dataclass(frozen=True, kw_only=True)
class Caller:
    """The owner of a token."""

    name: str
    role: str
    """`reader` may read, `operator` may also start runs."""
    objects: frozenset[str] = frozenset()
    """The objects that the token is limited to; empty if it is not limited."""


class Tokens:
    """Finds the owner of a token, in a time that does not depend on which entry matches, or on how much of it."""

    def __init__(self, client: SecretsManagerClient, settings: Settings, clock: Clock) -> None:
        self._secrets = client
        self._settings = settings
        self._clock = clock
        self._read_at = 0.0
        self._known: list[tuple[bytes, Caller]] | None = None

    def caller(self, token: str) -> Caller | None:
        """Return the token's owner, or None. Raises Retryable or Refused if the secret cannot be read."""
        shown = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        return self._owner(shown, self._settings.token_cache_seconds) or self._owner(shown, NEW_TOKEN_SECONDS)

    def _owner(self, shown: bytes, longest: float) -> Caller | None:
        """Return the owner by what was read within the last `longest` seconds, or is read now."""
        found = None
        for digest, caller in self._entries(longest):
            if hmac.compare_digest(digest, shown):
                found = caller
        return found

    def _entries(self, longest: float) -> list[tuple[bytes, Caller]]:
        age = self._clock.now() - self._read_at
        if self._known is None or not 0 <= age < longest:
            self._known = self._read()
            self._read_at = self._clock.now()
        return self._known

    def _read(self) -> list[tuple[bytes, Caller]]:
        with translate_errors("read the API's tokens"):
            response = self._secrets.get_secret_value(SecretId=self._settings.tokens_secret)
        try:
            return [_entry(entry) for entry in json.loads(response["SecretString"])["tokens"]]
        except (ValueError, KeyError, TypeError, AttributeError):
            # The cause is dropped on purpose: it may quote the secret.
            raise Refused(
                "the secret with the API's tokens is malformed; write it as docs/operate/deploy.md describes",
                code="BAD_TOKENS",
            ) from None


def _entry(entry: dict[str, Any]) -> tuple[bytes, Caller]:
    if entry["role"] not in ROLES:
        raise ValueError(entry["role"])
    digest = bytes.fromhex(entry["sha256"]) if "sha256" in entry else hashlib.sha256(entry["token"].encode()).digest()
    if len(digest) != hashlib.sha256().digest_size:
        raise ValueError("sha256")
    return digest, Caller(name=str(entry["name"]), role=entry["role"], objects=_objects(entry))


def _objects(entry: dict[str, Any]) -> frozenset[str]:
    """Return the objects of an entry. A list without a name is malformed: it could mean all objects, or none."""
    if "objects" not in entry:
        return frozenset()
    listed = entry["objects"]
    if not isinstance(listed, list) or not listed or not all(isinstance(name, str) and name for name in listed):
        raise ValueError("objects")
    return frozenset(listed)
