"""A REST API that answers as ours does, and what it answers."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, dict[str, Any]]


class Fault(Enum):
    """How a request fails on its way."""

    CLOSED = "the connection is closed without an answer"
    CUT = "the connection is closed in the middle of the answer"
    BUSY = "429"
    BROKEN = "503"
    OTHER = "an answer that is no JSON"


KEY = "incoming/transactions/a b.csv"
PATH = "/status/incoming%2Ftransactions%2Fa%20b.csv"


@dataclass
class FakeApi:
    """Answers each request with the next of its answers; the last one stays."""

    url: str = ""
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    token: str = "secret"
    faults: list[Fault] = field(default_factory=list)
    """What the next requests meet, one after the other, in place of their answers."""

    def answer(self, method: str, path: str, headers: Any, body: bytes) -> Answer:
        self.asked.append((method, path, json.loads(body) if body else None))
        if headers["Authorization"] != f"Bearer {self.token}":
            return 401, {"error": {"code": "UNAUTHORIZED", "message": "no such token"}}
        waiting = self.answers.get(f"{method} {path}")
        if not waiting:
            return 404, {"error": {"code": "NOT_FOUND", "message": f"nothing at {path}"}}
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]


def status(state: str = "LOADED", **changes: Any) -> dict[str, Any]:
    """What `GET /status` answers of a file with a bad row."""
    counts = {"read": 3, "good": 2, "rejected": 1, "duplicate": 0, "inserted": 2, "updated": 0, "unchanged": 0}
    return {
        "run_id": "a" * 32,
        "file": KEY,
        "object": "transactions",
        "state": state,
        "percent": 100.0,
        "version": {"etag": "e", "version_id": None},
        "chunks": {"total": 1, "pending": 0, "staging": 0, "staged": 1},
        "rows": {**counts, "superseded": 0},
        "bytes": {"total": 10, "staged": 10},
        "seconds": {"total": 1.0},
        "eta_seconds": None,
        "loads_at": None,
        "first_error": {"code": "1205", "message": "date is bad", "line": 3, "byte_offset": 9, "column": "date"},
        "rejects": "s3://b/rejected/",
        **changes,
    }


@contextmanager
def serving(fake: FakeApi) -> Iterator[None]:
    """The API at an address of its own, for as long as this lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            code, body = fake.answer(self.command, self.path, self.headers, self.rfile.read(length))
            length = 0
            data = json.dumps(body).encode()
            match fake.faults.pop(0) if fake.faults else None:
                case Fault.CLOSED:
                    return
                case Fault.CUT:
                    code, data, length = 200, b"{", 10_000
                case Fault.BUSY | Fault.BROKEN as fault:
                    code, data = int(fault.value), b"{}"
                case Fault.OTHER:
                    code, data = 200, b"<html>"
            self.send_response(code)
            self.send_header("Content-Length", str(max(length, len(data))))
            self.end_headers()
            self.wfile.write(data)

        do_POST = do_DELETE = do_GET  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        fake.url = f"http://127.0.0.1:{server.server_port}"
        yield
        server.shutdown()
        thread.join()
