"""boto3 clients whose wire is a function of the test: it gets each request and gives a status and a body."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config


@dataclass(frozen=True, kw_only=True)
class Response:
    """What comes back over the wire."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Request:
    """What went out."""

    operation: str
    method: str
    path: str
    headers: dict[str, str]
    body: Any


Wire = Callable[[Request], Response]


class _Raw(io.BytesIO):
    """The body as urllib3 gives it."""

    def stream(self, amount: int = 1 << 16, **_: Any) -> Iterator[bytes]:
        while piece := self.read(amount):
            yield piece


def client(service: str, wire: Wire, *, tries: int = 1) -> Any:
    """A client that never leaves the process."""
    made = boto3.client(
        service,
        region_name="eu-west-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=Config(retries={"total_max_attempts": tries, "mode": "standard"}),
    )

    def send(request: AWSPreparedRequest, event_name: str, **_: Any) -> AWSResponse:
        response = wire(_request(request, event_name.rsplit(".", 1)[-1]))
        headers = {"Content-Length": str(len(response.body)), **response.headers}
        return AWSResponse(request.url, response.status, headers, _Raw(response.body))

    made.meta.events.register("before-send", send)
    return made


def _request(request: AWSPreparedRequest, operation: str) -> Request:
    body = request.body.read() if hasattr(request.body, "read") else request.body
    headers = {n: v.decode() if isinstance(v, bytes) else str(v) for n, v in request.headers.items()}
    is_json = "x-amz-json" in headers.get("Content-Type", "")
    return Request(
        operation=operation,
        method=str(request.method),
        path=unquote(request.url.partition(".com")[2]),
        headers=headers,
        body=json.loads(body) if is_json and body else body,
    )


def error(code: str, *, status: int = 400, message: str = "") -> Response:
    """An error as services with JSON protocols give it."""
    return Response(
        status=status,
        body=json.dumps({"__type": code, "message": message}).encode(),
        headers={"x-amzn-errortype": code, "Content-Type": "application/x-amz-json-1.1"},
    )


def xml_error(code: str, *, status: int = 400, message: str = "") -> Response:
    """An error as S3 gives it."""
    return Response(status=status, body=f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode())


def reply(**values: Any) -> Response:
    return Response(body=json.dumps(values).encode(), headers={"Content-Type": "application/x-amz-json-1.1"})


@dataclass
class Script:
    """A wire that gives its responses in turn, the last one again and again, and keeps the requests."""

    responses: list[Response | Exception]
    requests: list[Request] = field(default_factory=list)

    def __call__(self, request: Request) -> Response:
        self.requests.append(request)
        response = self.responses.pop(0) if len(self.responses) > 1 else self.responses[0]
        if isinstance(response, Exception):
            raise response
        return response

    @property
    def operations(self) -> list[str]:
        return [a.operation for a in self.requests]
