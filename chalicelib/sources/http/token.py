"""Tokens of an OAuth 2.0 server, which the requests of an HTTP source bear.

Guarantees that errors have nothing of the secret and nothing of the answer, except an error code of the standard.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from chalicelib.domain.source.settings import Auth, HttpSettings
from chalicelib.errors import Refused
from chalicelib.sources.http.client import Client, place, same_origin
from chalicelib.sources.secret import BAD_SECRET

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ASSERTION_SECONDS = 180
"""How long an assertion is valid. Salesforce takes three minutes at most."""
CODES = (
    *("invalid_request", "invalid_client", "invalid_grant", "unauthorized_client"),
    *("unsupported_grant_type", "invalid_scope"),
)
"""Error codes of RFC 6749, 5.2."""


def requested_token(settings: HttpSettings, secret: Mapping[str, str], client: Client, now: float) -> str:
    """Request a token: with client credentials (RFC 6749, 4.4), or with a signed assertion (RFC 7523, 2.1).

    Raises Paused, Retryable, Refused.
    """
    url = settings.token_url
    if settings.auth is Auth.JWT_BEARER:
        sent = {"grant_type": JWT_BEARER, "assertion": _assertion(settings, secret, now)}
    else:
        sent = {name: secret[name] for name in ("client_id", "client_secret")} | {"grant_type": "client_credentials"}
    if settings.scope:
        sent["scope"] = settings.scope
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    response = client.request("POST", url, headers, urlencode(sent).encode())
    answer = _answer(response.body)
    if response.status != 200:
        why = f"{response.status}, {answer['error']}" if answer.get("error") in CODES else f"{response.status}"
        raise Refused(f"{place(url)} gives no token ({why}); correct the secret", code=BAD_SECRET)
    token = answer.get("access_token")
    if not isinstance(token, str) or not token or not (token.isascii() and token.isprintable()):
        raise Refused(f"{place(url)} answers without an access_token", code=BAD_SECRET)
    _check_instance(settings.url, answer.get("instance_url"))
    return token


def _assertion(settings: HttpSettings, secret: Mapping[str, str], now: float) -> str:
    """Return a statement of who asks for a token, signed with the private key (RS256)."""
    from google.auth import crypt, jwt  # other kinds do not need them

    claims = {
        "iss": secret["client_id"],
        "sub": secret["username"],
        "aud": settings.audience,
        "exp": int(now) + ASSERTION_SECONDS,
    }
    try:
        signer = crypt.RSASigner.from_string(secret["private_key"])  # type: ignore[no-untyped-call]
        return str(jwt.encode(signer, claims), "ascii")  # type: ignore[no-untyped-call]
    except (ValueError, TypeError):
        fault = "the private_key of the source's secret is no RSA key in PEM without a passphrase; store one"
        raise Refused(fault, code=BAD_SECRET) from None


def _answer(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _check_instance(url: str, instance: object) -> None:
    """Raise Refused if the token is for another origin than the contract's: only the contract chooses that."""
    if not instance or not isinstance(instance, str):
        return
    try:
        same_origin(url, instance)
    except Refused:
        fault = f"the token's instance_url is of another origin than {place(url)}; write that origin into url"
        raise Refused(fault, code="SOURCE_OTHER_ORIGIN") from None
