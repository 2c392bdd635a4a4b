"""One real local stack for all end-to-end tests, with a copy of the app whose contracts the tests may change."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import boto3
import psycopg
import pytest
import requests

from local.options import Options
from local.record import Record
from local.stack import Stack
from tests.shipped import others

ROOT = Path(__file__).parents[2]
HEADER = "transaction_id,account_id,transaction_date,amount,currency,merchant,category\n"


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """A running stack as its users see it: a bucket, an API, a warehouse."""

    stack: Stack
    record: Record
    app: Path

    @property
    def s3(self) -> Any:
        env = self.record.env
        return boto3.client(
            "s3",
            endpoint_url=self.record.ports.url("aws"),
            region_name=env["AWS_REGION"],
            aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
        )

    @property
    def bucket(self) -> str:
        return self.record.names.bucket

    def put(self, key: str, body: str) -> None:
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body.encode())

    def call(self, method: str, path: str, **kwargs: Any) -> requests.Response:
        token = json.loads(Path(self.record.files["tokens"]).read_text())["operator"]
        headers = {"Authorization": f"Bearer {token}"}
        return requests.request(method, self.record.ports.url("api") + path, headers=headers, timeout=30, **kwargs)

    def status(self, file: str) -> dict[str, Any]:
        answer = self.call("GET", f"/status/{quote(file, safe='')}")
        return answer.json() if answer.ok else {"state": "UNKNOWN", "percent": 0}

    def until(self, true: Callable[[], bool], seconds: float = 60.0) -> None:
        deadline = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < deadline, "it did not happen in time"
            time.sleep(0.05)

    def wait(self, file: str, seconds: float = 60.0) -> dict[str, Any]:
        """The status of a file once nothing is left to do for it."""
        self.until(lambda: self.status(file).get("finished", False), seconds)
        return self.status(file)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.record.warehouse["dsn"], autocommit=True) as connection:
            return connection.execute(sql).fetchall()  # type: ignore[call-overload]


@contextmanager
def contracts_added(deployment: Deployment, texts: Mapping[str, str]) -> Iterator[None]:
    """Give the app more contracts, by their names, for a while."""
    files = {deployment.app / f"chalicelib/contracts/{name}.toml": text for name, text in texts.items()}
    for file, text in files.items():
        file.write_text(text)
    deployment.stack.restart()
    yield
    for file in files:
        file.unlink()
    deployment.stack.restart()


def transactions(first: int, count: int, bad: int = 0) -> str:
    """A file of good rows numbered from `first`, and bad ones after them."""
    good = "".join(f"T{i},{i},2025-01-{i % 28 + 1:02},{i}.50,EUR,Shop {i},food\n" for i in range(first, first + count))
    return HEADER + good + "".join(f"B{i},not a number,2025-01-01,1.00,EUR,,\n" for i in range(bad))


@contextmanager
def deployed(folder: Path, *, all_choices: bool) -> Iterator[Deployment]:
    """A stack of its own, with its own copy of the app; with a state machine and a rule for files, or neither."""
    app = folder / "app"
    app.mkdir()
    shutil.copy(ROOT / "app.py", app)
    built = shutil.ignore_patterns("__pycache__", "deployments")
    for part in ("chalicelib", ".chalice"):
        shutil.copytree(ROOT / part, app / part, ignore=lambda at, names: {*built(at, names), *others(at, names)})
    options = Options(
        app_dir=str(app),
        visibility_seconds=6,
        sweep_seconds=2,
        step_functions=all_choices,
        by_rule=all_choices,
        settings={"LANDFALL_CHUNK_MB": "0.1", "LANDFALL_STUCK_SECONDS": "4"},
    )
    stack = Stack(ROOT, folder / "state", options=options)
    try:
        yield Deployment(stack=stack, record=stack.up(), app=app)
    finally:
        stack.down()


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with deployed(tmp_path_factory.mktemp("messages"), all_choices=False) as found:
        yield found


@pytest.fixture(scope="session")
def by_executions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """The same, but a rule of EventBridge announces files, and executions of a state machine move runs on."""
    with deployed(tmp_path_factory.mktemp("executions"), all_choices=True) as found:
        yield found


@pytest.fixture(params=["deployment", "by_executions"])
def either(request: pytest.FixtureRequest) -> Deployment:
    """Both, one after the other."""
    found: Deployment = request.getfixturevalue(request.param)
    return found
