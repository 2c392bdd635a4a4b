"""POST /runs/<object>: an archived file in cold storage is restored before it is run again."""

from __future__ import annotations

import pytest

from chalicelib.domain.run.model import RunState
from tests.support.api import BAD, GOOD, KEY, Api, seg
from tests.support.simulated.deployment import BUCKET

HOUR = 3_600
PATH = f"/runs/{seg(KEY)}"


@pytest.fixture
def archived(api: Api) -> str:
    """The key of a loaded file's copy, which a lifecycle rule has moved to GLACIER."""
    api.land(KEY, GOOD)
    key = api.run_of(KEY).archive_key
    api.deployment.objects.freeze(BUCKET, key, "GLACIER")
    return key


def restoring(api: Api, key: str) -> bool:
    cold = api.deployment.objects.cold_storage(BUCKET, key)
    assert cold
    return cold.restoring


def test_a_rerun_is_refused_with_class_time_and_command(api: Api, archived: str) -> None:
    before = api.run_of(KEY)
    answer = api.post(PATH)
    assert (answer.status, answer.body["error"]["code"]) == (409, "NEEDS_RESTORE")
    for text in ("GLACIER", "3 to 5 hours", '"restore": true', "landfall rerun KEY --restore"):
        assert text in answer.body["error"]["message"]
    assert api.run_of(KEY) == before
    assert not restoring(api, archived)


def test_with_restore_it_is_requested_and_a_later_rerun_works(api: Api, archived: str) -> None:
    answer = api.post(PATH, {"restore": True})
    assert (answer.status, answer.body["runs"]) == (202, [])
    [skipped] = answer.body["skipped"]
    assert (skipped["file"], skipped["code"]) == (KEY, "RESTORING")
    assert restoring(api, archived)
    early = api.post(PATH, {"restore": True})
    assert [s["code"] for s in early.body["skipped"]] == ["RESTORING"]
    api.deployment.clock.advance(5 * HOUR)
    assert [run["file"] for run in api.post(PATH, {"restore": True}).body["runs"]] == [KEY]
    api.deployment.settle()
    assert (api.run_of(KEY).state, api.run_of(KEY).generation) == (RunState.LOADED, 2)


def test_a_dry_run_restores_nothing(api: Api, archived: str) -> None:
    dry = api.post(PATH, {"restore": True, "dry_run": True})
    assert [s["code"] for s in dry.body["skipped"]] == ["RESTORING"]
    assert not restoring(api, archived)


def test_of_an_object_only_the_files_in_cold_storage_wait(api: Api, archived: str) -> None:
    api.land("incoming/thing/b.csv", BAD)
    request = {"failed_only": False}
    answer = api.post("/runs/thing", {**request, "dry_run": True})
    assert [run["file"] for run in answer.body["runs"]] == ["incoming/thing/b.csv"]
    assert [(s["file"], s["code"]) for s in answer.body["skipped"]] == [(KEY, "NEEDS_RESTORE")]
    assert not restoring(api, archived)
    answer = api.post("/runs/thing", {**request, "restore": True})
    assert [(s["file"], s["code"]) for s in answer.body["skipped"]] == [(KEY, "RESTORING")]
    assert restoring(api, archived)
