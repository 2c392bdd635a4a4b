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
from local.options import SOURCE_MACHINE, Options
from local.stack import Stack
from tests.e2e.conftest import ROOT, Deployment
from tests.sources.connect_server import Connect, Refusal, served_connect
from tests.sources.connect_world import ConnectWorld
from tests.sources.http_world import SECRET, HttpWorld, Served, served
from tests.sources.site import CONTRACT

WITH_REJECTS = CONTRACT.replace("[columns]", "[limits]\nmax_reject_ratio = 0.5\n\n[columns]")
TOO_LONG = "a name of over 16 bytes"
EXPORT = '\n[export]\nkey = "dashboard_data/things.csv"\n'
IN_ORDER = ["Extract", "Load", "Export", "Ended"]
THROTTLED = Refusal("ThrottlingException", "Rate exceeded")


@pytest.fixture
def server() -> Iterator[Served]:
    yield from served()


@pytest.fixture
def instance() -> Iterator[Connect]:
    yield from served_connect()


@contextmanager
def deployed(folder: Path, contract: str, *, machines: bool = False, **settings: str) -> Iterator[Deployment]:
    """A stack with one contract, whose functions read its source."""
    contracts = folder / "contracts"
    contracts.mkdir()
    (contracts / "thing.toml").write_text(contract)
    options = Options(contracts=str(contracts), sweep_seconds=2, step_functions=machines, settings=settings)
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
    """One execution extracts them, sees them loaded, and the file of the export written."""
    world = HttpWorld(MemoryClock(time.time()), server, "cursor", "oauth2")
    for number in range(40):
        world.add(world.clock.now() - 600 + number, f"r{number}")
    world.add(world.clock.now() - 300, TOO_LONG)
    contract = WITH_REJECTS + world.source_toml + EXPORT
    with deployed(tmp_path, contract, machines=True) as deployment:
        record = deployment.record
        secrets = client("secretsmanager", record.ports.url("aws"), record.credentials)
        secrets.create_secret(Name="landfall-local-source/thing", SecretString=json.dumps(SECRET))
        status = loaded(deployment, 41)
        assert deployment.rows("select count(*), count(distinct id) from landing.things") == [(40, 40)]
        (reject,) = deployment.call("GET", f"/rejects/{status['run_id']}").json()["rejects"]
        assert (reject["column"], TOO_LONG in reject["record"]) == ("id", True)
        states = entered(deployment)
        assert [name for n, name in enumerate(states) if name not in states[:n] and name in IN_ORDER] == IN_ORDER
        exported = deployment.s3.get_object(Bucket=deployment.bucket, Key="dashboard_data/things.csv")["Body"].read()
        assert exported.count(b"\n") == 41


def entered(deployment: Deployment) -> list[str]:
    """The states of the first execution that has read the source, once it has ended."""
    record = deployment.record
    states = client("stepfunctions", record.ports.url("aws"), record.credentials)

    def executions(status: str) -> list[dict[str, Any]]:
        found = states.list_executions(stateMachineArn=SOURCE_MACHINE, statusFilter=status)["executions"]
        return sorted(found, key=lambda one: one["startDate"])

    deployment.until(lambda: bool(executions("SUCCEEDED")), 60)
    first = executions("SUCCEEDED")[0]
    assert first["name"].startswith("thing-")
    history = states.get_execution_history(executionArn=first["executionArn"], maxResults=1000)["events"]
    return [event["stateEnteredEventDetails"]["name"] for event in history if "stateEnteredEventDetails" in event]


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
