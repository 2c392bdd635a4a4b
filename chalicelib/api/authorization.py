"""The roles of the API's tokens, and the routes that each may use.

The authorizer is a function of its own. It loads this module without the pipeline, so that it starts quickly.
"""

from __future__ import annotations

import json
import sys
from typing import Protocol

from chalice import AuthResponse, AuthRoute
from chalice.app import AuthRequest

from chalicelib.adapters.secrets import Caller

READER = "reader"
OPERATOR = "operator"
ROLES = {READER: 1, OPERATOR: 2}
"""Each role may do everything that a lower role may do."""

READ_ROUTES = (("/runs", "GET"), ("/status/*", "GET"), ("/rejects/*", "GET"), ("/health", "GET"))
WRITE_ROUTES = (
    ("/runs/*", "POST"),
    ("/runs/*", "DELETE"),
    ("/rejects/*", "POST"),
    ("/backfill", "POST"),
    ("/redrive", "POST"),
)
GLOBAL_ROUTES = (("/backfill", "POST"), ("/redrive", "POST"))
"""Routes that act on every object: a token that is limited to some may not use them."""
ALLOWED_ROUTES = {READER: READ_ROUTES, OPERATOR: (*READ_ROUTES, *WRITE_ROUTES)}
"""The routes that API Gateway allows a role. Gateway caches them per token, so they never depend on one request."""

WHO = "the token is missing or not known, or there is no such path; send the header 'Authorization: Bearer <token>'"
"""One text for all, so that a caller without a token cannot learn which paths exist."""


class Owners(Protocol):
    """The owners of tokens."""

    def caller(self, token: str) -> Caller | None:
        """Return the token's owner, or None."""


def authorized(owners: Owners, request: AuthRequest) -> AuthResponse:
    """Return the routes of the token's role. For an unknown token, raise the error that makes Gateway answer 401."""
    caller = owner(owners, request.token)
    if caller is None:
        raise gateway_401()
    allowed = [route for route in ALLOWED_ROUTES[caller.role] if not (caller.objects and route in GLOBAL_ROUTES)]
    routes: list[str | AuthRoute] = [AuthRoute(path, [method]) for path, method in allowed]
    return AuthResponse(routes=routes, principal_id=caller.name, context={"role": caller.role})


def owner(owners: Owners, header: str | None) -> Caller | None:
    """Return the owner of the token in an Authorization header. An empty token has no owner."""
    scheme, _, token = (header or "").strip().partition(" ")
    return owners.caller(token.strip()) if scheme.lower() == "bearer" and token.strip() else None


def gateway_401() -> Exception:
    """API Gateway answers 401 to an exception of exactly this text; `chalice local` only to one of its own."""
    local = sys.modules.get("chalice.local")
    if local is None:
        return Exception("Unauthorized")
    body = json.dumps({"error": {"code": "UNAUTHORIZED", "message": WHO}}).encode()
    error: Exception = local.NotAuthorizedError({"Content-Type": "application/json"}, body)
    error.args = ("Unauthorized",)
    return error
