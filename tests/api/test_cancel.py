"""DELETE /runs/<run>: a run is stopped."""

from __future__ import annotations

import pytest

from chalicelib.domain.run.model import RunState
from tests.support.api import BAD, GOOD, KEY, Api, seg


def arrived(api: Api) -> str:
    api.land(KEY, GOOD, run=False)
    api.deployment.handle_event(api.deployment.events.pop())
    return api.only_run().run_id


def delete(api: Api, name: str, token: str | None = "run-me"):
    return api.ask("DELETE", f"/runs/{name}", token)


def test_a_run_is_stopped_at_once(api: Api) -> None:
    run_id = arrived(api)
    answer = delete(api, run_id)
    assert (answer.status, answer.body["state"], answer.body["file"]) == (202, "CANCELLED", KEY)
    api.deployment.settle()
    status = api.get(f"/status/{seg(KEY)}").body
    assert (status["state"], status["code"], status["percent"]) == ("CANCELLED", "CANCELLED", 100.0)
    assert (status["finished"], status["cancel_requested"]) == (True, False)
    assert api.deployment.warehouse.rows("landing.things") == []
    assert [run["run_id"] for run in api.get("/runs?state=cancelled").body["runs"]] == [run_id]


def test_a_load_under_way_is_asked_to_stop(api: Api) -> None:
    run_id = arrived(api)
    while api.only_run().state is not RunState.LOADING:
        api.deployment.deliver_message()
    answer = delete(api, run_id)
    assert (answer.status, answer.body["state"]) == (202, "LOADING")
    assert api.get(f"/status/{run_id}").body["cancel_requested"] is True
    api.deployment.settle()
    assert api.get(f"/status/{run_id}").body["state"] == "CANCELLED"


@pytest.mark.parametrize(("body", "state"), [(GOOD, "LOADED"), (BAD, "REJECTED")])
def test_what_has_ended_is_not_stopped(api: Api, body: bytes, state: str) -> None:
    api.land(KEY, body)
    answer = delete(api, api.only_run().run_id)
    assert (answer.status, answer.code) == (409, "RUN_ENDED")
    assert state in answer.message
    assert api.only_run().state.value == state


@pytest.mark.parametrize("name", ["0" * 32, "a.csv", "thing", seg(KEY)])
def test_only_a_run_id_names_what_is_stopped(api: Api, name: str) -> None:
    arrived(api)
    answer = delete(api, name)
    assert (answer.status, answer.code) == (404, "NOT_FOUND")
    assert api.only_run().state is RunState.ARRIVED


def test_a_reader_may_not_stop_runs(api: Api) -> None:
    run_id = arrived(api)
    assert delete(api, run_id, "read-me").status == 403
    direct = api.direct("DELETE", "/runs/{name}", path={"name": run_id}, token="read-me")
    assert (direct.status, direct.code) == (403, "FORBIDDEN")
    assert api.only_run().state is RunState.ARRIVED


def test_a_cancelled_file_is_rerun_by_key_only(api: Api) -> None:
    delete(api, arrived(api))
    api.deployment.settle()
    assert api.post("/runs/thing").body["runs"] == []
    assert api.post(f"/runs/{seg(KEY)}").status == 202
    api.deployment.settle()
    assert api.only_run().state is RunState.LOADED
