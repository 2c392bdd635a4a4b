"""What Firehose could not deliver is seen, corrected and resubmitted, and never loaded by itself."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from chalicelib.api.requests import ResubmitRequest
from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract.expected import Expected
from chalicelib.domain.contract_files.contract_file import read_contract
from chalicelib.domain.run.model import Run, RunState
from chalicelib.operations.commands import PageQuery
from chalicelib.operations.reject_list import RejectList, list_rejects
from chalicelib.operations.resubmits import resubmit
from chalicelib.pipeline.overdue import overdue
from tests.support.simulated.deployment import BUCKET, SimulatedDeployment
from tests.support.undelivered import failed

TOML = """
name = "visit"
target = "landing.visits"
lands_at = ["incoming/visit/**"]
format = "FORMAT"
key = ["id"]
extra_columns = "ignore"

[columns]
id = { type = "bigint", required = true }
note = { type = "varchar(5)" }
"""
FAILED = "incoming/visit/processing-failed/2026/03/01/10/s-1-2026-03-01-10-00-00-abc"
BODY = failed(b'{"id":2,"note":"too long"}\n') + b"\n" + failed(b"\x1f\x8b, not JSON") + b"\n"


def visits(form: str = "json", more: str = "") -> Contract:
    toml = TOML.replace("FORMAT", form).replace('key = ["id"]', f'key = ["id"]\n{more}')
    return read_contract("visit.toml", toml.encode())


def loaded(contract: Contract, *files: tuple[str, bytes]) -> tuple[SimulatedDeployment, list[Run]]:
    """A deployment in which these files have landed and are finished, and their runs."""
    deployment = SimulatedDeployment()
    deployment.reconfigure(contracts={"visit": contract})
    for key, body in files:
        deployment.put(key, body, {})
    deployment.settle()
    newest = [deployment.runs.newest(BUCKET, key) for key, _ in files]
    return deployment, [deployment.runs.runs[one.run_id] for one in newest if one]


def rejects_of(deployment: SimulatedDeployment, run: Run) -> RejectList:
    return list_rejects(deployment.pipeline.ctx, run.run_id, PageQuery(limit=10, cursor=""))


def rows(deployment: SimulatedDeployment) -> list[tuple[int, str]]:
    return sorted((row["id"], row["note"]) for row in deployment.warehouse.rows("landing.visits"))


def test_error_objects_are_rejects_beside_good_files() -> None:
    good = b'{"id":1,"note":"a"}{"id":3,"note":"c"}'
    deployment, runs = loaded(visits(), ("incoming/visit/2026/a", good), (FAILED, BODY), ("incoming/visit/b", good))
    assert [run.state for run in runs] == [RunState.LOADED] * 3
    counts = [(run.counts.read, run.counts.good, run.counts.rejected) for run in runs]
    assert counts == [(2, 2, 0), (2, 0, 2), (2, 2, 0)]
    assert rows(deployment) == [(1, "a"), (3, "c")]
    assert runs[1].problem
    assert runs[1].problem.message == "was not delivered by Firehose (Lambda.FunctionError)"


@pytest.mark.parametrize("form", ["json", "parquet"])
def test_a_record_is_corrected_and_resubmitted(form: str) -> None:
    """Firehose converts JSON to Parquet: what it cannot convert is JSON still."""
    deployment, (run,) = loaded(visits(form), (FAILED, BODY))
    found = rejects_of(deployment, run)
    assert [reject["record"] for reject in found.rejects] == ['{"id":2,"note":"too long"}', "\x1f\\x8b, not JSON"]
    assert [reject["values"] for reject in found.rejects] == [("2", "too long"), None]
    order = ResubmitRequest(generation=1, columns=("id", "note"), rows={0: ("2", "short")})
    resubmit(deployment.pipeline, run, order)
    deployment.settle()
    assert rows(deployment) == [(2, "short")]
    assert [reject["values"] for reject in rejects_of(deployment, run).rejects] == [None]
    assert deployment.runs.runs[run.run_id].counts.corrected == 1


def test_records_of_csv_are_shown_and_written_again() -> None:
    """Nothing says which column a field of CSV without its header belongs to."""
    deployment, (run,) = loaded(visits("csv"), (FAILED, failed(b"2,short\n")))
    (found,) = rejects_of(deployment, run).rejects
    assert (found["record"], found["values"]) == ("2,short", None)
    order = ResubmitRequest(generation=1, columns=("id", "note"), rows={0: ("2", "short")})
    resubmit(deployment.pipeline, run, order)
    deployment.settle()
    assert rows(deployment) == [(2, "short")]


def test_a_snapshot_keeps_its_rows() -> None:
    """The rows of an object of snapshots are not deleted because a file of errors has none of them."""
    good = b'{"id":1,"note":"a"}'
    deployment, runs = loaded(visits(more='kind = "snapshot"'), ("incoming/visit/a", good), (FAILED, BODY))
    assert [run.state for run in runs] == [RunState.LOADED] * 2
    assert rows(deployment) == [(1, "a")]


def test_error_objects_are_no_file_that_was_expected() -> None:
    deployment = SimulatedDeployment()
    due = datetime.fromtimestamp(deployment.clock.now() - 7_200, UTC)
    deployment.reconfigure(contracts={"visit": replace(visits(), expected=Expected.parse(f"{due:%H:%M}", ()))})
    deployment.put(FAILED, BODY, {})
    deployment.settle()
    assert overdue(deployment.pipeline.ctx) == {"visit": True}
    deployment.put("incoming/visit/a", json.dumps({"id": 1}).encode(), {})
    deployment.settle()
    assert overdue(deployment.pipeline.ctx) == {"visit": False}
