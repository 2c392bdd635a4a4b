"""POST /rejects: rejected rows that come back corrected, all the way into the target."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.api.requests import MOST_CORRECTED, MOST_CORRECTED_BYTES
from chalicelib.domain.run import keys
from tests.api.corrections import (
    FILE,
    KEY,
    by_id,
    correction,
    rejects,
    rows_of,
    send,
    target,
)
from tests.support.api import Api, seg
from tests.support.simulated.deployment import BUCKET

X1 = FILE.index(b"x1")


def test_rejects_are_listed_as_they_are_to_be_corrected(file: Api) -> None:
    page = rejects(file)
    assert (page["columns"], page["generation"], page["corrects"]) == (["id", "value", "amount"], 1, None)
    assert [r["values"] for r in page["rejects"]] == [
        ["x1", 'one, "quoted"', "eins"],
        ["x2", "two", "zwei"],
        ["x3", "three\nlines", "drei"],
        None,
    ]
    assert page["rejects"][3]["record"] == "k1,too,many,fields"


def test_corrected_rows_are_merged_and_the_books_follow(file: Api) -> None:
    page = rejects(file)
    known = by_id(page)
    answer = send(file, page, {known["x1"][0]: ["x1", "one", "1"], known["x3"][0]: ["x3", "three\nlines", "noch"]})
    assert answer.status == 202
    assert (answer.body["corrects"], answer.body["rows"], answer.body["object"]) == (page["run_id"], 2, "thing")
    file.deployment.settle()
    assert rows_of(file) == {"read": 8, "good": 4, "rejected": 3, "corrected": 1, "inserted": 5}
    assert target(file)["x1"] == ("one", 1)
    status = file.get(f"/status/{answer.body['run_id']}").body
    assert (status["state"], status["finished"], status["corrects"]) == ("LOADED", True, page["run_id"])
    assert {n: c for n, c in status["rows"].items() if c} == {"read": 2, "good": 1, "rejected": 1, "inserted": 1}


def test_a_row_still_bad_is_explained_by_its_place_in_the_file(file: Api) -> None:
    run = correction(file, {"x1": "1", "x3": "noch drei"})
    still = rejects(file, run)
    (reject,) = still["rejects"]
    assert (reject["line"], reject["column"], reject["values"]) == (6, "amount", ["x3", "three\nlines", "noch drei"])
    assert FILE[reject["byte_offset"] :].startswith(b"x3,")
    first = file.get(f"/status/{run}").body["first_error"]
    assert (first["line"], first["byte_offset"]) == (6, reject["byte_offset"])
    assert [r["line"] for r in rejects(file)["rejects"]] == [5, 6, 9], "what is corrected is listed no more"
    assert rejects(file)["total"] == 3
    again = send(file, still, {reject["byte_offset"]: ["x3", "three\nlines", "3"]})
    file.deployment.settle()
    assert file.get(f"/status/{again.body['run_id']}").body["state"] == "LOADED"
    assert rows_of(file) == {"read": 8, "good": 4, "rejected": 2, "corrected": 2, "inserted": 6}


def test_a_malformed_record_is_corrected_by_its_columns(file: Api) -> None:
    page = rejects(file)
    send(file, page, {page["rejects"][3]["byte_offset"]: ["k1", "corrected", "9"]})
    file.deployment.settle()
    assert target(file)["k1"] == ("corrected", 9), "it stands behind the row of k1 that was loaded"
    assert rows_of(file) == {"read": 8, "good": 4, "rejected": 3, "corrected": 1, "inserted": 4, "updated": 1}


def test_a_row_further_on_in_the_file_is_not_replaced(file: Api) -> None:
    page = rejects(file)
    send(file, page, {by_id(page)["x1"][0]: ["k3", "earlier", "1"]})
    file.deployment.settle()
    assert target(file)["k3"] == ("later", 3)
    assert rows_of(file) == {"read": 8, "good": 4, "rejected": 3, "corrected": 1, "inserted": 4, "superseded": 1}


def test_a_newer_files_row_is_not_replaced(file: Api) -> None:
    file.land("incoming/thing/b.csv", b"id,value,amount\nx1,newer,7\n")
    correction(file, {"x1": "1"})
    assert target(file)["x1"] == ("newer", 7)


def test_the_same_rows_twice_are_the_same_run(file: Api) -> None:
    first = correction(file, {"x1": "1"})
    page = {"generation": 1, "columns": ["id", "value", "amount"], "corrects": None, "run_id": file.run_of(KEY).run_id}
    again = send(file, page, {X1: ["x1", 'one, "quoted"', "1"]})
    assert (again.status, again.body["run_id"], again.body["state"]) == (202, first, "LOADED")
    file.deployment.settle()
    other = send(file, page, {X1: ["x1", "other", "2"]})
    file.deployment.settle()
    assert other.body["run_id"] != first
    assert target(file)["x1"] == ('one, "quoted"', 1)
    assert rows_of(file) == {"read": 8, "good": 4, "rejected": 3, "corrected": 1, "inserted": 5}


def test_once_all_is_corrected_nothing_is_reported_wrong(file: Api) -> None:
    last = rejects(file)["rejects"][3]["byte_offset"]
    correction(file, {"x1": "1", "x2": "2", "x3": "3"})
    send(file, rejects(file), {last: ["k9", "nine", "9"]})
    file.deployment.settle()
    status = file.get(f"/status/{seg(KEY)}").body
    assert (status["first_error"], status["rejects"], status["rows"]["corrected"]) == (None, None, 4)
    assert rejects(file)["rejects"] == []


def test_corrected_rows_are_notified(file: Api) -> None:
    run = correction(file, {"x1": "1"})
    assert [m["corrects"] for m in file.deployment.notifier.successes] == ["", file.run_of(KEY).run_id]
    assert file.deployment.notifier.successes[1]["run"] == run


def test_a_correction_is_not_archived_but_updates_its_parent(file: Api) -> None:
    run = file.deployment.runs.runs[correction(file, {"x1": "1"})]
    assert (run.finished, run.parent_updated, run.archive_key) == (True, True, "")
    assert file.deployment.notifier.successes[1]["archived_at"] == ""


def test_only_rejected_rows_of_loaded_files_are_taken(file: Api) -> None:
    page = rejects(file)
    stranger = send(file, page, {16: ["k0", "v", "99"]})
    assert (stranger.status, stranger.code) == (409, "NO_SUCH_REJECT")
    assert "16" in stranger.message
    file.land("incoming/thing/bad.csv", b"id,value,amount\n1,a,x\n2,b,y\n")
    bad = rejects(file, "incoming/thing/bad.csv")
    refused = send(file, bad, {bad["rejects"][0]["byte_offset"]: ["1", "a", "1"]})
    assert (refused.status, refused.code) == (409, "NOT_CORRECTABLE")
    assert "REJECTED" in refused.message
    assert target(file) == {"k0": ("v", 0), "k1": ("v", 1), "k2": ("v", 2), "k3": ("later", 3)}


def test_a_row_longer_than_a_record_may_be_is_refused(file: Api) -> None:
    page = rejects(file)
    answer = send(file, page, {by_id(page)["x1"][0]: ["x1", "\n" * (1 << 20), "1"]})
    assert (answer.status, answer.code) == (409, "NOT_CORRECTABLE")
    assert "line 3" in answer.message


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "generation"),
        ({"generation": "1"}, "generation"),
        ({"generation": True}, "generation"),
        ({"columns": ["id", "id", "amount"]}, "columns"),
        ({"columns": "id"}, "columns"),
        ({"columns": ["id", "value"], "rows": [{"byte_offset": 23, "values": ["x", "y"]}]}, 'lacks "amount"'),
        ({"columns": ["id", "value", "x"]}, "columns"),
        ({"rows": []}, "rows"),
        ({"rows": [{"byte_offset": 23}]}, "byte_offset"),
        ({"rows": [{"byte_offset": -1, "values": ["x", "y", "1"]}]}, "byte_offset"),
        ({"rows": [{"byte_offset": 23, "values": ["x", "y"]}]}, "values"),
        ({"rows": [{"byte_offset": 23, "values": ["x", "y", 1]}]}, "values"),
        ({"rows": [{"byte_offset": 23, "values": ["x", "\ud800", "1"]}]}, "surrogate"),
        ({"rows": [{"byte_offset": 23, "values": ["x", "y", "1"]}] * 2}, "same"),
        ({"rows": [{"byte_offset": 23, "values": ["", "", ""]}] * (MOST_CORRECTED + 1)}, "parts"),
        ({"other": 1}, "other"),
    ],
)
def test_a_wrong_body_is_reported_with_the_place(file: Api, body: dict[str, Any], said: str) -> None:
    sound = {
        "generation": 1,
        "columns": ["id", "value", "amount"],
        "rows": [{"byte_offset": 23, "values": ["x1", "one", "1"]}],
    }
    answer = file.post(f"/rejects/{seg(KEY)}", {**sound, **body} if body else {})
    assert (answer.status, answer.code) == (400, "BAD_REQUEST")
    assert said in answer.message


def test_a_body_that_is_too_large_is_to_be_sent_in_parts(file: Api) -> None:
    answer = file.post(f"/rejects/{seg(KEY)}", b" " * MOST_CORRECTED_BYTES + b"{}")
    assert (answer.status, answer.code) == (400, "BAD_REQUEST")
    assert "parts" in answer.message


def test_corrections_are_for_operators(file: Api) -> None:
    assert file.ask("POST", f"/rejects/{seg(KEY)}", "read-me", b"{}").status == 403


def test_an_unknown_file_has_nothing_to_correct(file: Api) -> None:
    page = {**rejects(file), "run_id": "nobody"}
    assert send(file, page, {23: ["x1", "one", "1"]}).status == 404


def test_without_the_files_plan_rows_can_still_be_corrected(file: Api) -> None:
    run = file.run_of(KEY)
    file.deployment.objects.delete(file.deployment.objects.head(BUCKET, keys.plan(run)))
    page = rejects(file)
    assert [r["values"] for r in page["rejects"]] == [None] * 4
    send(file, page, {page["rejects"][0]["byte_offset"]: ["x1", "one", "1"]})
    file.deployment.settle()
    assert target(file)["x1"] == ("one", 1)
