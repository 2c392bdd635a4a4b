"""A file of JSON is staged in chunks; a chunk that begins at an inner object is staged again from its right start."""

from __future__ import annotations

import gzip
import json

import pytest

from chalicelib.domain.contract_files.contract_file import read_contract
from chalicelib.domain.run.model import RunState
from tests.support.simulated.deployment import SimulatedDeployment

TOML = """
name = "visit"
target = "landing.visits"
lands_at = ["incoming/visit/*"]
format = "json"
key = ["id"]

[limits]
max_reject_ratio = 1.0
chunk_mb = 0.001

[dialect]
encoding = "{encoding}"

[columns]
id = {{ type = "bigint", required = true }}
items = {{ type = "super" }}
"""
VISITS = [{"id": number, "items": [{"id": -1, "items": 0}, {"id": -2}] * 4} for number in range(300)]
FORMS = {
    "lines": "\n".join(map(json.dumps, VISITS)).encode(),
    "concatenated": "".join(map(json.dumps, VISITS)).encode(),
    "array": json.dumps(VISITS).encode(),
    "arrays": "\n".join(json.dumps(VISITS[n : n + 7]) for n in range(0, len(VISITS), 7)).encode(),
    "indented": json.dumps(VISITS, indent=2).encode(),
}


def loaded(body: bytes, encoding: str = "utf-8") -> SimulatedDeployment:
    deployment = SimulatedDeployment()
    contract = read_contract("visit.toml", TOML.format(encoding=encoding).encode())
    deployment.reconfigure(contracts={"visit": contract})
    deployment.put("incoming/visit/a.json", body, {})
    deployment.settle()
    return deployment


def check(deployment: SimulatedDeployment) -> tuple[int, int]:
    """Check the rows. Return the numbers of chunks and of those that were staged again."""
    (run,) = deployment.runs.runs.values()
    assert (run.state, run.counts.good, run.counts.rejected) == (RunState.LOADED, len(VISITS), 0)
    rows = {row["id"]: row["items"] for row in deployment.warehouse.rows("landing.visits")}
    assert {number: json.loads(str(items)) for number, items in rows.items()} == {v["id"]: v["items"] for v in VISITS}
    return run.chunks, run.reopened


@pytest.mark.parametrize("form", ["lines", "concatenated"])
def test_objects_that_follow_each_other_are_cut_right(form: str) -> None:
    chunks, reopened = check(loaded(FORMS[form]))
    assert chunks > 20
    assert reopened == 0


@pytest.mark.parametrize("form", ["array", "indented"])
def test_wrong_cuts_of_an_array_are_found_and_staged_again(form: str) -> None:
    chunks, reopened = check(loaded(FORMS[form]))
    assert chunks > 20
    assert reopened > 0


@pytest.mark.parametrize("form", FORMS)
def test_packed_files_are_read(form: str) -> None:
    check(loaded(gzip.compress(FORMS[form])))


@pytest.mark.parametrize("form", FORMS)
def test_other_encodings_are_read(form: str) -> None:
    check(loaded(FORMS[form].decode().encode("utf-16-le"), encoding="utf-16-le"))
