"""The guard before ministack: a refused request never reaches a service, and no answer is readable by a web page.

The interpreter of .venv-ministack runs this. `local.access` applies the same rules to the other servers of the stack.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable
from typing import Any

from local.access.origins import is_foreign
from local.access.signatures import Claim, Credentials, Request, claim_of

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

MAX_BODY = 256 << 20  # limit of a body that is hashed before any work; S3's objects are not among them
DEPLOYED_API = re.compile(r"/restapis/\w+/\w+/_user_request_(/.*)?", re.A)  # without escapes: ministack decodes them


class TamperedError(Exception):
    """A body is not the one that was signed."""


def guarded(app: App, port: int, credentials: Credentials, *, deployed: bool) -> App:
    """Put the application behind its guard. With `deployed`, its APIs check their callers themselves, as in AWS."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await app(scope, receive, send)
        if scope["type"] != "http":
            return await send({"type": "websocket.close"})
        headers = [(_text(name), _text(value)) for name, value in scope["headers"]]
        target = _target(scope)
        if is_foreign(port, scope["method"], target, headers):
            return await _refuse(send)
        if deployed and DEPLOYED_API.fullmatch(target.partition("?")[0]):
            return await app(scope, receive, _without_cors(send))
        claim = claim_of(credentials, Request.of(scope["method"], target, headers))
        checked = await _checked(claim, receive) if claim else None
        if checked is None:
            return await _refuse(send)
        return await app(scope, checked, _without_cors(send))

    return serve


async def _checked(claim: Claim, receive: Receive) -> Receive | None:
    """Return the application's access to the body; None if the body must be checked first and was not signed."""
    if not claim.body_first:
        return _checking(claim, receive)
    body = await _whole(receive)
    if body is None or not claim.fits(hashlib.sha256(body).hexdigest()):
        return None
    given = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> dict[str, Any]:
        return given.pop() if given else await receive()

    return again


def _checking(claim: Claim, receive: Receive) -> Receive:
    """Hash the body while the application reads it. Raises TamperedError at its end."""
    hashed = hashlib.sha256()

    async def read() -> dict[str, Any]:
        message = await receive()
        if message["type"] == "http.request":
            hashed.update(message.get("body", b""))
            if not message.get("more_body") and not claim.fits(hashed.hexdigest()):
                raise TamperedError
        return message

    return read


async def _whole(receive: Receive) -> bytes | None:
    """Read the body; return None if it is too large or its sender has left."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request" or size > MAX_BODY:
            return None
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if not message.get("more_body"):
            return b"".join(parts)


async def _refuse(send: Send) -> None:
    headers = [(b"content-length", b"0"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def _without_cors(send: Send) -> Send:
    """Remove the CORS headers, with which ministack lets every page read every answer."""

    async def sent(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            kept = [pair for pair in message["headers"] if not bytes(pair[0]).lower().startswith(b"access-control-")]
            message = {**message, "headers": kept}
        await send(message)

    return sent


def _target(scope: Scope) -> str:
    query = _text(scope["query_string"])
    return _text(scope["raw_path"]) + (f"?{query}" if query else "")


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")
