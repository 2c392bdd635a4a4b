"""The API's bearer tokens, from Secrets Manager.

The secret is JSON: {"tokens": [{"name": "ops", "role": "operator", "sha256": "<hex of the token's SHA-256>"}, ...]};
an entry may hold the token itself as "token" instead, and "objects", to which the token is limited. A revoked token
works for at most `token_cache_seconds` more; a new one works after NEW_TOKEN_SECONDS.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalicelib.adapters.aws_errors import translate_errors
from chalicelib.config import Settings
from chalicelib.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mypy_boto3_secretsmanager import SecretsManagerClient

    from chalicelib.ports import Clock

ROLES = ("reader", "operator")
SHA256 = re.compile(r"[0-9a-f]{64}", re.IGNORECASE)
NEW_TOKEN_SECONDS = 10.0
"""For so long an unknown token is refused without another look at the secret: guesses cost one read in that time."""


@dataclass(frozen=True, kw_only=True)
class Principal:
    """Who sends a request: the name and the rights of a token."""

    name: str
    role: str
    """`reader` may read, `operator` may also start runs."""
    objects: frozenset[str] = frozenset()
    """The objects that the token is limited to; empty if it is not limited."""


class Tokens:
    """Authenticates tokens, in a time that does not depend on which entry matches, or on how much of it."""

    def __init__(self, client: SecretsManagerClient, settings: Settings, clock: Clock) -> None:
        self._secrets = client
        self._settings = settings
        self._clock = clock
        self._read_at = 0.0
        self._known: list[tuple[bytes, Principal]] | None = None

    def authenticate(self, token: str) -> Principal | None:
        """Return the token's principal, or None. Raises Retryable or Refused if the secret cannot be read."""
        shown = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        return self._find(shown, self._settings.token_cache_seconds) or self._find(shown, NEW_TOKEN_SECONDS)

    def _find(self, shown: bytes, longest: float) -> Principal | None:
        """Return the principal by what was read within the last `longest` seconds, or is read now."""
        found = None
        for digest, principal in self._entries(longest):
            if hmac.compare_digest(digest, shown):
                found = principal
        return found

    def _entries(self, longest: float) -> list[tuple[bytes, Principal]]:
        age = self._clock.now() - self._read_at
        if self._known is None or not 0 <= age < longest:
            self._known = self._read()
            self._read_at = self._clock.now()
        return self._known

    def _read(self) -> list[tuple[bytes, Principal]]:
        with translate_errors("read the API's tokens"):
            response = self._secrets.get_secret_value(SecretId=self._settings.tokens_secret)
        return read_tokens(response.get("SecretString", ""))


def read_tokens(secret: str) -> list[tuple[bytes, Principal]]:
    """Return the digest and the principal of each token in a secret's text.

    Raises Refused (BAD_TOKENS), which has the number of the entry, the fault and the fix, but no value of the secret.
    """
    try:
        entries = json.loads(secret)["tokens"]
    except (ValueError, KeyError, TypeError):
        raise _malformed('it must be JSON with a list named "tokens"') from None
    if not isinstance(entries, list):
        raise _malformed('"tokens" must be a list')
    found: dict[bytes, int] = {}
    tokens = []
    for number, entry in enumerate(entries, 1):
        if fault := _fault(entry):
            raise _malformed(f"entry {number}: {fault}")
        digest = digest_of(entry)
        if (first := found.setdefault(digest, number)) != number:
            raise _malformed(f"entries {first} and {number} have the same token: remove one of them")
        objects = frozenset(entry.get("objects", ()))
        tokens.append((digest, Principal(name=entry["name"], role=entry["role"], objects=objects)))
    return tokens


def digest_of(entry: Mapping[str, Any]) -> bytes:
    """Return the SHA-256 of an entry's token."""
    if "sha256" in entry:
        return bytes.fromhex(entry["sha256"])
    return hashlib.sha256(entry["token"].encode("utf-8", "surrogatepass")).digest()


def _fault(entry: Any) -> str:
    """Return what is wrong with an entry, or an empty text. An empty `objects` could mean all objects, or none."""
    if not isinstance(entry, dict):
        return "it must be an object with name, role and sha256"
    if ("sha256" in entry) == ("token" in entry):
        return "it must have either sha256 or token"
    filled = {"name": None, "role": None, **entry}
    named = ((name, *FIELDS[name]) for name in FIELDS if name in filled)
    return next((f"{name} must be {form}" for name, fits, form in named if not fits(filled[name])), "")


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != "" and value == value.strip()


def _is_sha256(value: Any) -> bool:
    return isinstance(value, str) and SHA256.fullmatch(value) is not None


def _are_names(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_text, value))


FIELDS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "name": (_is_text, "a text, without spaces around it"),
    "role": (lambda value: value in ROLES, " or ".join(ROLES)),
    "sha256": (_is_sha256, "the 64 hexadecimal digits of the token's SHA-256"),
    "token": (_is_text, "a text, without spaces around it"),
    "objects": (_are_names, "a list of names: leave it out if the token is not limited"),
}
"""What the value of each field must be."""


def _malformed(fault: str) -> Refused:
    """Return the error for a malformed secret. Callers drop its cause, which may quote the secret."""
    form = "docs/reference/api.md has its form"
    return Refused(f"the secret with the API's tokens is malformed: {fault}; {form}", code="BAD_TOKENS")


class SourceSecrets:
    """The secrets of sources, below `landfall-<stage>-source/`."""

    def __init__(self, client: SecretsManagerClient, stage: str) -> None:
        self._secrets = client
        self._stage = stage

    def read(self, name: str) -> dict[str, str]:
        """Return the texts of a secret; none if the contract names no secret. Raises Retryable, Refused.

        What is no text is left out, such as the port in a secret that RDS has made. A source that needs it says so.
        """
        if not name:
            return {}
        full = f"landfall-{self._stage}-source/{name}"
        with translate_errors(f"read the secret {full}"):
            response = self._secrets.get_secret_value(SecretId=full)
        try:
            found = json.loads(response.get("SecretString", ""))
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            fault = f"the secret {full} is no JSON object; docs/sources.md has its form"
            raise Refused(fault, code="SOURCE_BAD_SECRET")
        return {name: value for name, value in found.items() if isinstance(value, str)}
