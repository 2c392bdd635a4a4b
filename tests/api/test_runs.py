"""POST /runs/<key>: one file is run."""

from __future__ import annotations

import pytest

from chalicelib.domain.run.model import RunState
from chalicelib.ports import Conflict
from tests.support.api import BAD, GOOD, KEY, NO_HEADER, Api, ids, seg
from tests.support.simulated.deployment import BUCKET

STRANGE = [
    "a+b.csv",
    "a%2Bb.csv",
    "a b.csv",
    "a:b.csv",
    "zürich.csv",
    "a#b.csv",
    "a&b=c.csv",
    "a?b.csv",
    "x/y/z.csv",
    "a;b'c\".csv",
]


@pytest.mark.parametrize("name", STRANGE)
def test_a_key_may_hold_anything(api: Api, name: str) -> None:
    key = f"incoming/thing/{name}"
    api.land(key, NO_HEADER)
    before = api.only_run()
    assert before.state is RunState.REJECTED
    answer = api.post(f"/runs/{seg(key)}")
    assert answer.status == 202
    (run,) = answer.body["runs"]
    assert (run["run_id"], run["file"], run["state"]) == (before.run_id, key, "ARRIVED")
    assert run["load_id"] != before.load_id
    assert api.get(f"/status/{seg(key)}").body["file"] == key


def test_a_rejected_file_loads_after_its_cause_is_corrected(api: Api) -> None:
    api.land(KEY, BAD)
    assert api.only_run().state is RunState.REJECTED
    api.deployment.objects.put(BUCKET, KEY, GOOD)  # corrected in place; its event got lost
    answer = api.post(f"/runs/{seg(KEY)}")
    assert answer.status == 202
    assert answer.body["runs"][0]["run_id"] == api.run_of(KEY).run_id
    assert len(api.deployment.runs.runs) == 2
    api.deployment.settle()
    assert api.run_of(KEY).state is RunState.LOADED
    assert len(api.deployment.warehouse.rows("landing.things")) == 12


def test_a_loaded_file_is_run_again_from_its_archive(api: Api) -> None:
    api.land(KEY, GOOD)
    answer = api.post(f"/runs/{seg(KEY)}")
    assert answer.status == 202
    api.deployment.settle()
    status = api.get(f"/status/{seg(KEY)}").body
    assert (status["state"], status["generation"], status["rows"]["unchanged"]) == ("LOADED", 2, 12)


def test_a_run_on_its_way_is_left_alone(api: Api) -> None:
    api.land(KEY, GOOD, run=False)
    api.deployment.handle_event(api.deployment.events.pop())
    for dry in (False, True):
        answer = api.post(f"/runs/{seg(KEY)}", {"dry_run": dry})
        assert (answer.status, answer.code) == (409, "RUN_IN_PROGRESS")


def test_somebody_else_was_faster(api: Api) -> None:
    api.land(KEY, BAD)

    def change(run, **changes):
        raise Conflict("moved on")

    api.deployment.runs.change = change
    answer = api.post(f"/runs/{seg(KEY)}")
    assert (answer.status, answer.code) == (409, "RUN_IN_PROGRESS")


def test_a_file_that_is_gone_cannot_be_run(api: Api) -> None:
    api.land(KEY, BAD)
    api.deployment.objects.delete(api.deployment.objects.head(BUCKET, KEY))
    answer = api.post(f"/runs/{seg(KEY)}")
    assert (answer.status, answer.code) == (409, "SOURCE_GONE")
    assert "upload it again" in answer.message


def test_a_file_nobody_noticed_arrives(api: Api) -> None:
    api.deployment.objects.put(BUCKET, KEY, GOOD)
    dry = api.post(f"/runs/{seg(KEY)}", {"dry_run": True})
    assert not api.deployment.runs.runs
    answer = api.post(f"/runs/{seg(KEY)}")
    assert answer.status == dry.status == 202
    assert ids(answer) == ids(dry)
    assert dry.body["runs"][0]["state"] is None
    api.deployment.settle()
    assert api.only_run().state is RunState.LOADED


@pytest.mark.parametrize("name", ["nobody", "incoming/thing/none.csv", "0" * 32, "x" * 2000, "ü"])
def test_what_is_not_there_is_not_found(api: Api, name: str) -> None:
    for answer in (api.post(f"/runs/{seg(name)}"), api.get(f"/status/{seg(name)}"), api.get(f"/rejects/{seg(name)}")):
        assert (answer.status, answer.code) == (404, "NOT_FOUND")
    assert "monthly, thing" in api.post(f"/runs/{seg(name)}").message


@pytest.mark.parametrize("recorded", [True, False])
def test_a_key_without_a_contract_is_not_run(api: Api, recorded: bool) -> None:
    if recorded:
        api.land("incoming/stranger.csv", GOOD)
    else:
        api.deployment.objects.put(BUCKET, "incoming/stranger.csv", GOOD)
    answer = api.post(f"/runs/{seg('incoming/stranger.csv')}")
    assert (answer.status, answer.code) == (409, "UNROUTED")
    assert len(api.deployment.runs.runs) == int(recorded)


def test_what_lies_where_no_files_land_is_not_looked_at(api: Api) -> None:
    api.deployment.objects.put(BUCKET, "processed/thing/a.csv", GOOD)
    assert api.post(f"/runs/{seg('processed/thing/a.csv')}").code == "NOT_FOUND"
    assert "objects.head" not in api.deployment.schedule.calls


def test_a_folder_is_no_file(api: Api) -> None:
    api.deployment.objects.put(BUCKET, "incoming/thing/sub/", b"")
    assert api.post(f"/runs/{seg('incoming/thing/sub/')}").status == 404


def test_a_file_by_run_id_or_bare_name(api: Api) -> None:
    api.land(KEY, BAD)
    for name in (api.only_run().run_id, "a.csv"):
        assert api.post(f"/runs/{name}").body["runs"][0]["file"] == KEY
        api.deployment.settle()


def test_a_file_of_an_object(api: Api) -> None:
    api.land(KEY, BAD)
    assert api.post("/runs/thing", {"file": KEY}).body["runs"][0]["file"] == KEY
    wrong = api.post("/runs/monthly", {"file": KEY})
    assert (wrong.status, wrong.code) == (400, "BAD_REQUEST")
    assert "thing" in wrong.message


def test_only_if_it_failed(api: Api) -> None:
    api.land(KEY, GOOD)
    answer = api.post("/runs/thing", {"file": KEY, "failed_only": True})
    assert (answer.status, answer.body["runs"]) == (202, [])
    assert [s["code"] for s in answer.body["skipped"]] == ["NOT_FAILED"]
