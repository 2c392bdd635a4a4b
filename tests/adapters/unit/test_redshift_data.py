"""How the Data API is asked, and what its answers and errors mean."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.adapters.clients import PATIENCE
from chalicelib.adapters.redshift_data import WAIT_SECONDS, RedshiftData, database_args
from chalicelib.domain.run.model import Outcome
from chalicelib.domain.warehouse.statement import Statement, StatementState
from chalicelib.errors import Broken, Refused, Retryable, Throttled
from tests.adapters.unit.data_api import ORDER, ended, warehouse
from tests.adapters.unit.wire import Response, Script, client, error, reply
from tests.support.load_orders import changed, ledger_of
from tests.support.settings import SETTINGS

RECORD = [
    {"stringValue": ORDER.shares[0].load_id},
    {"stringValue": "LOADED"},
    *({"longValue": n} for n in (5, 4, 1, 4)),
    *({"stringValue": str(n)} for n in (1, 2, 1, 0, 0)),
]


def running(statement_id: str) -> Statement:
    return Statement(statement_id=statement_id, state=StatementState.RUNNING)


# ---- submit ---------------------------------------------------------------------------------------------------------


def test_a_load_is_one_batch_with_token_name_and_event() -> None:
    script = Script([reply(Id="statement")])
    assert warehouse(script).submit(ORDER, token="load-1", name="run") == running("statement")
    [request] = script.requests
    assert request.operation == "BatchExecuteStatement"
    body = request.body
    assert (body["ClientToken"], body["StatementName"], body["WithEvent"]) == ("load-1", "run", True)
    assert (body["WorkgroupName"], body["Database"]) == ("landfall", "dev")
    assert "ExecutionMode" not in body
    assert body["Sqls"][0].startswith("LOCK TABLE")
    assert "it's" not in "".join(body["Sqls"])
    assert ORDER.shares[0].key.encode().hex() in "".join(body["Sqls"])
    assert {"name": "group_id", "value": ORDER.group_id} in body["Parameters"]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"workgroup": "w"}, {"Database": "dev", "WorkgroupName": "w"}),
        ({"workgroup": "w", "db_secret": "arn"}, {"Database": "dev", "WorkgroupName": "w", "SecretArn": "arn"}),
        ({"cluster": "c", "db_user": "u"}, {"Database": "dev", "ClusterIdentifier": "c", "DbUser": "u"}),
        ({"cluster": "c", "db_secret": "arn"}, {"Database": "dev", "ClusterIdentifier": "c", "SecretArn": "arn"}),
    ],
)
def test_the_warehouse_is_a_workgroup_or_a_cluster(settings: dict[str, str], expected: dict[str, str]) -> None:
    assert database_args(replace(SETTINGS, **{"workgroup": "", **settings})) == expected


def test_an_order_that_is_not_sound_never_leaves() -> None:
    script = Script([reply(Id="s")])
    with pytest.raises(Broken):
        warehouse(script).submit(changed(ORDER, load_id="x"), token="t", name="n")
    assert script.requests == []


SUBMIT_ERRORS = [
    (error("ActiveStatementsExceededException"), Throttled),
    (error("ValidationException", message="Rate exceeded for BatchExecuteStatement"), Throttled),
    (error("ValidationException", message="Cluster is paused"), Retryable),
    (error("ValidationException", message="The workgroup is not available"), Retryable),
    (error("BatchExecuteStatementException", status=500), Retryable),
    (error("ResourceNotFoundException"), Refused),
    (error("ValidationException", message="bad parameter"), Refused),
    (error("AccessDeniedException"), Refused),
]


@pytest.mark.parametrize(("response", "kind"), SUBMIT_ERRORS)
def test_a_submit_that_fails_reports_how(response: Response, kind: type[Exception]) -> None:
    with pytest.raises(kind) as caught:
        warehouse(Script([response])).submit(ORDER, token="t", name="n")
    assert type(caught.value) is kind


def test_a_refused_repeat_is_no_answer_to_the_first_request() -> None:
    """The first time it may have been taken, and only the answer lost."""
    script = Script([error("InternalServerException", status=500), error("AccessDeniedException")])
    house = RedshiftData(client("redshift-data", script, tries=2), SETTINGS)
    with pytest.raises(Retryable, match=r"more than once, then refused: .*AccessDenied"):
        house.submit(ORDER, token="t", name="n")
    assert [request.body["ClientToken"] for request in script.requests] == ["t", "t"]


# ---- describe -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["SUBMITTED", "PICKED", "STARTED", "SOMETHING_NEW"])
def test_what_is_not_over_runs(status: str) -> None:
    assert warehouse(Script([ended(status)])).describe("s").state is StatementState.RUNNING


@pytest.mark.parametrize(
    ("text", "retryable"),
    [
        ("ERROR: 1023 DETAIL: Serializable isolation violation on table - 100, cycle of 1, 2", True),
        ("ERROR: could not serialize access due to concurrent update", True),
        ("ERROR: Query (7) cancelled on user's request", True),
        ("Connection to the server was lost", True),
        ("ERROR: S3ServiceException:Slow,Status 503,Error SlowDown", True),
        ("ERROR: permission denied for relation orders (connection 5)", False),
        ("ERROR: S3ServiceException:Access Denied,Status 403,Error AccessDenied", False),
        ("ERROR: COUNT_MISMATCH: 5 rows were found good and 4 are staged", False),
        ("ERROR: Disk Full", False),
        ("", False),
    ],
)
def test_a_failure_passes_or_lasts(text: str, retryable: bool) -> None:
    found = warehouse(Script([ended("FAILED", Error=text)])).describe("s")
    assert (found.state, found.retryable) == (StatementState.FAILED, retryable)
    assert found.error


def test_an_aborted_statement_may_be_tried_again() -> None:
    found = warehouse(Script([ended("ABORTED")])).describe("s")
    assert (found.state, found.retryable, found.error) == (StatementState.FAILED, True, "ABORTED")


def test_the_error_of_a_batch_may_be_in_a_part_of_it() -> None:
    parts = [{"Id": "s:1", "Status": "FINISHED"}, {"Id": "s:2", "Status": "FAILED", "Error": "ERROR: 1023 x"}]
    found = warehouse(Script([ended("FAILED", SubStatements=parts)])).describe("s")
    assert (found.error, found.retryable) == ("ERROR: 1023 x", True)


def test_a_statement_that_is_not_known_is_gone() -> None:
    gone = warehouse(Script([error("ResourceNotFoundException")])).describe("s")
    assert (gone.state, gone.error) == (StatementState.GONE, "")


def test_a_throttle_in_disguise_is_a_throttle() -> None:
    with pytest.raises(Throttled):
        warehouse(Script([error("ValidationException", message="Throttling: slow down")])).describe("s")


# ---- ledger, cancel -------------------------------------------------------------------------------------------------


def test_the_ledger_is_asked_and_waited_for() -> None:
    script = Script([reply(Id="q", Status="FINISHED"), reply(Records=[RECORD])])
    row = ledger_of(warehouse(script), ORDER).get(ORDER.shares[0].load_id)
    assert row
    assert (row.load_id, row.outcome, row.staged, row.duplicate, row.inserted) == (
        ORDER.shares[0].load_id, Outcome.LOADED, 4, 1, 2,
    )  # fmt: skip
    assert script.requests[0].body["WaitTimeSeconds"] == WAIT_SECONDS < PATIENCE["redshift-data"]
    assert script.requests[0].body["Parameters"] == [{"name": "object", "value": ORDER.contract.name}]


def test_a_ledger_that_ended_after_the_wait_is_read() -> None:
    script = Script([reply(Id="q", Status="STARTED"), ended("FINISHED"), reply(Records=[RECORD])])
    assert ledger_of(warehouse(script), ORDER)


def test_a_ledger_without_the_load_gives_none() -> None:
    script = Script([reply(Id="q"), ended("FINISHED"), reply(Records=[])])
    assert ledger_of(warehouse(script), ORDER) == {}


def test_a_result_in_pages_is_read_to_its_end() -> None:
    pages = [reply(Records=[], NextToken="1"), reply(Records=[RECORD], NextToken="2"), reply(Records=[])]
    script = Script([reply(Id="q"), ended("FINISHED"), *pages])
    assert ledger_of(warehouse(script), ORDER).get(ORDER.shares[0].load_id)
    assert [a.body.get("NextToken") for a in script.requests[2:]] == [None, "1", "2"]


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (ended("STARTED"), Retryable),
        (ended("ABORTED"), Retryable),
        (ended("FAILED", Error="ERROR: 1023 conflict"), Retryable),
        (ended("FAILED", Error="ERROR: permission denied for schema etl"), Refused),
        (error("ResourceNotFoundException"), Retryable),
        (error("InternalServerException", status=500), Retryable),
    ],
)
def test_a_ledger_that_does_not_answer_reports_how(response: Response, kind: type[Exception]) -> None:
    with pytest.raises(kind) as caught:
        ledger_of(warehouse(Script([reply(Id="q"), response])), ORDER).get(ORDER.shares[0].load_id)
    assert type(caught.value) is kind


def test_a_ledger_query_lost_before_it_was_read_is_repeated() -> None:
    script = Script([reply(Id="q"), ended("FINISHED"), error("ResourceNotFoundException")])
    with pytest.raises(Retryable):
        ledger_of(warehouse(script), ORDER).get(ORDER.shares[0].load_id)


@pytest.mark.parametrize(
    "response",
    [
        reply(Status=True),
        error("ResourceNotFoundException"),
        error("ValidationException", message="Could not cancel a query that is already in FINISHED state"),
    ],
)
def test_cancelling_is_fine_whatever_became_of_the_statement(response: Response) -> None:
    script = Script([response])
    warehouse(script).cancel("s")
    assert [request.body["Id"] for request in script.requests] == ["s"]


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (error("ValidationException", message="id is malformed"), Refused),
        (error("DatabaseConnectionException", status=500), Retryable),
        (error("AccessDeniedException", message="already thought not"), Refused),
    ],
)
def test_a_cancel_that_fails_reports_how(response: Response, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        warehouse(Script([response])).cancel("s")
