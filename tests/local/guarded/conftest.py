"""A whole stack with the sample app, and requests to its servers with every byte as the test wants it."""

from __future__ import annotations

import http.client
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local.aws.clients import client
from local.options import Options
from local.record import Record
from local.stack import Stack

REPO = Path(__file__).resolve().parents[3]
SERVERS = ("aws", "worker", "redshift_data", "api")
"""Those that speak HTTP."""
OPTIONS = Options(app_dir="tests/local/stack/sample", visibility_seconds=5, sweep_seconds=0)

Header = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a server said."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def is_bare_refusal(self) -> bool:
        """403, without a word and without leave for any page to read it. HTTP itself forbids no Host and two: 400."""
        return (
            self.status in (400, 403) and not self.body and not any("access-control" in name for name in self.headers)
        )


@dataclass(frozen=True, kw_only=True)
class Site:
    """A running stack."""

    stack: Stack
    record: Record

    def port(self, server: str) -> int:
        return int(getattr(self.record.ports, server))

    @property
    def token(self) -> Header:
        ((name, value),) = self.record.token_header.items()
        return name, value

    def client(self, service: str) -> Any:
        return client(service, self.record.ports.url("aws"), self.record.credentials)

    def send(
        self, server: str, method: str, path: str, headers: Sequence[Header], body: bytes = b"", *, host: bool = True
    ) -> Answer:
        """Exactly these headers; the right Host unless `host` is false."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port(server), timeout=10)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            own = [("Host", f"127.0.0.1:{self.port(server)}")] if host else []
            for name, value in [*own, *headers, ("Content-Length", str(len(body)))]:
                connection.putheader(name, value)
            connection.endheaders(body)
            got = connection.getresponse()
            return Answer(status=got.status, headers={k.lower(): v for k, v in got.getheaders()}, body=got.read())
        finally:
            connection.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    stack = Stack(REPO, tmp_path_factory.mktemp("guarded"), options=OPTIONS)
    try:
        yield Site(stack=stack, record=stack.up())
    finally:
        stack.down()
