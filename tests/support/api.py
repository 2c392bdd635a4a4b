"""A client of the API of a deployment in memory, and what tests land there."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from chalice.test import Client

import app as application
from chalicelib.domain.contract_files.contract_file import load_contracts
from chalicelib.domain.run.model import Run
from tests.support.paths import ROOT
from tests.support.simulated.deployment import BUCKET, SETTINGS, SimulatedDeployment

CONTRACTS = load_contracts(ROOT / "tests/api/contracts")


SECRET = {
    "tokens": [
        {"name": "dashboard", "role": "reader", "token": "read-me"},
        {"name": "ops", "role": "operator", "token": "run-me"},
        {"name": "things", "role": "operator", "token": "things-alone", "objects": ["thing"]},
    ]
}


GOOD = b"id,value,amount\n" + b"".join(b"k%d,v,%d\n" % (n, n) for n in range(12))


BAD = b"id,value,amount\n1,a,x\n2,b,y\n"


NO_HEADER = b"nothing,that,is,known\n1,2,3,4\n"


KEY = "incoming/thing/a.csv"


class Secrets:
    """Secrets Manager, as far as Tokens uses it."""

    def get_secret_value(self, **asked: str) -> dict[str, str]:
        assert asked == {"SecretId": SETTINGS.tokens_secret}
        return {"SecretString": json.dumps(SECRET)}


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    body: Any
    headers: dict[str, Any]

    @property
    def code(self) -> str:
        return str(self.body["error"]["code"])

    @property
    def message(self) -> str:
        return str(self.body["error"]["message"])


class Api:
    """The app's routes over a deployment."""

    def __init__(self, deployment: SimulatedDeployment) -> None:
        self.deployment = deployment
        self.client = Client(application.app)

    def get(self, path: str, token: str | None = "read-me") -> Answer:
        return self.ask("GET", path, token)

    def post(self, path: str, body: Any = None, token: str | None = "run-me") -> Answer:
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return self.ask("POST", path, token, raw)

    def ask(self, method: str, path: str, token: str | None, body: bytes = b"", **headers: str) -> Answer:
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        if body:
            headers.setdefault("Content-Type", "application/json")
        got = self.client.http.request(method, path, headers=headers, body=body)
        return Answer(status=got.status_code, body=got.json_body, headers=got.headers)

    def pages(self, ask: Callable[[str], Answer], items: str) -> list[list[Any]]:
        """The items of each page, from the first to the one without a cursor."""
        found = [ask("").body]
        while found[-1]["cursor"]:
            assert len(found) < 50
            found.append(ask(found[-1]["cursor"]).body)
        return [page[items] for page in found]

    def direct(
        self, method: str, route: str, *, path: dict[str, str] | None = None, token: str | None = None
    ) -> Answer:
        """A call that no gateway has looked at."""
        event = {
            "requestContext": {"httpMethod": method, "resourcePath": route},
            "headers": {"authorization": f"Bearer {token}"} if token is not None else {},
            "pathParameters": path,
            "multiValueQueryStringParameters": None,
            "stageVariables": {},
            "body": None,
        }
        got = application.app(event, None)
        return Answer(status=got["statusCode"], body=json.loads(got["body"]), headers=got["headers"])

    # ---- the deployment ----

    def land(self, key: str, body: bytes, *, run: bool = True) -> None:
        """Put a file; its run comes to its end unless an argument holds it back."""
        self.deployment.put(key, body, {})
        if run:
            self.deployment.settle()

    def only_run(self) -> Run:
        (run,) = self.deployment.runs.runs.values()
        return run

    def run_of(self, key: str) -> Run:
        newest = self.deployment.runs.newest(BUCKET, key)
        assert newest is not None
        return self.deployment.runs.runs[newest.run_id]


def seg(text: str) -> str:
    """A key as one segment of a path."""
    return quote(text, safe="")


def ids(answer: Answer) -> list[str]:
    """Of which runs an answer is."""
    return [run["run_id"] for run in answer.body["runs"]]
