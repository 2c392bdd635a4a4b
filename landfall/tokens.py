"""The tokens in a stage's secret: added, listed and revoked without a moment in which a valid token is refused.

Guarantees that a token is stored as its SHA-256 alone, and that no change of another operator is lost: the new version
of the secret becomes current only if the version that was read still is. A new token works within ten seconds. A
revoked one works for up to `token_cache_seconds` more.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.adapters.secrets import digest_of, read_tokens
from chalicelib.errors import Refused
from landfall.faults import absent, usage

BYTES = 32
ID = 8
"""Digits of the hash that name a token: enough to tell apart the tokens of one secret."""
CURRENT, NEXT = "AWSCURRENT", "landfall-next"
TRIES = 5
"""How often a change is made on what another operator has just changed."""
Entry = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Secret:
    """A secret with tokens."""

    manager: Any
    name: str

    def entries(self) -> list[Entry]:
        """Return the entries as they are now. Raises CommandError if the secret is malformed."""
        return list(self._read()[1]["tokens"])

    def change(self, edit: Callable[[list[Entry]], list[Entry]]) -> None:
        """Replace the entries. Raises CommandError if other operators change them at each try."""
        for _ in range(TRIES):
            if self._changed(edit):
                return
        raise usage(f"other operators change {self.name} at the same time: nothing was done, try again")

    def _changed(self, edit: Callable[[list[Entry]], list[Entry]]) -> bool:
        """Return whether the version that was read was still current. If not, nothing was changed."""
        version, now = self._read()
        text = json.dumps({**now, "tokens": edit(now["tokens"])})
        try:
            read_tokens(text)
        except Refused as fault:
            raise usage(f"nothing was changed, because the API would refuse it: {fault.message}") from None
        made = self.manager.put_secret_value(SecretId=self.name, SecretString=text, VersionStages=[NEXT])
        try:
            self.manager.update_secret_version_stage(
                SecretId=self.name,
                VersionStage=CURRENT,
                MoveToVersionId=made["VersionId"],
                RemoveFromVersionId=version,
            )
        except self.manager.exceptions.InvalidParameterException:
            return False
        return True

    def _read(self) -> tuple[str, dict[str, Any]]:
        """Return the current version and its content."""
        try:
            found = self.manager.get_secret_value(SecretId=self.name, VersionStage=CURRENT)
        except self.manager.exceptions.ResourceNotFoundException:
            raise absent(
                f"there is no secret {self.name}: is the stage deployed, in this account and region?"
            ) from None
        text = found.get("SecretString", "")
        try:
            read_tokens(text)
        except Refused as fault:
            how = f"`aws secretsmanager put-secret-value --secret-id {self.name}` writes it anew"
            raise usage(f"the API refuses every token: {fault.message}; {how}") from None
        return str(found["VersionId"]), json.loads(text)


def token_id(entry: Mapping[str, Any]) -> str:
    """Return the start of a token's hash, which names it."""
    return digest_of(entry).hex()[:ID]


def add(secret: Secret, name: str, role: str, objects: list[str], added: str) -> tuple[str, Entry]:
    """Add a token. Return it and its entry. Other tokens of the same name stay valid."""
    token = secrets.token_urlsafe(BYTES)
    entry: Entry = {"name": name, "role": role, "sha256": hashlib.sha256(token.encode()).hexdigest(), "added": added}
    if objects:
        entry["objects"] = objects
    secret.change(lambda now: [*now, entry])
    return token, entry


def revoke(secret: Secret, which: str) -> Entry:
    """Remove the token with that name or id, and return its entry. Raises CommandError if there is not exactly one."""
    removed = list[Entry]()

    def without(now: list[Entry]) -> list[Entry]:
        found = [entry for entry in now if which in (token_id(entry), entry["name"])]
        if not found:
            raise absent(f"no token has the name or id {which}: landfall token list")
        if len(found) > 1:
            ids = ", ".join(map(token_id, found))
            raise usage(f"{len(found)} tokens have the name {which}: revoke one by its id, {ids}")
        removed[:] = found
        return [entry for entry in now if entry is not found[0]]

    secret.change(without)
    return removed[0]
