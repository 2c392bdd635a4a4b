"""Authentication of an HTTP source's requests. The secret's values appear in headers only."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping

from chalicelib.domain.source.settings import Auth, HttpSettings
from chalicelib.errors import Refused
from chalicelib.sources.http.client import Client
from chalicelib.sources.http.token import requested_token
from chalicelib.sources.secret import BAD_SECRET, require

FIELDS: Mapping[Auth, tuple[str, ...]] = {
    Auth.NONE: (),
    Auth.HEADER: ("token",),
    Auth.BEARER: ("token",),
    Auth.BASIC: ("username", "password"),
    Auth.OAUTH2: ("client_id", "client_secret"),
    Auth.JWT_BEARER: ("client_id", "username", "private_key"),
}
"""What the secret must have."""


class Authenticator:
    """The headers of requests. A token is requested once, and again after `renew`."""

    def __init__(
        self,
        settings: HttpSettings,
        secret: Callable[[], Mapping[str, str]],
        client: Client,
        now: Callable[[], float],
    ) -> None:
        self._settings, self._secret, self._client, self._now = settings, secret, client, now
        self._headers: dict[str, str] | None = None

    @property
    def renewable(self) -> bool:
        """Whether another token can be requested."""
        return self._settings.auth in (Auth.OAUTH2, Auth.JWT_BEARER)

    def renew(self) -> None:
        """Drop the token."""
        self._headers = None

    def headers(self) -> dict[str, str]:
        """Return the headers that authenticate a request. Raises Paused, Retryable, Refused."""
        if self._headers is None:
            self._headers = self._made(self._values())
        return self._headers

    def _values(self) -> Mapping[str, str]:
        needed = FIELDS[self._settings.auth]
        secret = self._secret() if needed else {}
        require(secret, needed)
        if any(not secret[name].isprintable() for name in needed if name != "private_key"):
            raise Refused("the source's secret has a value with a line break; remove it", code=BAD_SECRET)
        if "token" in needed and not secret["token"].isascii():
            fault = "the token of the source's secret has a character that is not ASCII; copy it again"
            raise Refused(fault, code=BAD_SECRET)
        return secret

    def _made(self, secret: Mapping[str, str]) -> dict[str, str]:
        match self._settings.auth:
            case Auth.HEADER:
                return {self._settings.auth_header: secret["token"]}
            case Auth.BEARER:
                return {"Authorization": f"Bearer {secret['token']}"}
            case Auth.BASIC:
                pair = f"{secret['username']}:{secret['password']}".encode()
                return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
            case Auth.OAUTH2 | Auth.JWT_BEARER:
                token = requested_token(self._settings, secret, self._client, self._now())
                return {"Authorization": f"Bearer {token}"}
        return {}
