"""The cost model holds to the calls that runs make, and its memory sizes to the deployment's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws

from chalicelib.adapters.clients import client
from chalicelib.domain.run import cost
from chalicelib.domain.run.model import RunState
from tests.adapters.counted import counted_run
from tests.support.api import CONTRACTS

ROOT = Path(__file__).parents[2]
SMALL = 200
CALLS = ("arrive_calls", "advance_calls", "stage_calls", "event_calls")
LINES = (
    "dynamodb_writes",
    "dynamodb_reads",
    "sqs_requests",
    "s3_writes",
    "s3_reads",
    "sns_publishes",
    "state_transitions",
)
either_way = pytest.mark.parametrize("by", [cost.BY_MESSAGES, cost.BY_EXECUTIONS], ids=["messages", "executions"])


@pytest.fixture
def _account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield


def _client(service: str) -> Any:
    return client(service, region_name="eu-west-1")


@pytest.mark.usefixtures("_account")
@either_way
@pytest.mark.parametrize(("rows", "chunks"), [(4, 1), (30, 2), (120, 8), (200, 13)])
def test_a_run_makes_the_calls_of_the_model(rows: int, chunks: int, by: cost.Calls) -> None:
    body = b"id,value,amount\n" + b"".join(b"k%04d,v,%04d\n" % (n, n) for n in range(rows))
    units, run = counted_run(_client, CONTRACTS["thing"], body, SMALL, by_machine=by is cost.BY_EXECUTIONS)
    assert (run.state, run.finished, run.counts.good, run.chunks) == (RunState.LOADED, True, rows, chunks)
    said = cost.calls(chunks, SMALL, by)
    assert {name: units[name] for name in LINES} == {name: getattr(said, name) for name in LINES}
    assert sum(units[name] for name in CALLS) == said.lambda_requests
    assert units["advance_calls"] == by.advances


@pytest.mark.usefixtures("_account")
@either_way
def test_a_run_that_waits_for_its_window_makes_a_few_more(by: cost.Calls) -> None:
    windowed = replace(CONTRACTS["thing"], load_every=900.0)
    by_machine = by is cost.BY_EXECUTIONS
    units, run = counted_run(_client, windowed, b"id,value,amount\nk,v,1\n", SMALL, by_machine=by_machine)
    assert run.state is RunState.LOADED
    said = cost.calls(1, SMALL, by).plus(by.a_wait)
    assert {name: units[name] for name in LINES} == {name: getattr(said, name) for name in LINES}
    assert units["advance_calls"] == by.advances + by.a_wait.lambda_requests


@pytest.mark.parametrize("stage", ["dev", "test", "prod"])
def test_memory_is_what_is_deployed(stage: str) -> None:
    functions = json.loads((ROOT / ".chalice/config.json").read_text())["stages"][stage]["lambda_functions"]
    sizes = [functions[n]["lambda_memory_size"] for n in ("stage_chunk", "advance_run", "on_incoming", "on_statement")]
    assert [mb / 1024 for mb in sizes] == [cost.STAGE_GB, cost.ADVANCE_GB, cost.ARRIVE_GB, cost.EVENT_GB]


def test_capacity_is_the_templates() -> None:
    template = (ROOT / "infra/landfall.template.yaml").read_text()
    assert f"BaseCapacity:\n    Type: Number\n    Default: {cost.RPUS}\n" in template
