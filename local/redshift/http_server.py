"""The Data API and Redshift Serverless over HTTP on loopback: JSON 1.1 with X-Amz-Target, which AWS's clients send."""

from __future__ import annotations

import json
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from local.access.handlers import Guard, GuardedHandler
from local.access.signatures import Credentials
from local.redshift.data_api import DataApi
from local.redshift.requests import ApiError, Request
from local.redshift.responses import Answer
from local.redshift.serverless import serverless

_DATA, _SERVERLESS = "RedshiftData", "RedshiftServerless"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    api: DataApi
    guard: Guard


class HttpServer:
    """Serves in its own thread between `start` and `stop`."""

    def __init__(self, api: DataApi, credentials: Credentials, port: int = 0) -> None:
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.api = api
        self._server.guard = Guard(port=self._server.server_address[1], credentials=credentials)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(GuardedHandler, BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    @property
    def guard(self) -> Guard:  # type: ignore[override]
        return self.server.guard

    def do_GET(self) -> None:
        """Answer a caller that waits until the server is up."""
        self._answer(200, {"service": "redshift-data", "local": True})

    def do_POST(self) -> None:
        target = self.headers.get("X-Amz-Target") or ""
        try:
            answer = self._call(target, json.loads(self.body or b"{}"))
        except ApiError as error:
            return self._fail(error)
        except ValueError as error:
            return self._fail(ApiError("SerializationException", f"the request is not JSON: {error}"))
        except Exception as error:  # the client must get an answer, and the others their server
            self._fail(ApiError("InternalServerException", f"{type(error).__name__}: {error}", 500))
            raise
        return self._answer(200, answer)

    def _call(self, target: str, request: Request) -> Answer:
        service, _, operation = target.partition(".")
        if service == _SERVERLESS:
            return serverless(operation, request)
        if service != _DATA:
            raise ApiError("UnknownOperationException", f"X-Amz-Target {target!r} is not of Redshift")
        return self.server.api.call(operation, request)

    def _fail(self, error: ApiError) -> None:
        self._answer(error.status, {"__type": error.kind, "message": error.message, "Message": error.message})

    def _answer(self, status: int, answer: dict[str, Any]) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("x-amzn-RequestId", str(uuid.uuid4()))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Log nothing: requests hold SQL."""
