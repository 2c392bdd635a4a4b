"""Authentication of an HTTP source's requests. The secret's values appear in headers only."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from chalicelib.domain.source.settings import Auth, HttpSettings
from chalicelib.errors import Refused
from chalicelib.sources.http.client import Client, place
from chalicelib.sources.secret import BAD_SECRET, require

FIELDS: Mapping[Auth, tuple[str, ...]] = {
    Auth.NONE: (),
    Auth.HEADER: ("token",),
    Auth.BEARER: ("token",),
    Auth.BASIC: ("username", "password"),
    Auth.OAUTH2: ("client_id", "client_secret"),
}
"""What the secret must have."""


class Authenticator:
    """The headers of requests. A token is requested once, and again after `renew`."""

    def __init__(self, settings: HttpSettings, secret: Callable[[], Mapping[str, str]], client: Client) -> None:
        self._settings, self._secret, self._client = settings, secret, client
        self._headers: dict[str, str] | None = None

    @property
    def renewable(self) -> bool:
        """Whether another token can be requested."""
        return self._settings.auth is Auth.OAUTH2

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
        if any(not secret[name].isprintable() for name in needed):
            raise Refused("the source's secret has a value with a line break; remove it", code=BAD_SECRET)
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
            case Auth.OAUTH2:
                return {"Authorization": f"Bearer {self._token(secret)}"}
        return {}

    def _token(self, secret: Mapping[str, str]) -> str:
        """Request a token with client credentials (RFC 6749, 4.4)."""
        url = self._settings.token_url
        sent = {name: secret[name] for name in FIELDS[Auth.OAUTH2]} | {"grant_type": "client_credentials"}
        if self._settings.scope:
            sent["scope"] = self._settings.scope
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        response = self._client.request("POST", url, headers, urlencode(sent).encode())
        if response.status != 200:
            raise Refused(f"{place(url)} gives no token ({response.status}); correct the secret", code=BAD_SECRET)
        try:
            token = json.loads(response.body)["access_token"]
        except (ValueError, KeyError, TypeError, RecursionError):
            token = None
        if not isinstance(token, str) or not token or not token.isprintable():
            raise Refused(f"{place(url)} answers without an access_token", code=BAD_SECRET)
        return token
