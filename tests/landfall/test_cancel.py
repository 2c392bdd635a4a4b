"""`landfall cancel`, against an API that answers as ours does."""

from __future__ import annotations

from typing import Any

import pytest

from tests.landfall.conftest import Landfall
from tests.landfall.fake_api import FakeApi, status

RUN = "a" * 32
STATUS = "GET /status/a.csv"
DELETE = f"DELETE /runs/{RUN}"


def stopped(state: str) -> tuple[int, dict[str, Any]]:
    return 202, {"run_id": RUN, "object": "transactions", "file": "incoming/a.csv", "load_id": "l", "state": state}


@pytest.mark.parametrize(
    ("state", "said"), [("CANCELLED", "cancelled incoming/a.csv"), ("LOADING", f"`landfall status {RUN}`")]
)
def test_a_file_is_stopped_by_its_run(landfall: Landfall, api: FakeApi, state: str, said: str) -> None:
    api.answers = {STATUS: [(200, status("STAGING"))], DELETE: [stopped(state)]}
    done = landfall("cancel", "a.csv")
    assert (done.code, said in done.out) == (0, True)
    assert [(method, path) for method, path, _ in api.asked] == [("GET", "/status/a.csv"), ("DELETE", f"/runs/{RUN}")]
    assert landfall("cancel", "a.csv", "--json").lines == [stopped(state)[1]]


@pytest.mark.parametrize(("end", "code", "said"), [("CANCELLED", 0, "cancelled"), ("LOADED", 1, "too late")])
def test_a_load_is_followed_until_it_is_over(
    landfall: Landfall,
    api: FakeApi,
    end: str,
    code: int,
    said: str,
) -> None:
    api.answers = {
        STATUS: [(200, status("LOADING"))],
        DELETE: [stopped("LOADING")],
        f"GET /status/{RUN}": [(200, status("LOADING")), (200, status(end))],
    }
    done = landfall("cancel", "a.csv", "--wait")
    assert (done.code, said in done.out) == (code, True)


def test_an_ended_run_is_reported_in_one_sentence(landfall: Landfall, api: FakeApi) -> None:
    ended = (409, {"error": {"code": "RUN_ENDED", "message": "this run has already ended: it is LOADED"}})
    api.answers = {STATUS: [(200, status())], DELETE: [ended]}
    done = landfall("cancel", "a.csv")
    assert done.code == 1
    assert done.err == "landfall: this run has already ended: it is LOADED\n"
