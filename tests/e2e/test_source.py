"""The rows of an API end in the target, on the real local stack, with books that balance."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.adapters.memory import MemoryClock
from local.aws.clients import client
from local.options import Options
from local.stack import Stack
from tests.e2e.conftest import ROOT, Deployment
from tests.sources.http_world import SECRET, HttpWorld, Served, served
from tests.sources.site import CONTRACT

TOO_LONG = "a name of over 16 bytes"


@pytest.fixture
def server() -> Iterator[Served]:
    yield from served()


def test_rows_of_an_api_end_in_the_target(tmp_path: Path, server: Served) -> None:
    world = HttpWorld(MemoryClock(time.time()), server, "cursor", "oauth2")
    for number in range(40):
        world.add(world.clock.now() - 600 + number, f"r{number}")
    world.add(world.clock.now() - 300, TOO_LONG)
    contract = CONTRACT.replace("[columns]", "[limits]\nmax_reject_ratio = 0.5\n\n[columns]") + world.source_toml
    contracts = tmp_path / "contracts"
    contracts.mkdir()
    (contracts / "thing.toml").write_text(contract)
    stack = Stack(ROOT, tmp_path / "state", options=Options(contracts=str(contracts), sweep_seconds=2))
    record = stack.up()
    deployment = Deployment(stack=stack, record=record, app=tmp_path)
    try:
        secrets = client("secretsmanager", record.ports.url("aws"), record.credentials)
        secrets.create_secret(Name="landfall-local-source/thing", SecretString=json.dumps(SECRET))
        deployment.until(lambda: bool(runs(deployment)), 120)
        (file,) = runs(deployment)
        status = deployment.wait(file, 120)
        assert (status["state"], status["balanced"]) == ("LOADED", True)
        assert [status["rows"][kind] for kind in ("read", "good", "rejected", "inserted")] == [41, 40, 1, 40]
        assert deployment.rows("select count(*), count(distinct id) from landing.things") == [(40, 40)]
        (reject,) = deployment.call("GET", f"/rejects/{status['run_id']}").json()["rejects"]
        assert (reject["column"], TOO_LONG in reject["record"]) == ("id", True)
    finally:
        stack.down()


def runs(deployment: Deployment) -> list[str]:
    found = deployment.call("GET", "/runs", params={"object": "thing"}).json()["runs"]
    return [run["file"] for run in found]
