"""What moto does not show: answers that get lost, transactions that meet, and two stores that must agree."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from chalicelib.adapters.dynamodb import batches, items
from chalicelib.adapters.dynamodb.batches import FIRST_PAUSE
from chalicelib.adapters.dynamodb.bookmarks import DynamoBookmarks
from chalicelib.adapters.dynamodb.chunks import DynamoChunks
from chalicelib.adapters.dynamodb.runs import DynamoRuns
from chalicelib.adapters.dynamodb.searches import DynamoSearch
from chalicelib.adapters.dynamodb.table import run_key
from chalicelib.adapters.dynamodb.table_client import TableClient
from chalicelib.adapters.dynamodb.transactions import TRIES
from chalicelib.adapters.memory import MemoryClock
from chalicelib.domain.run.model import Chunk, Run, RunState, SourceObject
from chalicelib.errors import Refused, Retryable, Throttled
from chalicelib.ports import Conflict, Newest
from tests.adapters.unit.wire import Request, Response, Script, client, error, reply

SOURCE = SourceObject(bucket="landing", key="incoming/a.csv", etag="e1", size=100, sequencer="0A")
RUN = Run(run_id="r1", object="orders", source=SOURCE, state=RunState.STAGING, arrived_at=1.0, updated_at=1.0)
CHUNK = Chunk(run_id="r1", generation=1, number=1, start=0, stop=50, end=51, read=2, good=1, rejected=1)


def table(wire: Any, pauses: list[float] | None = None) -> TableClient:
    sleep = (pauses if pauses is not None else []).append
    return TableClient(client("dynamodb", wire), "runs", sleep=sleep, jitter=lambda: 0.5)


def store(wire: Any, pauses: list[float] | None = None) -> DynamoRuns:
    return DynamoRuns(table(wire, pauses), MemoryClock(2.0))


def chunks(wire: Any, pauses: list[float] | None = None) -> DynamoChunks:
    return DynamoChunks(table(wire, pauses), MemoryClock(2.0))


def cancelled(*codes: str) -> Response:
    body = {"__type": "TransactionCanceledException", "CancellationReasons": [{"Code": code} for code in codes]}
    return Response(status=400, body=json.dumps(body).encode())


def stored(run: Run) -> Response:
    return reply(Item=items.run_item(run))


def unmet(run: Run) -> Response:
    body = {"__type": "ConditionalCheckFailedException", "Item": items.run_item(run)}
    return Response(status=400, body=json.dumps(body).encode())


# ---- several at once ------------------------------------------------------------------------------------------------


def some(runs: list[Run], *left_out: str) -> Response:
    unprocessed = {"runs": {"Keys": [items.key(run_key(run_id)) for run_id in left_out]}} if left_out else {}
    return reply(Responses={"runs": [items.run_item(run) for run in runs]}, UnprocessedKeys=unprocessed)


def test_what_the_service_left_out_is_requested_again() -> None:
    pauses: list[float] = []
    second = replace(RUN, run_id="r2")
    script = Script([some([second], "r1"), some([RUN])])
    assert store(script, pauses).get_many(["r1", "r2", "r1"]) == [RUN, second, RUN]
    tables = [request.body["RequestItems"]["runs"] for request in script.requests]
    assert [len(table["Keys"]) for table in tables] == [2, 1]
    assert all(table["ConsistentRead"] for table in tables)
    assert pauses == [0.05]


def test_what_is_always_left_out_is_throttled() -> None:
    with pytest.raises(Throttled):
        store(Script([some([], "r1")])).get_many(["r1"])


# ---- change ---------------------------------------------------------------------------------------------------------


def test_a_change_is_conditional_on_what_it_was_decided_on() -> None:
    script = Script([reply(Attributes=items.run_item(replace(RUN, chunks=3)))])
    assert store(script).change(RUN, chunks=3).chunks == 3
    [request] = script.requests
    for name in ("state", "generation", "load_attempt"):
        assert f"#{name} = :is_{name}" in request.body["ConditionExpression"]
    assert request.body["ExpressionAttributeValues"][":is_state"] == {"S": "STAGING"}


def test_a_forbidden_move_makes_no_call() -> None:
    script = Script([reply()])
    with pytest.raises(Conflict):
        store(script).change(RUN, state=RunState.LOADED)
    assert script.requests == []


class LostAnswer:
    """Makes the change, loses the answer, and meets botocore's repeat with the condition that no longer holds."""

    def __init__(self, now: Run) -> None:
        self.now = now
        self.calls = 0

    def __call__(self, request: Request) -> Response:
        self.calls += 1
        if self.calls == 1:
            raise ReadTimeoutError(endpoint_url="dynamodb")
        return unmet(self.now)


