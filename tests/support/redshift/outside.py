"""What a Redshift reaches: an S3 and an EventBridge on loopback, as small as COPY and the events need."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

_NO_SUCH_KEY = b"<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>"


@dataclass(kw_only=True)
class Outside:
    """Objects by bucket/key, the events received so far, and keys that must wait before they are read."""

    objects: dict[str, bytes] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    gates: dict[str, threading.Event] = field(default_factory=dict)
    url: str = ""

    def put(self, path: str, body: bytes | str) -> None:
        self.objects[path] = body.encode() if isinstance(body, str) else body

    def manifest(self, path: str, *paths: str, mandatory: bool = True) -> None:
        entries = [{"url": f"s3://{one}", "mandatory": mandatory} for one in paths]
        self.put(path, json.dumps({"entries": entries}))


class OutsideServer(ThreadingHTTPServer):
    """Serves it from a thread of its own."""

    daemon_threads = True

    def __init__(self, outside: Outside) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.outside = outside
        outside.url = f"http://127.0.0.1:{self.server_address[1]}"
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self.shutdown()
        self.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: OutsideServer

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        asked = parse_qs(parts.query)
        if "list-type" in asked:
            return self._list(unquote(parts.path).strip("/"), asked.get("prefix", [""])[0])
        path = unquote(parts.path).lstrip("/")
        if path in self.server.outside.gates:
            self.server.outside.gates[path].wait(30)
        body = self.server.outside.objects.get(path)
        return self._answer(404, _NO_SUCH_KEY) if body is None else self._answer(200, body)

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_PUT(self) -> None:
        path = unquote(urlsplit(self.path).path).lstrip("/")
        self.server.outside.objects[path] = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(200, b"")

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.outside.events += body["Entries"]
        self._answer(200, json.dumps({"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}).encode())

    def _list(self, bucket: str, prefix: str) -> None:
        keys = sorted(path.partition("/")[2] for path in self.server.outside.objects if path.startswith(f"{bucket}/"))
        found = "".join(f"<Contents><Key>{escape(key)}</Key></Contents>" for key in keys if key.startswith(prefix))
        self._answer(200, f"<ListBucketResult><IsTruncated>false</IsTruncated>{found}</ListBucketResult>".encode())

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            with suppress(BrokenPipeError, ConnectionResetError):  # a cancelled COPY hangs up
                self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass
