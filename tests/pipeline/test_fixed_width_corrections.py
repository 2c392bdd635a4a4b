"""A bad line of fixed width is corrected by values, as a bad row of CSV is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.api.requests import ResubmitRequest
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
format = "fixed_width"
key = ["id"]

[limits]
max_reject_ratio = 1.0

[columns]
id = { type = "bigint", required = true, start = 1, width = 4 }
note = { type = "varchar(5)", start = 5, width = 8 }
paid = { type = "decimal(9,2)", start = 13, width = 6, implied_decimals = 2 }
"""
VISIT = read_contract("visit.toml", TOML)
PLAN = FilePlan(columns=("id", "note", "paid"), header_lines=0, ranges=())
BODY = b"   1a       001250\n   2too long   500\n"


def test_a_corrected_line_is_loaded() -> None:
    deployment = SimulatedDeployment()
    deployment.reconfigure(contracts={"visit": VISIT})
    source = deployment.put("incoming/visit/a.txt", BODY, {})
    deployment.settle()
    newest = deployment.runs.newest(BUCKET, source.key)
    assert newest
    file = deployment.runs.runs[newest.run_id]
    assert (file.state, file.counts.good, file.counts.rejected) == (RunState.LOADED, 1, 1)
    order = ResubmitRequest(generation=1, columns=PLAN.columns, rows={BODY.index(b"   2"): ("2", "short", "500")})
    resubmit(deployment.pipeline, file, order)
    deployment.settle()
    rows = sorted((row["id"], row["note"], str(row["paid"])) for row in deployment.warehouse.rows("landing.visits"))
    assert rows == [(1, "a", "12.50"), (2, "short", "5.00")]


@pytest.mark.parametrize(
    ("record", "values"),
    [
        ("   2too long   500", ("2", "too long", "500")),
        ('   2a,"b"ß  00050x', ("2", 'a,"b"ß', "00050x")),
        ("    a             ", ("", "a", "")),
        ("   2too long", None),
        ("   2too long   500x", None),
        ("   2too l\\xe9ng   500", None),
        ("", None),
    ],
)
def test_a_record_is_taken_apart_by_column(record: str, values: tuple[str, ...] | None) -> None:
    assert Splitter(VISIT, PLAN).values(record) == values


def test_a_masked_record_is_taken_apart_as_it_is_staged() -> None:
    id_, note, paid = VISIT.columns
    masked = replace(VISIT, columns=(id_, replace(note, pii=True), paid))
    assert Splitter(masked, PLAN).values("2,***,500") == ("2", "***", "500")
    assert Splitter(masked, PLAN).values("***") is None


def test_corrected_rows_are_csv() -> None:
    assert Splitter(VISIT, replace(PLAN, corrected=True)).values('2,"a,b",') == ("2", "a,b", "")