@pytest.mark.parametrize("ours", [True, False])
def test_botocores_own_repeat_of_a_change_is_no_conflict(ours: bool) -> None:
    done = replace(RUN, state=RunState.STAGED, updated_at=2.0, moments={"STAGED": 2.0})
    wire = LostAnswer(done if ours else replace(done, updated_at=1.5))
    repeated = client("dynamodb", wire, tries=2)
    runs = DynamoRuns(TableClient(repeated, "runs"), MemoryClock(2.0))
    if ours:
        assert runs.change(RUN, state=RunState.STAGED) == done
    else:
        with pytest.raises(Conflict):
            runs.change(RUN, state=RunState.STAGED)
    assert wire.calls == 2


def test_a_conflict_at_the_first_try_is_always_one() -> None:
    done = replace(RUN, state=RunState.STAGED, updated_at=2.0, moments={"STAGED": 2.0})
    with pytest.raises(Conflict):
        store(Script([unmet(done)])).change(RUN, state=RunState.STAGED)


# ---- transactions ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "in_the_way", [cancelled("None", "TransactionConflict"), error("TransactionInProgressException")]
)
def test_a_transaction_waits_for_another_one(in_the_way: Response) -> None:
    pauses: list[float] = []
    script = Script([in_the_way, in_the_way, reply(), stored(replace(RUN, staged=1))])
    assert chunks(script, pauses).finish(CHUNK).staged == 1
    assert pauses == [0.02, 0.04]
    tokens = {a.body["ClientRequestToken"] for a in script.requests if a.operation == "TransactWriteItems"}
    assert len(tokens) == 1
    assert all(1 <= len(token) <= 36 for token in tokens)


def test_a_transaction_in_lasting_conflict_is_throttled() -> None:
    pauses: list[float] = []
    with pytest.raises(Throttled):
        chunks(Script([cancelled("TransactionConflict", "None")]), pauses).finish(CHUNK)
    assert len(pauses) == TRIES
    assert max(pauses) <= 1.5


def test_a_condition_that_fails_beside_a_conflict_decides() -> None:
    script = Script([cancelled("ConditionalCheckFailed", "TransactionConflict"), stored(RUN)])
    assert chunks(script).finish(CHUNK) == RUN


def test_a_transaction_cancelled_for_another_reason_is_refused() -> None:
    with pytest.raises(Refused):
        chunks(Script([cancelled("ItemCollectionSizeLimitExceeded")])).finish(CHUNK)


def test_a_chunks_sums_go_with_the_chunk_in_one_transaction() -> None:
    script = Script([reply(), stored(RUN)])
    chunks(script).finish(CHUNK)
    put, update = (next(iter(w.values())) for w in script.requests[0].body["TransactItems"])
    assert put["Item"]["state"] == {"S": "STAGED"}
    assert update["ExpressionAttributeValues"][":bytes_staged"] == {"N": "51"}
    assert update["ConditionExpression"] == "#state = :is_state AND #generation = :is_generation"


def test_a_run_and_its_pointer_are_written_together_or_not() -> None:
    seen = Newest(run_id="r0", etag="e0", sequencer="0F")
    script = Script([cancelled("None", "ConditionalCheckFailed")])
    assert not store(script).create(replace(RUN, source=replace(SOURCE, sequencer="")), seen)
    [request] = script.requests
    run, pointer = (write["Put"] for write in request.body["TransactItems"])
    assert run["ConditionExpression"] == "attribute_not_exists(pk)"
    assert pointer["ExpressionAttributeValues"] == {
        ":is_run_id": {"S": "r0"},
        ":is_etag": {"S": "e0"},
        ":is_sequencer": {"S": "0F"},
    }


def test_an_older_version_moves_no_pointer() -> None:
    script = Script([reply()])
    assert store(script).create(
        replace(RUN, source=replace(SOURCE, sequencer="0E")), Newest(run_id="r0", etag="e0", sequencer="0F")
    )
    assert len(script.requests[0].body["TransactItems"]) == 1


# ---- searches -------------------------------------------------------------------------------------------------------


