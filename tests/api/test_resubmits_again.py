"""Files that are run again after their rejects were corrected, and corrections that are run again."""

from __future__ import annotations

from chalicelib.adapters.memory import Fate
from tests.api.corrections import KEY, by_id, correction, rejects, rows_of, send, target
from tests.support.api import Api, seg


def test_a_failed_correction_is_started_again_by_the_same_rows(file: Api) -> None:
    file.deployment.warehouse.fates.append(Fate.REFUSED)
    run = correction(file, {"x1": "1"})
    assert file.get(f"/status/{run}").body["state"] == "FAILED"
    assert rows_of(file)["rejected"] == 4
    assert correction(file, {"x1": "1"}) == run
    assert rows_of(file)["corrected"] == 1


def test_a_correction_that_failed_is_rerun_as_any_file(file: Api) -> None:
    file.deployment.warehouse.fates.append(Fate.REFUSED)
    run = correction(file, {"x1": "1"})
    answer = file.post("/runs/thing", {})
    assert [r["run_id"] for r in answer.body["runs"]] == [run]
    file.deployment.settle()
    assert rows_of(file)["corrected"] == 1


def test_a_loaded_correction_run_again_changes_nothing(file: Api) -> None:
    run = correction(file, {"x1": "1"})
    before = rows_of(file)
    assert file.post(f"/runs/{run}", {}).status == 202
    file.deployment.settle()
    assert rows_of(file) == before
    assert {n: c for n, c in file.get(f"/status/{run}").body["rows"].items() if c} == {
        "read": 1, "good": 1, "duplicate": 1,
    }  # fmt: skip


def test_a_file_that_is_run_again_has_its_rejects_again(file: Api) -> None:
    page = rejects(file)
    send(file, page, {page["rejects"][3]["byte_offset"]: ["k1", "corrected", "9"]})
    correction(file, {"x1": "1"})
    assert target(file)["k1"] == ("corrected", 9)
    assert file.post(f"/runs/{seg(KEY)}", {}).status == 202
    file.deployment.settle()
    assert rows_of(file) == {"read": 8, "good": 4, "rejected": 4, "unchanged": 3, "updated": 1}
    assert len(rejects(file)["rejects"]) == 4
    assert (target(file)["k1"], target(file)["x1"]) == (("v", 1), ('one, "quoted"', 1))
    correction(file, {"x1": "1"})
    assert rows_of(file) == {"read": 8, "good": 4, "rejected": 3, "corrected": 1, "unchanged": 4, "updated": 1}


def test_rows_of_an_older_generation_are_refused(file: Api) -> None:
    old = rejects(file)
    assert file.post(f"/runs/{seg(KEY)}", {}).status == 202
    file.deployment.settle()
    answer = send(file, old, {by_id(old)["x1"][0]: ["x1", "one", "1"]})
    assert (answer.status, answer.code) == (409, "STALE_REJECTS")
    assert correction(file, {"x1": "1"})
    assert rows_of(file)["corrected"] == 1
