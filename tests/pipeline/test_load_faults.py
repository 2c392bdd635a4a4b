"""What an operator reads of a load that the warehouse refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.domain.contract.contract import DataCheck
from chalicelib.domain.contract_files.contract_file import Contracts
from chalicelib.domain.run.model import RunState
from chalicelib.errors import LoadFailed
from chalicelib.pipeline.load_faults import load_failed
from tests.support.simulated.crowds import all_staged, crowd
from tests.support.simulated.deployment import SimulatedDeployment
from tests.support.simulated.endings import only_run
from tests.support.simulated.scenarios import contract_ahead

LATE = DataCheck(name="closed before opened", bad_rows="closed_on\n    < opened_on")


def notified(deployment: SimulatedDeployment, message: str, code: str = LoadFailed.code) -> str:
    crowd(deployment, 1)
    all_staged(deployment)
    thing = replace(deployment.pipeline.ctx.contracts["thing"], checks=(LATE,))
    pipeline = replace(
        deployment.pipeline, ctx=replace(deployment.pipeline.ctx, contracts=Contracts(by_name={"thing": thing}))
    )
    return load_failed(pipeline.ctx, only_run(deployment), LoadFailed(message, code=code)).message


@pytest.mark.parametrize(
    ("raised", "words"),
    [
        (
            "Query #8 failed with ERROR: DATA_CHECK_FAILED: closed before opened finds 1 rows that must not be",
            'the data check "closed before opened" finds 1 row for which closed_on < opened_on; ',
        ),
        (
            "ERROR: DATA_CHECK_FAILED: of another day finds 1200 rows that must not be",
            'the data check "of another day" finds 1,200 rows that must not be; ',
        ),
    ],
    ids=["one", "of a contract before"],
)
def test_a_data_check_is_named_with_its_condition(deployment: SimulatedDeployment, raised: str, words: str) -> None:
    assert notified(deployment, raised, "DATA_CHECK_FAILED") == f"{words}fix the file, or the check"


def test_what_cannot_be_read_back_is_reported_as_it_is(deployment: SimulatedDeployment) -> None:
    assert (
        notified(deployment, "DATA_CHECK_FAILED: in other words", "DATA_CHECK_FAILED")
        == "DATA_CHECK_FAILED: in other words"
    )


@pytest.mark.parametrize(
    ("number", "which"),
    [("1", 'the data check "closed before opened"'), ("2", "a data check"), ("?", "a data check")],
)
def test_a_broken_check_is_named_without_other_words(deployment: SimulatedDeployment, number: str, which: str) -> None:
    words = notified(deployment, f"DATA_CHECK_BROKEN: check {number} cannot be evaluated")
    assert words == (
        f"{which} cannot be evaluated on these rows: a cast or a function in it fails, or something is missing;"
        " fix the check. `landfall migrate` names a fault of its SQL; for other faults, the warehouse's words are in"
        " sys_query_history"
    )


@pytest.mark.parametrize(
    ("message", "hint"),
    [
        ('ERROR: relation "etl.gate_x" does not exist', "; run `landfall migrate`: it makes what is missing, or "),
        ('ERROR: column "amout" does not exist', "; run `landfall migrate`: it makes what is missing, or "),
        (
            "ERROR: procedure etl.data_check_v1(unknown, character varying) does not exist",
            "; run `landfall migrate`: it makes what is missing, or ",
        ),
        ("ERROR: permission denied for relation things", ""),
    ],
)
def test_what_is_missing_in_the_warehouse_can_be_made(deployment: SimulatedDeployment, message: str, hint: str) -> None:
    assert notified(deployment, message) == message + (hint and f"{hint}reports the fault")


def test_a_contract_ahead_of_its_table_ends_with_the_ddl(deployment: SimulatedDeployment) -> None:
    """The scenario alters the table then, and runs the file again."""
    contract_ahead(deployment)
    deployment.settle()
    [problem] = [failure["problem"] for failure in deployment.notifier.failures]
    assert problem["code"] == "CONTRACT_AHEAD"
    assert problem["message"] == (
        "landing.things.value is character varying(1), but the contract has varchar(64): "
        'ALTER TABLE "landing"."things" ALTER COLUMN "value" TYPE varchar(64); '
        "`landfall migrate --plan` lists all differences; then run the file again"
    )
    assert only_run(deployment).state is RunState.LOADED
    assert not deployment.violations
