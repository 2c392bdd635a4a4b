"""A server on this machine, for the APIs that sources read."""

from __future__ import annotations

import base64
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

Answer = tuple[int, dict[str, str], bytes]
"""Status, headers and body."""


class Handler(BaseHTTPRequestHandler):
    """Sends answers, and logs nothing."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet for the whole answer: two would wait for an acknowledgement

    def answer(self, answer: Answer) -> None:
        status, headers, body = answer
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers, "Content-Length": len(body)}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)

    def sent(self) -> str:
        """The body of the request."""
        return self.rfile.read(int(self.headers["Content-Length"])).decode()

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


class Server(ThreadingHTTPServer):
    """One thread a connection. A client that is killed is no news."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def serving(handler: type[Handler]) -> Iterator[str]:
    """Serve in a thread. Yields the origin."""
    with Server(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def claims_of(assertion: str, key: RSAPublicKey) -> dict[str, Any]:
    """What a JSON Web Token states, by RS256 (RFC 7515). An error if another key has signed it."""
    signed, _, signature = assertion.rpartition(".")
    key.verify(_decoded(signature), signed.encode(), PKCS1v15(), SHA256())
    header, claims = (json.loads(_decoded(part)) for part in signed.split("."))
    assert header == {"alg": "RS256", "typ": "JWT"}
    return dict(claims)


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
