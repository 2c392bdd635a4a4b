"""The rows of sources end in the target, on the real local stack, with books that balance."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chalicelib.adapters.memory import MemoryClock
from local.aws.clients import client
from local.options import Options
from local.stack import Stack
from tests.e2e.conftest import ROOT, Deployment
from tests.sources.connect_server import Connect, Refusal, served_connect
from tests.sources.connect_world import ConnectWorld
from tests.sources.http_world import SECRET, HttpWorld, Served, served
from tests.sources.site import CONTRACT

WITH_REJECTS = CONTRACT.replace("[columns]", "[limits]\nmax_reject_ratio = 0.5\n\n[columns]")
TOO_LONG = "a name of over 16 bytes"
THROTTLED = Refusal("ThrottlingException", "Rate exceeded")


@pytest.fixture
def server() -> Iterator[Served]:
    yield from served()


@pytest.fixture
def instance() -> Iterator[Connect]:
    yield from served_connect()


@contextmanager
def deployed(folder: Path, contract: str, **settings: str) -> Iterator[Deployment]:
    """A stack with one contract, whose functions read its source."""
    contracts = folder / "contracts"
    contracts.mkdir()
    (contracts / "thing.toml").write_text(contract)
    options = Options(contracts=str(contracts), sweep_seconds=2, settings=settings)
    stack = Stack(ROOT, folder / "state", options=options)
    record = stack.up()
    try:
        yield Deployment(stack=stack, record=record, app=folder)
    finally:
        stack.down()


def loaded(deployment: Deployment, rows: int) -> dict[str, Any]:
    """The status of the only run, whose rows are all good but one."""
    deployment.until(lambda: bool(runs(deployment)), 120)
    (file,) = runs(deployment)
    status = deployment.wait(file, 120)
    assert (status["state"], status["balanced"]) == ("LOADED", True)
    assert [status["rows"][kind] for kind in ("read", "good", "rejected", "inserted")] == [rows, rows - 1, 1, rows - 1]
    return status


def test_rows_of_an_api_end_in_the_target(tmp_path: Path, server: Served) -> None:
    world = HttpWorld(MemoryClock(time.time()), server, "cursor", "oauth2")
    for number in range(40):
        world.add(world.clock.now() - 600 + number, f"r{number}")
    world.add(world.clock.now() - 300, TOO_LONG)
    with deployed(tmp_path, WITH_REJECTS + world.source_toml) as deployment:
        record = deployment.record
        secrets = client("secretsmanager", record.ports.url("aws"), record.credentials)
        secrets.create_secret(Name="landfall-local-source/thing", SecretString=json.dumps(SECRET))
        status = loaded(deployment, 41)
        assert deployment.rows("select count(*), count(distinct id) from landing.things") == [(40, 40)]
        (reject,) = deployment.call("GET", f"/rejects/{status['run_id']}").json()["rejects"]
        assert (reject["column"], TOO_LONG in reject["record"]) == ("id", True)


def test_contacts_of_amazon_connect_end_in_the_target(tmp_path: Path, instance: Connect) -> None:
    """The functions call it as they call AWS, with the names of its own fields."""
    world = ConnectWorld(MemoryClock(time.time()), instance)
    world.instance.instead = [None, THROTTLED]
    for number in range(9):
        world.add(world.clock.now() - 600 + number, f"r{number}")
    world.add(world.clock.now() - 300, TOO_LONG)
    contract = WITH_REJECTS.replace('"timestamptz"', '"timestamptz", path = "DisconnectTimestamp", required = true')
    contract = contract.replace('name = "thing"', 'name = "thing"\nextra_columns = "ignore"')
    source = world.source_toml.replace("2027-01-12", f"{datetime.now(UTC) - timedelta(days=2):%Y-%m-%d}")
    with deployed(tmp_path, contract + source, AWS_ENDPOINT_URL_CONNECT=instance.origin) as deployment:
        loaded(deployment, 10)
        assert deployment.rows("select count(*), count(distinct id) from landing.things") == [(9, 9)]


def runs(deployment: Deployment) -> list[str]:
    found = deployment.call("GET", "/runs", params={"object": "thing"}).json()["runs"]
    return [run["file"] for run in found]
