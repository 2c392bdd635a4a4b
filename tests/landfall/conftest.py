"""Runs the command as a script would see it: output, error text, exit code."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from landfall.main import app
from tests.landfall.fake_api import FakeApi, serving
from tests.shipped import copied


@dataclass(frozen=True, kw_only=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Standard output as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]


Landfall = Callable[..., Done]


@pytest.fixture
def landfall(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Landfall:
    for name in ("LANDFALL_API_URL", "LANDFALL_TOKEN", "LANDFALL_BUCKET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANDFALL_STATE_DIR", ".landfall-of-no-stack")
    monkeypatch.setenv("LANDFALL_CONTRACTS", str(copied(tmp_path_factory.mktemp("contracts"))))

    def run(*arguments: str | Path) -> Done:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Done(code=result.exit_code, out=result.stdout, err=result.stderr)

    return run


@pytest.fixture
def local_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    """Record a local stack that is up, and return its settings. The shell names no deployment."""
    settings = {
        "LANDFALL_STAGE": "local",
        "LANDFALL_WORKGROUP": "of-the-stack",
        "LANDFALL_DATABASE": "dev",
        "LANDFALL_BUCKET": "local-landing",
        "LANDFALL_COPY_ROLE": "local-role",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:8",  # no server listens there
        **dict.fromkeys(("AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "local"),
    }
    (tmp_path / "tokens.json").write_text('{"operator": "local-token"}')
    up = {"ready": True, "urls": {"api": "http://127.0.0.1:9"}, "env": settings}
    (tmp_path / "stack.json").write_text(json.dumps({**up, "files": {"tokens": str(tmp_path / "tokens.json")}}))
    monkeypatch.setenv("LANDFALL_STATE_DIR", str(tmp_path))
    for name in ("LANDFALL_API_URL", "LANDFALL_TOKEN", "LANDFALL_BUCKET"):
        monkeypatch.delenv(name, raising=False)
    return settings


@pytest.fixture
def api(landfall: Landfall, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeApi]:
    """The API of the deployment that the command finds."""
    fake = FakeApi()
    with serving(fake):
        monkeypatch.setenv("LANDFALL_API_URL", fake.url)
        monkeypatch.setenv("LANDFALL_TOKEN", fake.token)
        yield fake


HEADER = "transaction_id,account_id,transaction_date,amount,currency,merchant,category"


@pytest.fixture
def transactions(tmp_path: Path) -> Callable[..., Path]:
    """Writes a file of transactions from whole lines (text or bytes)."""

    def write(*lines: str | bytes, name: str = "transactions.csv", header: str = HEADER) -> Path:
        path = tmp_path / name
        parts = [line if isinstance(line, bytes) else line.encode() for line in (header, *lines)]
        path.write_bytes(b"\n".join(parts) + b"\n")
        return path

    return write
