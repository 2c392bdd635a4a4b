"""The guard of servers that are made with `http.server`. It runs before every method, also before future ones."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler

from local.access.origins import is_foreign
from local.access.signatures import Credentials, Request, claim_of

_DRAINED = 64 * 1024  # most bytes of a refused body that are read, so that its sender can read the answer


@dataclass(frozen=True, kw_only=True)
class Guard:
    """The requirements of one server."""

    port: int
    credentials: Credentials | None = None
    """None for a server that checks its callers itself."""
    max_body: int = 8 * 1024 * 1024


class GuardedHandler(BaseHTTPRequestHandler):
    """Refuses a request with 403, or with 413 if its body has no known end. The answer has nothing else.

    The body of an admitted request is in `body`. A server without credentials in its guard reads the body itself.
    """

    guard: Guard
    body: bytes = b""

    def parse_request(self) -> bool:
        """Return whether the request goes on to its method."""
        if not super().parse_request():
            return False
        refusal = self._refusal()
        if refusal:
            self._refuse(refusal)
        return not refusal

    def _refusal(self) -> int:
        """The status of the answer to a request that is not admitted, else 0."""
        headers = self.headers.items()
        if is_foreign(self.guard.port, self.command, self.path, headers):
            return 403
        size = self._body_size()
        bounded = 0 <= size <= self.guard.max_body and "Transfer-Encoding" not in self.headers
        if self.guard.credentials is None:
            return 0 if bounded else 413
        claim = claim_of(self.guard.credentials, Request.of(self.command, self.path, headers))
        if claim is None:
            return 403
        if not bounded:
            return 413
        self.body = self.rfile.read(size)
        return 0 if claim.fits(hashlib.sha256(self.body).hexdigest()) else 403

    def _body_size(self) -> int:
        given = set(self.headers.get_all("Content-Length") or ["0"])
        text = given.pop()
        return int(text) if not given and re.fullmatch(r"[0-9]{1,18}", text) else -1

    def _refuse(self, status: int) -> None:
        self.close_connection = True
        if status == 403 and not self.body and 0 <= self._body_size() <= _DRAINED:
            self.rfile.read(self._body_size())
        self.send_response_only(status)
        self.send_header("Content-Length", "0")
        self.send_header("Connection", "close")
        self.end_headers()
