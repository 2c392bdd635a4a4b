"""Rows that COPY refuses although the check passed them: rejects like any other, and the rest of the file is loaded."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.api.requests import ResubmitRequest
from chalicelib.domain.contract.contract import FileFormat, StageAs
from chalicelib.domain.contract.dialect import Dialect
from chalicelib.domain.file.file_plan import FilePlan
from chalicelib.domain.run import keys
from chalicelib.domain.run.model import Run, RunState, SourceObject
from chalicelib.domain.warehouse.copy_faults import CopyFault
from chalicelib.operations.commands import PageQuery
from chalicelib.operations.reject_list import list_rejects
from chalicelib.operations.resubmits import resubmit
from chalicelib.pipeline.refused.row_finder import RowFinder
from chalicelib.ports import ObjectStore
from tests.support.simulated.deployment import BUCKET, SimulatedDeployment
from tests.support.simulated.endings import KEY, only_run
from tests.support.simulated.scenarios import HEADER, numbered
from tests.support.workbooks import workbook


class Reads:
    """An object store that lists the keys of the objects it reads."""

    def __init__(self, objects: ObjectStore) -> None:
        self.objects, self.keys = objects, list[str]()

    def get(self, bucket: str, key: str, start: int = 0, length: int | None = None) -> bytes:
        self.keys.append(key)
        return self.objects.get(bucket, key, start, length)

    def read(self, source: SourceObject, start: int, length: int) -> bytes:
        self.keys.append(source.key)
        return self.objects.read(source, start, length)

    def __getattr__(self, method: str) -> Any:
        return getattr(self.objects, method)


REASON = (
    "value is refused by the warehouse's COPY, though the check passed it (load error 1204: too long, or out of range)"
)


def land(deployment: SimulatedDeployment, *rows: str, refuses: str = "strange", good: int = 4) -> Run:
    """Put a file with these rows after good ones, of which COPY refuses some values."""
    deployment.warehouse.refuses = set(refuses.split())
    lines = [f"{key},{rest}" for key, rest in numbered(good).items()]
    body = HEADER + "".join(f"{line}\n" for line in (*lines, *rows))
    others = dict(row.split(",", 1) for row in rows if row.startswith("k"))
    deployment.put(KEY, body.encode(), {**numbered(good), **others})
    deployment.settle()
    return only_run(deployment)


def listed(deployment: SimulatedDeployment) -> list[tuple[int, int, str, str]]:
    page = list_rejects(deployment.pipeline.ctx, KEY, PageQuery(limit=50))
    return [(r["line"], r["byte_offset"], r["column"], r["record"]) for r in page.rejects]


def with_contract(deployment: SimulatedDeployment, **changes: object) -> None:
    contracts = deployment.pipeline.ctx.contracts
    deployment.reconfigure(contracts={**contracts, "thing": replace(contracts["thing"], **changes)})


def in_one_part(deployment: SimulatedDeployment) -> None:
    limits = deployment.pipeline.ctx.contracts["thing"].limits
    with_contract(deployment, limits=replace(limits, chunk_mb=1.0))


def test_a_refused_row_is_a_reject_and_the_others_are_loaded(deployment: SimulatedDeployment) -> None:
    run = land(deployment, "s1,strange,1", "x1,y,notanumber", "k9,v9,9", "s2,odd,2", refuses="strange odd")
    assert not deployment.violations
    assert (run.state, run.copy_rounds) == (RunState.LOADED, 2)
    assert (run.counts.read, run.counts.good, run.counts.rejected, run.counts.settled) == (8, 5, 3, True)
    assert run.problem is not None
    assert (run.problem.line, run.problem.column, run.problem.code, run.problem.message) == (6, "value", "1204", REASON)
    body = HEADER + "".join(f"{key},{rest}\n" for key, rest in numbered(4).items())
    at = len(body)
    assert sorted(listed(deployment)) == [
        (6, at, "value", "s1,strange,1"),
        (7, at + len("s1,strange,1\n"), "amount", "x1,y,notanumber"),
        (9, at + len("s1,strange,1\nx1,y,notanumber\nk9,v9,9\n"), "value", "s2,odd,2"),
    ]
    assert {str(row["id"]) for row in deployment.warehouse.rows("landing.things")} == {"k0", "k1", "k2", "k3", "k9"}
    [notice] = deployment.notifier.successes
    assert notice["rows"]["rejected"] == 3


@pytest.mark.parametrize("form", StageAs)
def test_names_of_parts_end_with_the_form_of_rows(deployment: SimulatedDeployment, form: StageAs) -> None:
    with_contract(deployment, stage_as=form)
    run = land(deployment, "s1,strange,1")
    assert (run.state, run.copy_rounds) == (RunState.LOADED, 1)
    parts = [part.key for part in deployment.objects.list(BUCKET, f"processed/{run.prefix}/part-")]
    assert [key for key in parts if "-without-1" in key]
    assert all(key.endswith(f".{form.value}.zst") for key in parts)


def test_a_refused_row_can_be_corrected(deployment: SimulatedDeployment) -> None:
    run = land(deployment, "s1,strange,1")
    [(_, offset, _, _)] = listed(deployment)
    order = ResubmitRequest(generation=1, columns=("id", "value", "amount"), rows={offset: ("s1", "usual", "1")})
    resubmit(deployment.pipeline, run, order)
    deployment.settle()
    assert not deployment.violations
    assert {"id": "s1", "value": "usual", "amount": 1} in deployment.warehouse.rows("landing.things")
    assert (deployment.runs.runs[run.run_id].counts.corrected, listed(deployment)) == (1, [])


def test_values_of_hidden_columns_are_masked(deployment: SimulatedDeployment) -> None:
    columns = deployment.pipeline.ctx.contracts["thing"].columns
    with_contract(deployment, columns=tuple(replace(c, pii=c.name == "value") for c in columns))
    land(deployment, "s1,strange,1")
    assert [record for *_, record in listed(deployment)] == ["s1,***,1"]


def test_a_part_without_a_row_left_is_left_out(deployment: SimulatedDeployment) -> None:
    with_contract(
        deployment,
        limits=replace(deployment.pipeline.ctx.contracts["thing"].limits, max_reject_ratio=1.0, chunk_mb=0.001),
    )
    run = land(deployment, "s1,strange,1", good=0)
    assert (run.state, run.counts.good, run.counts.rejected) == (RunState.LOADED, 0, 1)
    assert not deployment.violations


def test_more_refused_rows_than_rounds_fail_the_file_by_name(deployment: SimulatedDeployment) -> None:
    run = land(deployment, *(f"s{n},strange,{n}" for n in range(4)), good=9)
    assert (run.state, run.copy_rounds) == (RunState.FAILED, 3)
    assert run.problem is not None
    assert (run.problem.code, run.problem.line, run.problem.column) == ("LOAD_FAILED", 14, "value")
    assert run.problem.message.startswith("line 14, column value is refused by the warehouse's COPY")
    assert not deployment.warehouse.rows("landing.things")
    assert deployment.notifier.failures


def test_without_rounds_the_file_fails_with_line_and_code(deployment: SimulatedDeployment) -> None:
    deployment.reconfigure(settings=replace(deployment.pipeline.ctx.settings, copy_rounds=0))
    run = land(deployment, "s1,strange,1")
    assert run.problem is not None
    assert (run.state, run.problem.line) == (RunState.FAILED, 6)
    assert "load error 1204" in run.problem.message


def test_refused_rows_count_as_the_contract_counts(deployment: SimulatedDeployment) -> None:
    bad = tuple(f"x{n},y,notanumber" for n in range(4))
    run = land(deployment, *bad, "s1,strange,1")
    assert (run.state, run.problem.code if run.problem else "") == (RunState.REJECTED, "TOO_MANY_REJECTS")
    assert len(listed(deployment)) == 5
    assert not deployment.warehouse.rows("landing.things")


@pytest.mark.parametrize("text", ['"two\nlines"', '"a ""quote""\n\nand more"'])
def test_a_row_behind_a_line_end_in_a_text_is_not_guessed(deployment: SimulatedDeployment, text: str) -> None:
    in_one_part(deployment)
    run = land(deployment, f"k8,{text},8", "s1,strange,1")
    assert (run.state, run.counts.rejected) == (RunState.FAILED, 0)
    assert run.problem is not None
    assert "cannot be identified" in run.problem.message
    assert "strange" not in run.problem.message
    assert not deployment.warehouse.rows("landing.things")


def test_a_row_before_a_line_end_in_a_text_is_found(deployment: SimulatedDeployment) -> None:
    in_one_part(deployment)
    run = land(deployment, "s1,strange,1", 'k8,"two\nlines",8')
    assert (run.state, run.counts.rejected, run.counts.good) == (RunState.LOADED, 1, 5)


def test_rows_without_lineage_cannot_be_told_apart(deployment: SimulatedDeployment) -> None:
    with_contract(deployment, lineage=False)
    run = land(deployment, "s1,strange,1")
    assert (run.state, run.problem.code if run.problem else "") == (RunState.FAILED, "LOAD_FAILED")


def test_a_packed_file_is_read_again_from_its_text(deployment: SimulatedDeployment) -> None:
    deployment.warehouse.refuses = {"strange"}
    body = (HEADER + "k1,v1,1\ns1,strange,1\nk2,v2,2\n").encode("utf-8").decode().encode("utf-16")
    deployment.put(KEY, body, {"k1": "v1,1", "k2": "v2,2"})
    deployment.settle()
    assert only_run(deployment).state is RunState.LOADED
    assert [(line, record) for line, _, _, record in listed(deployment)] == [(3, "s1,strange,1")]


def test_a_file_that_is_gone_fails_with_what_is_known(deployment: SimulatedDeployment) -> None:
    deployment.when(lambda w: bool(w.warehouse.statements), at_work=True).do(
        lambda w: w.objects.objects.pop((BUCKET, KEY), None)
    )
    run = land(deployment, "s1,strange,1")
    assert run.state is RunState.FAILED
    assert run.problem is not None
    assert "load error 1204" in run.problem.message


def test_part_and_file_are_read_once_for_all_refused_rows(deployment: SimulatedDeployment) -> None:
    in_one_part(deployment)
    run = land(deployment, "s1,strange,1")
    ctx = deployment.pipeline.ctx
    body = HEADER + "".join(f"{key},{rest}\n" for key, rest in numbered(4).items()) + "s1,strange,1\n"
    ctx.objects.put(BUCKET, KEY, body.encode())  # it is archived by now
    [chunk] = ctx.chunks.of_run(run.run_id, run.generation)
    plan = FilePlan.from_json(ctx.objects.get(BUCKET, keys.plan(run)))
    reads = Reads(ctx.objects)
    finder = RowFinder(
        ctx=replace(ctx, objects=reads), run=run, contract=ctx.contracts["thing"], plan=plan, chunks=[chunk]
    )
    faults = [
        CopyFault(file=f"s3://{BUCKET}/{chunk.part}", line=line, column="value", code=1204) for line in (1, 4, 9, 2)
    ]
    assert [row and row.reject.line for row in finder.found(faults)] == [2, 5, None, 3]
    assert (reads.keys.count(chunk.part), reads.keys.count(KEY)) == (1, 1)


def test_a_refused_row_of_a_workbook_has_its_cell(deployment: SimulatedDeployment) -> None:
    with_contract(deployment, format=FileFormat.XLSX, dialect=Dialect(null=("",)))
    deployment.warehouse.refuses = {"strange", "odd"}
    rows = [(f"k{number}", "a", number) for number in range(4)]
    head, last = ("id", None, "value", "amount"), ("s2", None, "odd", 2)
    cells = [(key, None, value, amount) for key, value, amount in rows]
    deployment.put(KEY, workbook(head, *cells[:3], ("s1", None, "strange", 1), cells[3], last), {})
    deployment.settle()
    run = only_run(deployment)
    assert (run.state, run.counts.good, run.problem and run.problem.message) == (
        RunState.LOADED, 4, f"{REASON} (Orders!C5)",
    )  # fmt: skip
    page = list_rejects(deployment.pipeline.ctx, KEY, PageQuery(limit=50))
    assert [(r["line"], r["reason"].rpartition(" ")[2]) for r in page.rejects] == [
        (5, "(Orders!C5)"),
        (7, "(Orders!C7)"),
    ]
