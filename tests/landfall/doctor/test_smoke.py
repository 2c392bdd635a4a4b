"""The smoke test of a deployment: each thing that may be wrong is reported, and what was made is removed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import pytest
from botocore.exceptions import ClientError

from landfall.doctor.report import Report, Result
from landfall.doctor.smoke import BAD_LINE, DELETE_ROWS, IN_TARGET, Site, smoke
from landfall.migration.warehouse import Rows, StatementError
from landfall.remote.deployment import Deployment
from tests.landfall.fake_api import FakeApi, serving

BUCKET = "landing"
NOW = 1_769_854_830.0
ARCHIVE = "archive/landfall_smoke/2026/01/31/run/x.csv"
MADE = ["processed/landfall_smoke/load/manifest.json", "rejected/landfall_smoke/load/part-00001.jsonl", ARCHIVE]
FILE = "landfall_smoke-20260131T102130000000.csv"
"""The file lands at the clock's second reading."""
PATHS = {"health": "/health", "status": f"/status/{FILE}", "rejects": f"/rejects/{FILE}"}
HEALTH = {"status": "ok", "stage": "dev", "warehouse": {"reachable": True}}
STATUS = {
    "run_id": "run",
    "load_id": "load",
    "state": "LOADED",
    "rows": {"read": 3, "good": 2, "rejected": 1},
    "balanced": True,
    "first_error": {"code": "BAD_VALUE", "message": "amount is no number"},
    "archive": f"s3://{BUCKET}/{ARCHIVE}",
    "finished": True,
}
REJECTS = [{"line": BAD_LINE, "column": "amount", "code": 1209}]
REFUSED = ClientError({"Error": {"Code": "AccessDenied", "Message": "denied"}}, "DeleteObject")


class Bucket:
    """Keys, as S3's client shows them. Other runs' objects are there, too."""

    def __init__(self) -> None:
        self.keys = {*MADE, "processed/landfall_smoke/other/manifest.json", "incoming/orders/a.csv"}
        self.bodies: dict[str, bytes] = {}
        self.refuses = False

    def put_object(self, **request: Any) -> None:
        self.bodies[request["Key"]] = request["Body"]

    def delete_object(self, **request: Any) -> None:
        if self.refuses:
            raise REFUSED
        self.keys.discard(request["Key"])
        self.bodies.pop(request["Key"], None)

    def get_paginator(self, name: str) -> Bucket:
        return self

    def paginate(self, **request: Any) -> Iterator[Any]:
        yield {"Contents": [{"Key": key} for key in sorted(self.keys) if key.startswith(request["Prefix"])]}
        yield {}


@dataclass
class Target:
    """The rows of the target."""

    rows: Rows | None = field(default_factory=lambda: IN_TARGET)
    ran: list[str] = field(default_factory=list)

    def query(self, statement: str) -> Rows:
        if self.rows is None:
            raise StatementError(1, "ERROR: permission denied")
        return self.rows

    def run(self, statements: Sequence[str]) -> None:
        if self.rows is None:
            raise StatementError(1, "ERROR: permission denied")
        self.ran += statements


@dataclass
class Place:
    """A deployment that is all fakes."""

    api: FakeApi
    bucket: Bucket
    target: Target

    @property
    def site(self) -> Site:
        time = count()
        return Site(
            deployment=Deployment(api_url=self.api.url, token=self.api.token, settings={"LANDFALL_BUCKET": BUCKET}),
            s3=self.bucket,
            warehouse=self.target,
            sleep=lambda seconds: None,
            clock=lambda: NOW + 60 * next(time),  # a minute passes at each look
        )

    def answers(self, **changes: Any) -> None:
        given = {"health": HEALTH, "status": STATUS, "rejects": {"rejects": REJECTS}, **changes}
        self.api.answers = {f"GET {PATHS[name]}": [(200, body)] for name, body in given.items() if body}


@pytest.fixture
def place() -> Iterator[Place]:
    made = Place(FakeApi(), Bucket(), Target())
    with serving(made.api):
        made.answers()
        yield made


def last(report: Report) -> tuple[str, Result, str]:
    """The look before the undoing."""
    look = [one for one in report.looks if one.name != "undone"][-1]
    return look.name, look.result, look.seen


def test_a_good_deployment_passes_and_is_left_as_it_was(place: Place) -> None:
    report = smoke(place.site)
    assert [(look.name, look.result) for look in report.looks] == [
        (name, Result.OK) for name in ("health", "token", "lands", "loaded", "rejects", "notified", "target", "undone")
    ]
    assert place.target.ran == [DELETE_ROWS]
    assert place.bucket.keys == {"processed/landfall_smoke/other/manifest.json", "incoming/orders/a.csv"}
    assert place.bucket.bodies == {}
    assert report.looks[-1].seen == "rows and objects; the record of run run and its ledger row stay"


