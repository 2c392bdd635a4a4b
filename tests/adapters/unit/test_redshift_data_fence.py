"""How the Data API is asked to fence a load, and what is left where that fails."""

from __future__ import annotations

import pytest

from chalicelib.adapters.redshift_data import WAIT_SECONDS
from chalicelib.domain.warehouse.ddl import gate
from chalicelib.errors import Refused, Retryable
from tests.adapters.unit.data_api import ORDER, ended, warehouse
from tests.adapters.unit.wire import Response, Script, reply


def test_a_fence_is_one_awaited_batch_that_locks_the_gate() -> None:
    script = Script([reply(Id="f", Status="FINISHED")])
    warehouse(script).fence("shop.t", ORDER.group_id)
    assert [request.operation for request in script.requests] == ["BatchExecuteStatement"]
    assert script.requests[0].body["WaitTimeSeconds"] == WAIT_SECONDS
    lock, insert = script.requests[0].body["Sqls"]
    assert lock == f"LOCK TABLE {gate('shop.t')}"
    assert insert.startswith("INSERT INTO etl.fenced")
    assert script.requests[0].body["Parameters"] == [{"name": "group_id", "value": ORDER.group_id}]


@pytest.mark.parametrize(
    "response",
    [ended("STARTED"), ended("ABORTED"), ended("FAILED", Error="ERROR: 1023")],
    ids=["slow", "aborted", "conflict"],
)
def test_a_fence_that_times_out_leaves_nothing_at_the_gate(response: Response) -> None:
    script = Script([reply(Id="f", Status="STARTED"), response, reply(Status=True)])
    with pytest.raises(Retryable, match="cannot be fenced yet"):
        warehouse(script).fence("shop.t", ORDER.group_id)
    assert (script.requests[-1].operation, script.requests[-1].body) == ("CancelStatement", {"Id": "f"})


def test_a_fence_that_is_refused_reports_why() -> None:
    script = Script([reply(Id="f"), ended("FAILED", Error="ERROR: permission denied for relation fenced")])
    with pytest.raises(Refused, match="cannot be fenced: ERROR: permission denied") as refused:
        warehouse(script).fence("shop.t", ORDER.group_id)
    assert refused.value.code == "NOT_FENCED"