def index_key(number: int) -> dict[str, Any]:
    return {**items.key((f"RUN#r{number}", "RUN")), "open": {"S": "1"}, "updated_at": {"N": "1"}}


class Leftovers:
    """A BatchGetItem that gives one item at a time and leaves the rest over."""

    def __init__(self, count: int, *, missing: str = "") -> None:
        self.count = count
        self.missing = missing

    def __call__(self, request: Request) -> Response:
        if request.operation == "Query":
            return reply(Items=[index_key(n) for n in range(self.count)])
        keys = request.body["RequestItems"]["runs"]["Keys"]
        assert request.body["RequestItems"]["runs"]["ConsistentRead"]
        first = keys[0]["pk"]["S"].removeprefix("RUN#")
        found = [] if first == self.missing else [items.run_item(replace(RUN, run_id=first))]
        left = {"runs": {"Keys": keys[1:], "ConsistentRead": True}} if keys[1:] else {}
        return reply(Responses={"runs": found}, UnprocessedKeys=left)


def test_a_search_reads_left_over_keys_after_a_pause() -> None:
    pauses: list[float] = []
    found = list(DynamoSearch(table(Leftovers(3, missing="r1"), pauses)).unfinished(2.0))
    assert [r.run_id for r in found] == ["r0", "r2"]
    assert pauses == [FIRST_PAUSE, FIRST_PAUSE * 2]


def test_a_search_whose_keys_are_always_left_over_is_throttled() -> None:
    pauses: list[float] = []
    with pytest.raises(Throttled):
        list(DynamoSearch(table(Leftovers(batches.TRIES + 1), pauses)).unfinished(2.0))
    assert pauses == [FIRST_PAUSE * 2**n for n in range(batches.TRIES)]


def test_a_sparse_search_gives_a_short_page_and_continues() -> None:
    def wire(request: Request) -> Response:
        if request.operation == "Query":
            start = int(request.body.get("ExclusiveStartKey", index_key(0))["pk"]["S"].removeprefix("RUN#r"))
            keys = [
                {**items.key((f"RUN#r{n}", "RUN")), "kind": {"S": "RUN"}, "arrived_at": {"N": "1"}}
                for n in range(start + 1, start + 101)
            ]
            return reply(Items=keys, LastEvaluatedKey=keys[-1])
        keys = request.body["RequestItems"]["runs"]["Keys"]
        runs = [items.run_item(replace(RUN, run_id=k["pk"]["S"].removeprefix("RUN#"))) for k in keys]
        return reply(Responses={"runs": runs})

    script = Script([reply()])
    page = DynamoSearch(table(lambda request: (script(request), wire(request))[1])).page(state=RunState.FAILED)
    assert page.runs == ()
    assert page.cursor
    assert script.operations.count("Query") <= 21


# ---- errors ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (error("ProvisionedThroughputExceededException"), Throttled),
        (error("InternalServerError", status=500), Retryable),
        (error("AccessDeniedException"), Refused),
        (ReadTimeoutError(endpoint_url="dynamodb"), Retryable),
    ],
)
def test_errors_of_every_call_are_ours(response: Response | Exception, kind: type[Exception]) -> None:
    clock = MemoryClock(2.0)
    for call in (
        lambda table: DynamoRuns(table, clock).get("r1"),
        lambda table: DynamoRuns(table, clock).newest("b", "k"),
        lambda table: DynamoRuns(table, clock).create(RUN),
        lambda table: DynamoRuns(table, clock).change(RUN, chunks=1),
        lambda table: DynamoChunks(table, clock).begin(CHUNK),
        lambda table: DynamoChunks(table, clock).finish(CHUNK),
        lambda table: DynamoChunks(table, clock).reopen(CHUNK, 3),
        lambda table: DynamoChunks(table, clock).of_run("r1", 1),
        lambda table: list(DynamoSearch(table).unfinished(2.0)),
        lambda table: DynamoSearch(table).page(object="orders"),
        lambda table: list(DynamoSearch(table).by_name("a.csv")),
        lambda table: DynamoBookmarks(table).get("sweep"),
        lambda table: DynamoBookmarks(table).set("sweep", "x"),
        lambda table: DynamoBookmarks(table).move("sweep", "", "x"),
    ):
        with pytest.raises(kind) as caught:
            call(table(Script([response])))
        assert type(caught.value) is kind
        assert caught.value.__cause__
