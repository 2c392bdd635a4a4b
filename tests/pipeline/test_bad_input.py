"""Whatever goes wrong with a file or the deployment ends in a clear state, with a message that names the fix."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.adapters.memory import Fate
from chalicelib.domain.contract.dialect import Trailer
from chalicelib.domain.run.model import Counts, RunState
from chalicelib.errors import Broken, SourceGone
from chalicelib.operations.reruns import Busy, rerun
from tests.support.simulated.deployment import BUCKET, CONTRACTS, SimulatedDeployment
from tests.support.simulated.endings import KEY, arrive, ended, fails_while, only_run
from tests.support.simulated.scenarios import numbered, put, text


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        (b"", "EMPTY_FILE", "header"),
        (b"\xef\xbb\xbf", "HEADER_MISSING", "header"),
        (b"id,value\n", "TOO_FEW_ROWS", "limits.min_rows"),
        (b"id,value,amount,surplus\n1,a,1,x\n", "HEADER_MISMATCH", "surplus"),
        (b"id,value,value,amount\n1,a,b,1\n", "HEADER_MISMATCH", "value"),
        (b"value,amount\na,1\n", "HEADER_MISMATCH", "id"),
        (b"id,value,amount\n1,a,x\n2,b,y\n", "TOO_MANY_REJECTS", "line 2"),
        (b"id,value,amount\n,a,1\n,b,2\n", "TOO_MANY_REJECTS", "line 2"),
        (b"id,value,amount\n1,a\n2,b,3,4\n", "TOO_MANY_REJECTS", "line 2"),
    ],
)
def test_a_file_at_fault_is_rejected(deployment: SimulatedDeployment, body: bytes, code: str, words: str) -> None:
    deployment.put(KEY, body, {})
    run = ended(deployment, RunState.REJECTED, code)
    assert run.problem is not None
    assert words in run.problem.message


@pytest.mark.parametrize(
    ("count", "code"),
    [
        (b"2,3", None),
        (b"3,3", "TOTALS_DIFFER"),
        (b"2,4", "TOTALS_DIFFER"),
        (b"x,3", "TRAILER_MALFORMED"),
        (b"2", "TRAILER_MALFORMED"),
    ],
)
def test_the_rows_are_those_of_the_trailer(deployment: SimulatedDeployment, count: bytes, code: str | None) -> None:
    trailer = Trailer(starts_with="END", count_field=2, sum_fields=(("amount", 3),))
    dialect = replace(CONTRACTS["thing"].dialect, trailer=trailer)
    deployment.deploy({**CONTRACTS, "thing": replace(CONTRACTS["thing"], dialect=dialect)})
    rows = {"k1": "a,1", "k2": "b,2"} if code is None else {}
    deployment.put(KEY, b"id,value,amount\nk1,a,1\nk2,b,2\nEND," + count, rows)
    if code:
        ended(deployment, RunState.REJECTED, code)
        return
    deployment.settle()
    run = only_run(deployment)
    assert (run.state, run.left_out) == (RunState.LOADED, {"trailers": 1})


def test_a_file_without_rows_is_loaded_if_the_contract_allows_it(deployment: SimulatedDeployment) -> None:
    limits = replace(CONTRACTS["thing"].limits, min_rows=0)
    deployment.deploy({**CONTRACTS, "thing": replace(CONTRACTS["thing"], limits=limits)})
    deployment.put(KEY, b"id,value\n", {})  # optional columns may be missing
    deployment.settle()
    run = only_run(deployment)
    assert (run.state, run.counts) == (RunState.LOADED, Counts())


def test_columns_in_another_order_and_case_are_found(deployment: SimulatedDeployment) -> None:
    deployment.put(KEY, b"Amount, VALUE ,Id\n7,x,k1\n", {"k1": "x,7"})
    deployment.settle()
    assert not deployment.violations
    assert deployment.warehouse.rows("landing.things") == [{"id": "k1", "value": "x", "amount": 7}]


def test_a_key_nobody_knows_is_recorded(deployment: SimulatedDeployment) -> None:
    deployment.put("incoming/stranger.csv", b"x\n", {})
    run = ended(deployment, RunState.UNROUTED, "UNROUTED")
    assert "lands_at" in run.problem.message


def test_a_file_deleted_before_it_is_read_is_failed(deployment: SimulatedDeployment) -> None:
    put(deployment, "a.csv", numbered(3))
    deployment.objects.delete(deployment.objects.head(BUCKET, KEY))
    deployment.landed.clear()  # what its supplier took back need not be kept
    deployment.settle()
    assert not deployment.violations
    run = only_run(deployment)
    assert (run.state, run.problem and run.problem.code) == (RunState.FAILED, "SOURCE_GONE")
    assert [m["problem"]["code"] for m in deployment.notifier.failures] == ["SOURCE_GONE"]
    assert not deployment.notifier.successes


def test_a_file_overwritten_before_it_is_read_is_superseded(deployment: SimulatedDeployment) -> None:
    put(deployment, "a.csv", numbered(3, tag="old"))
    put(deployment, "a.csv", numbered(3, tag="new"))
    deployment.settle()
    assert not deployment.violations
    old, new = sorted(deployment.runs.runs.values(), key=lambda r: r.source.sequencer)
    assert (old.state, new.state) == (RunState.SUPERSEDED, RunState.LOADED)
    assert old.problem is not None
    assert old.problem.code == "SOURCE_CHANGED"


def test_a_file_overwritten_while_it_is_staged_gives_way(deployment: SimulatedDeployment) -> None:
    put(deployment, "a.csv", numbered(12, tag="old"))
    arrive(deployment)
    deployment.pipeline.advance(next(iter(deployment.runs.runs)))
    assert only_run(deployment).state is RunState.STAGING
    put(deployment, "a.csv", numbered(12, tag="new"))
    deployment.settle()
    assert not deployment.violations
    assert [r.state for r in deployment.runs.runs.values()] == [RunState.SUPERSEDED, RunState.LOADED]


def test_a_copy_refused_for_good_fails_the_run(deployment: SimulatedDeployment) -> None:
    deployment.warehouse.fates.append(Fate.REFUSED)
    put(deployment, "a.csv", numbered(3))
    run = ended(deployment, RunState.FAILED, "LOAD_FAILED", may_fail=True)
    assert "permission denied" in run.problem.message


def test_a_load_that_cannot_be_put_into_words_ends_failed(deployment: SimulatedDeployment) -> None:
    def unsound(name: str) -> None:
        if name == "warehouse.submit":
            raise Broken("the load order is not sound: iam_role", code="BAD_LOAD_ORDER")

    deployment.schedule.next = unsound  # type: ignore[method-assign]
    put(deployment, "a.csv", numbered(3))
    ended(deployment, RunState.FAILED, "BAD_LOAD_ORDER", may_fail=True)


@pytest.mark.parametrize("fate", [Fate.CONFLICT, Fate.ABORTED, Fate.LOST, Fate.STUCK])
def test_a_passing_failure_of_the_warehouse_is_tried_again(deployment: SimulatedDeployment, fate: Fate) -> None:
    deployment.warehouse.fates.append(fate)
    put(deployment, "a.csv", numbered(3))
    deployment.settle()
    assert not deployment.violations
    assert only_run(deployment).state is RunState.LOADED
    assert only_run(deployment).load_attempt == 2


def test_a_warehouse_that_is_down_is_waited_for(deployment: SimulatedDeployment) -> None:
    down = [True]
    deployment.schedule.next = fails_while(down, "warehouse.submit")  # type: ignore[method-assign]
    put(deployment, "a.csv", numbered(3))
    for _ in range(40):
        deployment.deliver_event() or deployment.deliver_message()
        deployment.clock.advance(30)
    assert only_run(deployment).state is RunState.LOADING
    down.clear()
    deployment.settle()
    assert not deployment.violations
    assert only_run(deployment).state is RunState.LOADED


def test_a_rerun_after_the_cause_is_corrected_loads_the_file(deployment: SimulatedDeployment) -> None:
    deployment.warehouse.fates.append(Fate.REFUSED)
    put(deployment, "a.csv", numbered(3))
    deployment.settle()
    failed = only_run(deployment)
    again = rerun(deployment.pipeline, failed)
    assert again.load_id != failed.load_id
    deployment.settle()
    assert not deployment.violations
    assert only_run(deployment).state is RunState.LOADED


def test_a_loaded_file_is_run_again_from_the_archive(deployment: SimulatedDeployment) -> None:
    put(deployment, "a.csv", numbered(3))
    deployment.settle()
    rerun(deployment.pipeline, only_run(deployment))
    deployment.settle()
    run = only_run(deployment)
    assert run.state is RunState.LOADED
    assert (run.counts.inserted, run.counts.unchanged) == (0, 3)


def test_a_run_on_its_way_is_not_run_again(deployment: SimulatedDeployment) -> None:
    put(deployment, "a.csv", numbered(3))
    arrive(deployment)
    with pytest.raises(Busy):
        rerun(deployment.pipeline, only_run(deployment))


def test_a_file_that_is_nowhere_cannot_be_run_again(deployment: SimulatedDeployment) -> None:
    deployment.put(KEY, b"", {})
    deployment.settle()
    deployment.objects.delete(deployment.objects.head(BUCKET, KEY))
    with pytest.raises(SourceGone):
        rerun(deployment.pipeline, only_run(deployment))


def test_content_that_comes_back_wins_again(deployment: SimulatedDeployment) -> None:
    for tag in ("a", "b", "a"):
        put(deployment, "a.csv", numbered(2, tag=tag))
        deployment.settle()
        assert not deployment.violations
    assert {str(r["value"]) for r in deployment.warehouse.rows("landing.things")} == {"a0", "a1"}
    assert len(deployment.runs.runs) == 3


def test_a_rejects_file_counts_lines_from_the_start_of_the_file(deployment: SimulatedDeployment) -> None:
    rows = numbered(12)
    body = text(rows) + b"x1,y,notanumber\n"
    deployment.put(KEY, body, rows)
    deployment.settle()
    run = only_run(deployment)
    assert run.state is RunState.LOADED
    assert run.chunks > 1
    assert run.problem is not None
    assert (run.problem.line, run.problem.column) == (14, "amount")
    assert body[run.problem.byte_offset :].startswith(b"x1,")


def test_an_unclosed_quote_is_named_by_its_line_in_the_file(deployment: SimulatedDeployment) -> None:
    rows = numbered(12)
    deployment.put(KEY, text(rows) + b'x1,"never closed,1\n', rows)
    deployment.settle()
    run = only_run(deployment)
    assert run.chunks > 1
    assert run.problem is not None
    assert run.problem.line == 14
    assert "line 14" in run.problem.message
