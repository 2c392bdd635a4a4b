"""What the local API answers by itself: as the deployed Gateway does, without a word of the request."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.client import HTTPConnection

import pytest
from chalice import Chalice
from chalice.app import AuthRequest, AuthResponse
from chalice.config import Config
from chalice.local import LocalDevServer

from chalicelib.api.authorization import gateway_401
from deploy.template.gateway import ANSWERS
from local.access.handlers import Guard
from local.aws.api import guarded

TOKEN = "not-known-but-secret"


def _app() -> Chalice:
    app = Chalice(app_name="small", configure_logs=False)

    @app.authorizer()
    def authorize(request: AuthRequest) -> AuthResponse:
        raise gateway_401()

    @app.route("/runs", authorizer=authorize)
    def runs() -> dict[str, str]:
        return {}

    return app


@pytest.fixture
def port() -> Iterator[int]:
    app, handler = _app(), guarded(0)
    config = Config.create(chalice_app=app, project_dir=".", app_name="small")
    server = LocalDevServer(app, config, "127.0.0.1", 0, handler_cls=handler).server
    handler.guard = Guard(port=server.server_port)  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("call", ["GET /", "POST /", "GET /no-such-path", "GET /runs", "DELETE /runs/deeper/still"])
@pytest.mark.parametrize("header", [{}, {"Authorization": f"Bearer {TOKEN}"}, {"authorization": TOKEN}])
def test_an_answer_is_gateways_and_quotes_no_token(port: int, call: str, header: dict[str, str]) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request(*call.split(), headers={"Host": f"localhost:{port}", **header})
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    assert TOKEN not in body + str(answer.headers)
    assert (answer.status, json.loads(body)) == (401, json.loads(ANSWERS["UNAUTHORIZED"].template))