@pytest.mark.parametrize(
    ("wrong", "name", "seen"),
    [
        ({"health": {**HEALTH, "warehouse": {"reachable": False}}}, "health", "the warehouse does not answer"),
        ({"status": None}, "loaded", "the file has no run after 300 s"),
        ({"status": {**STATUS, "state": "FAILED"}}, "loaded", "FAILED: amount is no number (BAD_VALUE)"),
        ({"status": {**STATUS, "state": "REJECTED", "first_error": None}}, "loaded", "the file is REJECTED"),
        ({"status": {**STATUS, "state": "LOADING", "finished": False}}, "loaded", "the file is LOADING"),
        ({"status": {**STATUS, "balanced": False}}, "loaded", "the books are wrong"),
        ({"status": {**STATUS, "rows": {"read": 3, "good": 3, "rejected": 0}}}, "loaded", "3 good + 0 rejected"),
        ({"rejects": {"rejects": []}}, "rejects", "not the one bad row: no reject"),
        ({"rejects": {"rejects": [{**REJECTS[0], "line": 3}]}}, "rejects", "line 3, column amount"),
        ({"rejects": None}, "rejects", "nothing at /rejects/"),
        ({"status": {**STATUS, "finished": False}}, "notified", "not after 300 s"),
        ({"status": {**STATUS, "archive": None}}, "notified", "not after 300 s"),
    ],
    ids=str,
)
def test_a_fault_of_the_deployment_is_the_last_look(place: Place, wrong: dict[str, Any], name: str, seen: str) -> None:
    place.answers(**wrong)
    found = last(smoke(place.site))
    assert found[:2] == (name, Result.FAIL)
    assert seen in found[2]


def test_an_api_for_all_is_a_failure(place: Place) -> None:
    class Open(FakeApi):
        def answer(self, method: str, path: str, headers: Any, body: bytes) -> Any:
            return 200, HEALTH

    with serving(api := Open()):
        assert last(smoke(Place(api, place.bucket, place.target).site)) == (
            *("token", Result.FAIL),
            "the API answers to an unknown token",
        )


@pytest.mark.parametrize(("is_new", "name", "result"), [(True, "target", Result.OK), (False, "health", Result.FAIL)])
def test_only_a_new_token_is_waited_for(place: Place, is_new: bool, name: str, result: Result) -> None:
    """The authorizer reads the secret again while this waits."""
    site, known = place.site, place.api.token
    place.api.token = "another"
    waiting = replace(site, new_token=is_new, sleep=lambda seconds: setattr(place.api, "token", known))
    assert last(smoke(replace(waiting, clock=lambda: NOW + 60)))[:2] == (name, result)


def test_a_new_token_is_not_waited_for_without_end(place: Place) -> None:
    site, waits = place.site, list[float]()
    place.api.token = "another"
    seen = last(smoke(replace(site, new_token=True, sleep=waits.append)))
    assert (seen[:2], len(waits)) == (("health", Result.FAIL), 1)


@pytest.mark.parametrize(("rows", "seen"), [([["one", "1.50"]], "other rows"), (None, "the target cannot be read")])
def test_wrong_rows_in_the_target_are_a_failure(place: Place, rows: Rows | None, seen: str) -> None:
    place.target.rows = rows
    name, result, found = last(smoke(place.site))
    assert (name, result, seen in found) == ("target", Result.FAIL, True)


def test_a_warehouse_that_is_not_named_is_a_warning(place: Place) -> None:
    report = smoke(replace(place.site, warehouse=None))
    assert last(report)[:2] == ("target", Result.WARN)
    assert report.looks[-1].seen == "not all: two rows in landing.landfall_smoke"
    assert report.code == 0


def test_what_cannot_be_removed_is_named(place: Place) -> None:
    place.bucket.refuses, place.target.rows = True, None
    undone = smoke(place.site).looks[-1]
    assert undone.result is Result.WARN
    assert "rows in landing.landfall_smoke (ERROR: permission denied)" in undone.seen
    assert f"objects of landfall_smoke in s3://{BUCKET} (An error occurred (AccessDenied)" in undone.seen


def test_a_run_that_is_at_work_is_left_alone(place: Place) -> None:
    place.answers(status={**STATUS, "state": "LOADING", "finished": False})
    undone = smoke(place.site).looks[-1]
    assert (undone.name, undone.result) == ("undone", Result.WARN)
    assert place.target.ran == []
    assert set(MADE) <= place.bucket.keys


def test_a_run_that_is_not_known_may_leave_objects(place: Place) -> None:
    place.answers(status=None)
    undone = smoke(place.site).looks[-1]
    assert (undone.result, undone.seen) == (Result.WARN, "the file only: its run is not known")
    assert place.bucket.bodies == {}


def test_a_bucket_that_refuses_the_file_is_named(place: Place) -> None:
    def refuse(**request: Any) -> None:
        raise REFUSED

    place.bucket.put_object = refuse  # type: ignore[method-assign]
    assert "AWS refuses: An error occurred (AccessDenied)" in last(smoke(place.site))[2]
