"""GET /status, /rejects and /health."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import cast

import pytest

from chalicelib import bootstrap
from chalicelib.api.routes import ROUTES
from chalicelib.api.views import moment
from chalicelib.domain.run import cost, keys
from chalicelib.domain.run.notices import notice
from chalicelib.errors import Throttled
from tests.support.api import BAD, GOOD, Api, seg
from tests.support.files.packing import gzipped
from tests.support.simulated.deployment import BUCKET, CONTRACTS
from tests.support.wired import Wired

KEY = "incoming/thing/a.csv"
MIXED = GOOD + b"x1,y,notanumber\n"
LAMBDA_ANSWERS = 6 << 20
"""Bytes at most, of JSON in which the body is a text."""


def test_a_loaded_file(api: Api) -> None:
    api.land(KEY, MIXED)
    run = api.only_run()
    status = api.get(f"/status/{seg(KEY)}").body
    assert (status["run_id"], status["load_id"], status["state"]) == (run.run_id, run.load_id, "LOADED")
    assert (status["percent"], status["finished"], status["balanced"]) == (100.0, True, True)
    assert status["rows"] == {
        "read": 13, "good": 12, "rejected": 1, "duplicate": 0,
        "inserted": 12, "updated": 0, "unchanged": 0, "superseded": 0, "corrected": 0,
    }  # fmt: skip
    chunks = status["chunks"]
    assert chunks["total"] == chunks["staged"] == run.chunks > 1
    assert (status["bytes"]["total"], status["bytes"]["text"]) == (len(MIXED), None)
    assert set(status["seconds"]) == {"plan", "stage", "submit", "load", "total"}
    assert status["attempts"] == {"load": 1, "chunk_most": 1, "chunk_repeats": 0}
    error = status["first_error"]
    assert (error["line"], error["column"]) == (14, "amount")
    assert MIXED[error["byte_offset"] :].startswith(b"x1,")
    assert error["code"]
    assert error["message"]
    assert status["rejects"] == f"s3://{BUCKET}/rejected/thing/{run.load_id}/"
    assert status["archive"] == f"s3://{BUCKET}/{run.archive_key}"


def test_what_is_left_out_is_counted(api: Api) -> None:
    api.land(KEY, GOOD.replace(b"\n", b"\n\n", 3))
    run = api.only_run()
    assert run.chunks > 1
    status = api.get("/status/a.csv").body
    assert (status["left_out"], status["altered"]) == ({"blank_lines": 3}, {})
    assert notice(run)["left_out"] == {"blank_lines": 3}
    api.post(f"/runs/{seg(KEY)}")
    assert api.get("/status/a.csv").body["left_out"] == {}
    api.deployment.settle()
    again = api.get("/status/a.csv").body
    assert (again["generation"], again["left_out"]) == (2, {"blank_lines": 3})


def test_a_file_in_its_load_window(api: Api) -> None:
    windowed = {name: replace(contract, load_every=900.0) for name, contract in CONTRACTS.items()}
    api.deployment.deploy(windowed)
    bootstrap.use(replace(cast(Wired, bootstrap.wired()), pipeline=api.deployment.pipeline))
    api.land(KEY, GOOD, run=False)
    while api.deployment.deliver_event() or api.deployment.deliver_message():
        pass
    status = api.get("/status/a.csv").body
    ends = math.ceil(api.deployment.clock.now() / 900) * 900
    assert (status["state"], status["loads_at"]) == ("STAGED", moment(ends))
    for late in (0.0, 60.0):
        api.deployment.clock.advance(ends + late - api.deployment.clock.now())
        assert api.get("/health").body["unfinished"] == {"runs": 1, "more": False, "oldest_seconds": late}
    api.deployment.settle()
    assert api.get("/status/a.csv").body["loads_at"] is None


def test_a_packed_file_shows_the_size_of_its_text(api: Api) -> None:
    api.land(KEY, gzipped(MIXED))
    status = api.get("/status/a.csv").body
    assert status["state"] == "LOADED"
    assert status["bytes"]["text"] == len(MIXED)
    assert status["bytes"]["staged"] == len(MIXED) - len(MIXED.splitlines()[0]) - 1
    assert MIXED[status["first_error"]["byte_offset"] :].startswith(b"x1,")


def test_a_rejected_file(api: Api) -> None:
    api.land(KEY, BAD)
    status = api.get("/status/a.csv").body
    assert (status["state"], status["percent"], status["archive"]) == ("REJECTED", 100.0, None)
    assert status["first_error"]["code"] == "TOO_MANY_REJECTS"
    assert status["rejects"].startswith(f"s3://{BUCKET}/rejected/")


def test_a_file_on_its_way(api: Api) -> None:
    api.land(KEY, GOOD, run=False)
    run = api.deployment.handle_event(api.deployment.events.pop())
    assert run is not None
    assert api.get("/status/a.csv").body["percent"] == 0.0
    api.deployment.pipeline.advance(run.run_id)
    api.deployment.clock.advance(10)
    api.deployment.deliver_message()
    api.deployment.deliver_message()
    status = api.get("/status/a.csv").body
    assert (status["state"], status["finished"]) == ("STAGING", False)
    assert status["chunks"]["staged"] >= 1
    assert status["chunks"]["pending"] + status["chunks"]["staging"] + status["chunks"]["staged"] == run_chunks(api)
    assert 2 < status["percent"] < 80
    assert status["eta_seconds"] > 0
    assert status["rows_per_second"] > 0
    assert (status["rejects"], status["first_error"]) == (None, None)


def run_chunks(api: Api) -> int:
    return api.only_run().chunks


def test_the_latest_version_is_shown_and_the_others_are_named(api: Api) -> None:
    api.land(KEY, BAD)
    old = api.only_run()
    api.land(KEY, GOOD)
    api.land("incoming/thing/sub/a.csv", BAD)
    by_key = api.get(f"/status/{seg(KEY)}").body
    assert by_key["state"] == "LOADED"
    assert [o["run_id"] for o in by_key["others"]] == [old.run_id]
    by_name = api.get("/status/a.csv").body
    assert by_name["file"] == "incoming/thing/sub/a.csv"
    assert {o["run_id"] for o in by_name["others"]} == {old.run_id, by_key["run_id"]}
    by_id = api.get(f"/status/{old.run_id}").body
    assert (by_id["state"], by_id["others"]) == ("REJECTED", [])


def test_a_path_that_is_no_utf8(api: Api) -> None:
    answer = api.get("/status/%ff")
    assert (answer.status, answer.code) == (400, "BAD_REQUEST")


def test_no_row_value_is_shown_in_a_status(api: Api) -> None:
    api.land(KEY, GOOD + b"secret1,secret2,secret3\n")
    assert "secret" not in json.dumps(api.get("/status/a.csv").body)


# ---- rejects -------------------------------------------------------------------------------------------------------


def test_rejects_come_in_pages_in_file_order(api: Api) -> None:
    rows = [b"k%d,v,%s\n" % (n, b"1" if n % 3 else b"bad") for n in range(60)]
    api.land(KEY, b"id,value,amount\n" + b"".join(rows))
    assert api.only_run().chunks > 5
    pages = api.pages(lambda cursor: api.get(f"/rejects/{seg(KEY)}?limit=6&cursor={cursor}"), "rejects")
    assert [len(page) for page in pages] == [6, 6, 6, 2]
    found = [reject for page in pages for reject in page]
    assert [r["line"] for r in found] == [n + 2 for n in range(60) if n % 3 == 0]
    assert {r["column"] for r in found} == {"amount"}


def test_rejects_of_a_load_that_is_not_sealed(api: Api) -> None:
    api.land(KEY, BAD, run=False)
    api.deployment.handle_event(api.deployment.events.pop())
    page = api.get("/rejects/a.csv").body
    assert (page["rejects"], page["cursor"]) == ([], "")
    assert "staged" in page["note"]


def test_rejects_of_a_file_without_any(api: Api) -> None:
    api.land(KEY, GOOD)
    assert api.get("/rejects/a.csv").body["rejects"] == []


def test_a_cursor_of_an_earlier_load(api: Api) -> None:
    api.land(KEY, b"id,value,amount\n" + b"1,a,x\n" * 20)
    cursor = api.get("/rejects/a.csv?limit=5").body["cursor"]
    assert cursor
    api.post("/runs/a.csv")
    api.deployment.settle()
    answer = api.get(f"/rejects/a.csv?cursor={cursor}")
    assert (answer.status, answer.code) == (400, "BAD_CURSOR")


def test_large_rejects_make_short_pages(api: Api) -> None:
    """Lambda answers with 6 MB at most."""
    api.land(KEY, BAD)
    run = api.only_run()
    value = '"' * 20_000
    lines = [json.dumps({"line": n, "record": f'x,"{value}",1'}).encode() for n in range(150)]
    api.deployment.objects.put(BUCKET, keys.rejects(run, 1), b"\n".join(lines))
    pages = api.pages(lambda cursor: api.get(f"/rejects/a.csv?limit=200&cursor={cursor}"), "rejects")
    assert {r["values"][1] for page in pages for r in page} == {value[::2]}
    assert max(len(json.dumps(json.dumps(page))) for page in pages) < LAMBDA_ANSWERS
    assert [r["line"] for page in pages for r in page] == list(range(150))


# ---- health --------------------------------------------------------------------------------------------------------


def test_health(api: Api) -> None:
    assert api.get("/health").body == {
        "status": "ok",
        "stage": "dev",
        "contracts": 2,
        "warehouse": {"reachable": True},
        "unfinished": {"runs": 0, "more": False, "oldest_seconds": 0.0},
        "late": [],
    }
    api.land(KEY, GOOD, run=False)
    api.deployment.handle_event(api.deployment.events.pop())
    api.deployment.clock.advance(120)
    assert api.get("/health").body["unfinished"] == {"runs": 1, "more": False, "oldest_seconds": 120.0}


def test_health_without_the_warehouse(api: Api) -> None:
    def describe(statement_id: str):
        raise Throttled("not now")

    api.deployment.warehouse.describe = describe
    answer = api.get("/health")
    assert (answer.status, answer.body["status"]) == (200, "degraded")
    assert answer.body["warehouse"] == {"reachable": False, "code": "THROTTLED"}


# ---- errors --------------------------------------------------------------------------------------------------------


def test_the_unexpected_is_not_leaked(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    def get(run_id: str):
        raise ValueError("secret detail")

    api.deployment.runs.get = get
    answer = api.get(f"/status/{'0' * 32}")
    assert (answer.status, answer.code) == (500, "INTERNAL")
    assert "secret" not in json.dumps(answer.body) + capsys.readouterr().out


def test_a_passing_failure_reports_try_again(api: Api) -> None:
    def get(run_id: str):
        raise Throttled("DynamoDB asked for fewer requests")

    api.deployment.runs.get = get
    answer = api.get(f"/status/{'0' * 32}")
    assert (answer.status, answer.code, answer.headers["Retry-After"]) == (503, "THROTTLED", "5")


@pytest.mark.parametrize(
    ("method", "path", "kind", "status", "code"),
    [
        ("DELETE", "/runs", "application/json", 405, "METHOD_NOT_ALLOWED"),
        ("POST", "/runs/thing", "image/png", 415, "UNSUPPORTED_MEDIA_TYPE"),
    ],
)
def test_chalices_own_errors_have_our_form(api: Api, method: str, path: str, kind: str, status: int, code: str) -> None:
    answer = api.ask(method, path, "run-me", b"{}", **{"Content-Type": kind})
    assert (answer.status, answer.code) == (status, code)


def test_a_wrong_method_names_the_right_ones(api: Api) -> None:
    answer = api.ask("POST", "/runs", "run-me", b"{}")
    assert (answer.status, answer.headers["Allow"]) == (405, "GET")
    assert "takes GET" in answer.message
    assert "/runs/{object}" in answer.message
    for path in {route.path.split("/")[1] for route in ROUTES if route.method == "POST"}:
        assert f"/{path}" in answer.message
    answer = api.ask("DELETE", "/backfill", "run-me")
    assert answer.message.endswith("; this path takes POST")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/status/incoming/a.csv"),
        ("GET", "/rejects/incoming/thing/a.csv"),
        ("POST", "/runs/incoming/thing/2026/a.csv"),
    ],
)
def test_unencoded_slashes_are_reported_without_the_token(api: Api, method: str, path: str) -> None:
    answer = api.ask(method, path, "run-me")
    assert (answer.status, answer.code) == (404, "NOT_FOUND")
    assert "%2F" in answer.message
    assert "run-me" not in json.dumps(answer.body)


def test_the_receipt_of_a_run_is_its_use_at_list_prices(api: Api) -> None:
    api.land(KEY, MIXED)
    run = api.only_run()
    receipt = api.get(f"/status/{seg(KEY)}").body["cost"]
    used = cost.Usage(**receipt["used"])
    assert (receipt["estimate"], receipt["prices"]) == (True, cost.PRICES_OF)
    assert receipt["usd"] == pytest.approx(sum(cost.costs(used).values()), abs=2e-6)
    assert used.lambda_requests == cost.calls(run.chunks).lambda_requests
    assert used.rpu_seconds >= cost.RPUS * cost.LEAST_SECONDS


def test_a_file_that_was_never_loaded_woke_no_warehouse(api: Api) -> None:
    api.land(KEY, BAD)
    assert api.get("/status/a.csv").body["cost"]["used"]["rpu_seconds"] == 0
