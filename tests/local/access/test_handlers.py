"""Where a request ends is beyond doubt, also for a server that checks its callers itself."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from local.access.handlers import Guard, GuardedHandler

SMUGGLED = "POST /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Handler(GuardedHandler, BaseHTTPRequestHandler):
    """As `chalice local` reads bodies."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Answer with the body."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Handler.guard = Guard(port=server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join()


def _answer(port: int, headers: str, body: str) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        head = f"POST / HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n{headers}\r\n"
        client.sendall(head.encode() + body.encode())
        return b"".join(iter(lambda: client.recv(4096), b""))


@pytest.mark.parametrize(
    "headers",
    [
        "Content-Length: x\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: +2\r\n",
        "Content-Length: 1_0\r\n",
        "Content-Length: 99999999999999999999999\r\n",
        "Content-Length: 99999999\r\n",
        "Content-Length: 2\r\nContent-Length: 0\r\n",
        "Content-Length: 0\r\nContent-Length: 2\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Transfer-Encoding: identity\r\nContent-Length: 2\r\n",
        "Content-Length: 2\r\ntransfer-encoding: chunked\r\n",
    ],
)
def test_a_body_without_a_known_end_is_refused_at_once(port: int, headers: str) -> None:
    found = _answer(port, headers, "0\r\n\r\n" + SMUGGLED)
    assert found.startswith(b"HTTP/1.1 413 ")
    assert found.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize("headers", ["Content-Length: 2\r\n", "Content-Length: 2\r\nContent-Length: 2\r\n"])
def test_other_bodies_are_taken(port: int, headers: str) -> None:
    assert _answer(port, headers, "{}").endswith(b"\r\n\r\n{}")
