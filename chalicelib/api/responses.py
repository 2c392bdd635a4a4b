"""The layer between HTTP and the API's functions: the role of each request, and the form of every response and error.

Guarantees that a handler runs only for a token with a sufficient role, for any caller. Every error is
{"error": {"code", "message"}} without an unplanned detail.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

from chalice import Chalice, Response
from chalice.app import Request

from chalicelib import observe
from chalicelib.adapters.secrets import Principal
from chalicelib.api.authorization import GLOBAL_ROUTES, ROLES, WHO, Authenticator, authenticate
from chalicelib.api.requests import Call
from chalicelib.api.routes import Route, Wiring
from chalicelib.errors import LandfallError, Refused, Retryable, SourceChanged, SourceGone
from chalicelib.operations.cancels import Ended
from chalicelib.operations.commands import BadRequest, NotFound
from chalicelib.operations.limited import limited_to
from chalicelib.operations.reruns import Busy, NeedsRestore, NothingToAccept, StillUnrouted
from chalicelib.operations.resubmits import NotCorrectable
from chalicelib.operations.sources import Reading
from chalicelib.ports import Conflict
from chalicelib.visible import visible_json

JSON = {"Content-Type": "application/json"}


class Unauthorized(LandfallError):
    """No token, or not one of ours."""

    code = "UNAUTHORIZED"


class Forbidden(LandfallError):
    """The token's role is too low for this request."""

    code = "FORBIDDEN"


STATUS: dict[type[Exception], int] = {
    BadRequest: 400,
    Unauthorized: 401,
    Forbidden: 403,
    NotFound: 404,
    Busy: 409,
    NotCorrectable: 409,
    Ended: 409,
    Reading: 409,
    StillUnrouted: 409,
    NeedsRestore: 409,
    NothingToAccept: 409,
    SourceGone: 409,
    SourceChanged: 409,
    Conflict: 409,
    Retryable: 503,
}

POST_ROUTES = "POST goes to /runs/{object}, /rejects/{file}, /backfill, /redrive and /sources/{object}"
CHALICE_CODES = {405: "METHOD_NOT_ALLOWED", 415: "UNSUPPORTED_MEDIA_TYPE"}
"""The codes of Chalice's own responses, before a handler runs."""


# ---- requests ------------------------------------------------------------------------------------------------------


def _admit(tokens: Authenticator, request: Request, route: Route) -> Principal:
    """Check the request's token again, because not every caller is Gateway. Raises Unauthorized, Forbidden."""
    principal = authenticate(tokens, request.headers.get("authorization"))
    if principal is None:
        raise Unauthorized(WHO)
    if ROLES[principal.role] < ROLES[route.role]:
        raise Forbidden(f"this request needs a token of role {route.role}; yours has role {principal.role}")
    if principal.objects and (route.path, route.method) in GLOBAL_ROUTES:
        raise Forbidden("this request acts on every object, and your token is limited to some of them")
    return principal


# ---- responses -----------------------------------------------------------------------------------------------------

Handler = Callable[..., dict[str, Any]]


def respond(app: Chalice, wiring: Wiring, route: Route, handler: Handler, path: Mapping[str, str]) -> Response:
    """Call the handler if the request's role may use the route. Its dict becomes JSON, its error an error response."""
    try:
        request = current_request(app)
        principal = _admit(wiring.tokens, request, route)
        pipeline = limited_to(wiring.pipeline, principal.objects) if principal.objects else wiring.pipeline
        return reply(handler(pipeline, Call(request=request, principal=principal), **path), route.status)
    except Exception as error:  # noqa: BLE001 - the last guard: no unplanned detail leaves
        return fault(error)


def current_request(app: Chalice) -> Request:
    """Return the request that is being answered. Raises LookupError outside of one."""
    if app.current_request is None:
        raise LookupError("no request is being answered")
    return app.current_request


def reply(body: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] = {}) -> Response:
    """Return a JSON response: without NaN, and with unprintable characters escaped."""
    text = visible_json(plain(body), allow_nan=False, separators=(",", ":"))
    return Response(text, {**JSON, **headers}, status)


def plain(value: Any) -> Any:
    """Convert a value to JSON types: NaN and infinities become null, times and enums become strings."""
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, Decimal):
        return plain(int(value) if value.is_finite() and value == int(value) else float(value))
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Enum):
        return plain(value.value)
    return value.isoformat() if isinstance(value, date) else value


def fault(error: Exception) -> Response:
    """Return an error as a response. Details of an unexpected error go only to the log."""
    status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)
    if isinstance(error, Refused) and error.code == "BAD_CURSOR":
        status = 400
    if status == 500:
        observe.note("api_failed", {"error": type(error).__name__, "where": _where(error)})
        return reply(_error_body("INTERNAL", "an internal error occurred; the function's log names it"), 500)
    if isinstance(error, LandfallError):
        again = {"Retry-After": "5"} if status == 503 else {}
        return reply(_error_body(error.code, error.message), status, again)
    return reply(_error_body("CONFLICT", "the run changed during the request; check its status and try again"), status)


def shaped(response: Response) -> Response:
    """Return one of Chalice's own responses in our form."""
    body = response.body
    if not isinstance(body, dict) or "Code" not in body:
        return response
    code = CHALICE_CODES.get(response.status_code, str(body["Code"]) if response.status_code < 500 else "INTERNAL")
    kept = {name: value for name, value in response.headers.items() if isinstance(value, str)}
    allow = kept.get("Allow", "")
    hint = f"; this path takes {allow}" + (f", and {POST_ROUTES}" if "POST" not in allow else "") if allow else ""
    return reply(_error_body(code, f"{body['Message']}{hint}"), response.status_code, kept)


def unencoded() -> NotFound:
    """Return the error for a key in the path with plain slashes, so that API Gateway does not respond itself."""
    return NotFound("a file is one segment of the path; encode the slashes of its key as %2F")


def _error_body(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}


def _where(error: Exception) -> str:
    """Return the last line of code that the error passed; it shows no value."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}" if trace else ""
