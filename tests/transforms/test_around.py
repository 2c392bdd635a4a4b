"""What surrounds a transform: corrections, rows that COPY refuses, masks, duplicates, cuts, other headers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from chalicelib.api.requests import ResubmitRequest
from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.raw.bytesource import InMemory
from chalicelib.domain.run.model import Run, RunState
from chalicelib.operations.commands import PageQuery
from chalicelib.operations.reject_list import list_rejects
from chalicelib.operations.resubmits import resubmit
from landfall.check.checking import Outputs, check_file
from tests.support.simulated.deployment import BUCKET, SimulatedDeployment
from tests.transforms.code import contract_of

KEY = "incoming/thing/a.csv"
COLUMNS = """name = { type = "varchar(20)", required = true }
mark = { type = "varchar(20)" }
[input_columns]
name = { type = "varchar(20)" }
title = { type = "varchar(20)", pii = true }"""
BODY = """frame["name"] = frame.title.str.upper()
frame["mark"] = "strange" + frame.id.astype("string")
late = frame.index[frame.id > 90]
return frame, [RowError(late, "id", "is too large")]"""
FILE = b"id,title\n" + b"".join(b"%d,t%d\n" % (n, n) for n in range(1, 7)) + b"91,x\nz,y\n7,\n"


@pytest.fixture
def contract(tmp_path: Path) -> Contract:
    return contract_of(tmp_path, BODY, COLUMNS)


def landed(contract: Contract, refuses: str = "") -> tuple[SimulatedDeployment, Run]:
    deployment = SimulatedDeployment()
    deployment.reconfigure(contracts={"thing": contract})
    deployment.warehouse.refuses = set(refuses.split())
    source = deployment.put(KEY, FILE, {})
    deployment.settle()
    newest = deployment.runs.newest(BUCKET, source.key)
    assert newest
    return deployment, deployment.runs.runs[newest.run_id]


def rejects(deployment: SimulatedDeployment) -> list[tuple[int, int, str, str]]:
    page = list_rejects(deployment.pipeline.ctx, KEY, PageQuery(limit=50))
    return [(r["line"], r["byte_offset"], r["column"], r["record"]) for r in page.rejects]


def test_a_reject_shows_the_record_of_the_file_masked(contract: Contract) -> None:
    deployment, run = landed(contract)
    assert (run.state, run.counts.good, run.counts.rejected) == (RunState.LOADED, 6, 3)
    at = [FILE.index(start) for start in (b"91,x", b"z,y", b"7,\n")]
    assert rejects(deployment) == [(8, at[0], "id", "91,***"), (9, at[1], "id", "z,***"), (10, at[2], "name", "7,***")]


def test_a_corrected_row_goes_through_the_function(contract: Contract) -> None:
    deployment, run = landed(contract)
    page = list_rejects(deployment.pipeline.ctx, KEY, PageQuery(limit=50))
    assert page.columns == ("id", "title")
    offset = FILE.index(b"z,y")
    resubmit(deployment.pipeline, run, ResubmitRequest(generation=1, columns=page.columns, rows={offset: ("8", "new")}))
    deployment.settle()
    assert ("NEW", "strange8") in [(row["name"], row["mark"]) for row in deployment.warehouse.rows("landing.things")]
    counts = deployment.runs.runs[run.run_id].counts
    assert (counts.rejected, counts.corrected, counts.balanced) == (2, 1, True)


def test_a_row_that_copy_refuses_is_found_by_the_changed_value(contract: Contract) -> None:
    deployment, run = landed(contract, refuses="strange3")
    assert (run.state, run.counts.good, run.counts.rejected) == (RunState.LOADED, 5, 4)
    assert (4, FILE.index(b"3,t3"), "mark", "3,***") in rejects(deployment)


def test_cuts_do_not_change_the_rows(contract: Contract) -> None:
    small = replace(contract, limits=replace(contract.limits, chunk_mb=0.00001))
    (one, first), (other, second) = landed(contract), landed(small)
    assert (first.chunks, second.chunks > 3, first.counts) == (1, True, second.counts)
    assert rejects(one) == rejects(other)
    shown = [sorted((r["id"], r["name"], r["mark"]) for r in d.warehouse.rows("landing.things")) for d in (one, other)]
    assert shown[0] == shown[1]


def test_files_with_other_headers_are_loaded_together(contract: Contract) -> None:
    """A transform returns all columns of the contract, so that one COPY loads both."""
    deployment, first = landed(contract)
    source = deployment.put("incoming/thing/b.csv", b"title,mark,id\nb,x,20\n", {})
    deployment.settle()
    newest = deployment.runs.newest(BUCKET, source.key)
    assert newest
    second = deployment.runs.runs[newest.run_id]
    assert (second.state, second.shape) == (RunState.LOADED, first.shape)


def test_a_chunk_that_is_staged_twice_has_the_same_part(contract: Contract) -> None:
    def parts() -> dict[str, bytes]:
        deployment, _ = landed(contract)
        listed = deployment.objects.list(BUCKET, "processed/")
        return {item.key: deployment.objects.get(BUCKET, item.key) for item in listed if ".csv" in item.key}

    assert (parts(), len(parts())) == (parts(), 1)


def test_a_check_counts_the_keys_that_the_function_makes(tmp_path: Path) -> None:
    body = 'frame["id"] = frame.id % 3\nreturn frame'
    contract = contract_of(tmp_path, body, top='duplicate_keys = "fail"')
    data = b"id\n1\n2\n4\n5\n"
    checked = check_file(InMemory(data), contract, Outputs(reject=print))
    assert (checked.good, checked.duplicate) == (4, 2)
    assert checked.refusal
    assert (checked.refusal.code, checked.refusal.line) == ("DUPLICATE_KEYS", 4)
