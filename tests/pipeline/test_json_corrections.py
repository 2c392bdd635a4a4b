"""A bad object of a JSON file is corrected by values, as a bad row of CSV is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.api.requests import ResubmitRequest
from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract_files.contract_file import read_contract
from chalicelib.domain.file.corrections import Splitter
from chalicelib.domain.file.file_plan import FilePlan
from chalicelib.domain.run.model import RunState
from chalicelib.operations.resubmits import resubmit
from tests.support.simulated.deployment import BUCKET, SimulatedDeployment

TOML = b"""
name = "visit"
target = "landing.visits"
lands_at = ["incoming/visit/*"]
format = "json"
key = ["id"]

[limits]
max_reject_ratio = 1.0

[columns]
id = { type = "bigint", required = true }
note = { type = "varchar(5)" }
city = { type = "varchar(20)", path = "address.city" }
"""
VISIT = read_contract("visit.toml", TOML)
PLAN = FilePlan(columns=("id", "note", "city"), header_lines=0, ranges=())
BODY = b'{"id":1,"note":"a"}\n{"note":"too long","address":{"city":"\xc3\x9cm"},"id":2}\n'


def test_a_corrected_object_is_loaded() -> None:
    deployment = SimulatedDeployment()
    deployment.reconfigure(contracts={"visit": VISIT})
    source = deployment.put("incoming/visit/a.json", BODY, {})
    deployment.settle()
    newest = deployment.runs.newest(BUCKET, source.key)
    assert newest
    file = deployment.runs.runs[newest.run_id]
    assert (file.state, file.counts.good, file.counts.rejected) == (RunState.LOADED, 1, 1)
    corrected = ("2", "short", "_landfall_null_")
    order = ResubmitRequest(generation=1, columns=PLAN.columns, rows={BODY.index(b'{"note"'): corrected})
    resubmit(deployment.pipeline, file, order)
    deployment.settle()
    rows = sorted((row["id"], row["note"], row["city"]) for row in deployment.warehouse.rows("landing.visits"))
    assert rows == [(1, "a", None), (2, "short", None)]


@pytest.mark.parametrize(
    ("record", "values"),
    [
        ('{"note":"","address":{"city":"Ulm"},"id":2}', ("2", "", "Ulm")),
        ('{"id":1.0,"note":null}', ("1.0", "_landfall_null_", "_landfall_null_")),
        ('{"id":1,"other":2}', None),
        ('{"id":1,"note":[]}', None),
        ('{"id":1,"id":2}', None),
        ('{"id":1', None),
        ('{"id":1}x', None),
        ('{"id":1,"note":"\\xff"}', None),
        ("[1]", None),
    ],
)
def test_a_record_is_taken_apart_by_column(record: str, values: tuple[str, ...] | None) -> None:
    assert Splitter(VISIT, PLAN).values(record) == values


def masked() -> Contract:
    return replace(VISIT, columns=(VISIT.columns[0], replace(VISIT.columns[1], pii=True), VISIT.columns[2]))


def test_a_masked_record_is_taken_apart_as_it_is_staged() -> None:
    assert Splitter(masked(), PLAN).values("2,***,_landfall_null_") == ("2", "***", "_landfall_null_")
    assert Splitter(masked(), PLAN).values("***") is None


def test_corrected_rows_are_csv() -> None:
    assert Splitter(VISIT, replace(PLAN, corrected=True)).values('2,"a,b",') == ("2", "a,b", "")
