"""The roles of the API's tokens, and the routes that each may use.

The authorizer is a function of its own. It loads this module without the pipeline, so that it starts quickly.
"""

from __future__ import annotations

import json
import sys
from typing import Protocol

from chalice import AuthResponse, AuthRoute
from chalice.app import AuthRequest

from chalicelib.adapters.secrets import Principal

READER = "reader"
OPERATOR = "operator"
ROLES = {READER: 1, OPERATOR: 2}
"""Each role may do everything that a lower role may do."""

READ_ROUTES = (
    ("/runs", "GET"),
    ("/status/*", "GET"),
    ("/rejects/*", "GET"),
    ("/sources", "GET"),
    ("/health", "GET"),
)
WRITE_ROUTES = (
    ("/runs/*", "POST"),
    ("/runs/*", "DELETE"),
    ("/rejects/*", "POST"),
    ("/backfill", "POST"),
    ("/redrive", "POST"),
    ("/sources/*", "POST"),
)
GLOBAL_ROUTES = (("/backfill", "POST"), ("/redrive", "POST"))
"""Routes that act on every object: a token that is limited to some may not use them."""
ALLOWED_ROUTES = {READER: READ_ROUTES, OPERATOR: (*READ_ROUTES, *WRITE_ROUTES)}
"""The routes that API Gateway allows a role. Gateway caches them per token, so they never depend on one request."""

WHO = "the token is missing or not known, or there is no such path; send the header 'Authorization: Bearer <token>'"
"""One text for all, so that a caller without a token cannot learn which paths exist."""


class Authenticator(Protocol):
    """The tokens that are valid."""

    def authenticate(self, token: str) -> Principal | None:
        """Return the token's principal, or None."""


def authorized(tokens: Authenticator, request: AuthRequest) -> AuthResponse:
    """Return the routes of the token's role. For an unknown token, raise the error that makes Gateway answer 401."""
    principal = authenticate(tokens, request.token)
    if principal is None:
        raise gateway_401()
    allowed = [route for route in ALLOWED_ROUTES[principal.role] if not (principal.objects and route in GLOBAL_ROUTES)]
    routes: list[str | AuthRoute] = [AuthRoute(path, [method]) for path, method in allowed]
    return AuthResponse(routes=routes, principal_id=principal.name, context={"role": principal.role})


def authenticate(tokens: Authenticator, header: str | None) -> Principal | None:
    """Return the principal of the token in an Authorization header; None for an empty or unknown token."""
    scheme, _, token = (header or "").strip().partition(" ")
    return tokens.authenticate(token.strip()) if scheme.lower() == "bearer" and token.strip() else None


def gateway_401() -> Exception:
    """API Gateway answers 401 to an exception of exactly this text; `chalice local` only to one of its own."""
    local = sys.modules.get("chalice.local")
    if local is None:
        return Exception("Unauthorized")
    body = json.dumps({"error": {"code": "UNAUTHORIZED", "message": WHO}}).encode()
    error: Exception = local.NotAuthorizedError({"Content-Type": "application/json"}, body)
    error.args = ("Unauthorized",)
    return error
