"""POST /runs/<object>: files of an object are run."""

from __future__ import annotations

import pytest

from chalicelib.domain.run.model import RunState
from tests.support.api import BAD, GOOD, KEY, NO_HEADER, Api, ids
from tests.support.simulated.deployment import BUCKET


def test_every_failed_or_rejected_file_of_an_object(api: Api) -> None:
    api.land(KEY, BAD)
    api.land("incoming/thing/b.csv", GOOD)
    api.land("incoming/thing/c.csv", NO_HEADER)
    answer = api.post("/runs/thing")
    assert answer.status == 202
    assert {run["file"] for run in answer.body["runs"]} == {KEY, "incoming/thing/c.csv"}
    assert {run["state"] for run in answer.body["runs"]} == {"ARRIVED"}
    assert api.post("/runs/thing").body["runs"] == []  # they are on their way now


def test_all_files_of_an_object(api: Api) -> None:
    api.land(KEY, BAD)
    api.land("incoming/thing/b.csv", GOOD)
    api.land("incoming/thing/c.csv", GOOD, run=False)
    api.deployment.handle_event(api.deployment.events.pop())
    answer = api.post("/runs/thing", {"failed_only": False})
    assert {run["file"] for run in answer.body["runs"]} == {KEY, "incoming/thing/b.csv"}
    assert [(s["file"], s["code"]) for s in answer.body["skipped"]] == [("incoming/thing/c.csv", "RUN_IN_PROGRESS")]


def test_a_version_that_has_a_newer_one_is_not_run(api: Api) -> None:
    api.land(KEY, BAD)
    api.land(KEY, GOOD)
    assert api.post("/runs/thing").body["runs"] == []


def test_a_file_corrected_in_place_is_what_runs(api: Api) -> None:
    api.land(KEY, BAD)
    api.deployment.objects.put(BUCKET, KEY, GOOD)  # its event got lost
    dry = api.post("/runs/thing", {"dry_run": True})
    assert len(api.deployment.runs.runs) == 1
    assert ids(api.post("/runs/thing")) == ids(dry)
    api.deployment.settle()
    assert api.run_of(KEY).state is RunState.LOADED


def test_a_dry_run_changes_nothing(api: Api) -> None:
    api.land(KEY, BAD)
    before, sent = dict(api.deployment.runs.runs), api.deployment.queue.sent
    dry = api.post("/runs/thing", {"dry_run": True})
    assert (dry.status, dry.body["dry_run"]) == (202, True)
    assert (api.deployment.runs.runs, api.deployment.queue.sent) == (before, sent)
    (run,) = dry.body["runs"]
    assert run["state"] == "REJECTED", "as it is, not as it would be"
    assert "load_id" not in run
    assert ids(api.post("/runs/thing")) == ids(dry)


def test_a_file_that_is_gone_does_not_stop_the_others(api: Api) -> None:
    for name in ("a", "b"):
        api.land(f"incoming/thing/{name}.csv", BAD)
    api.deployment.objects.delete(api.deployment.objects.head(BUCKET, KEY))
    answer = api.post("/runs/thing")
    assert [run["file"] for run in answer.body["runs"]] == ["incoming/thing/b.csv"]
    assert [s["code"] for s in answer.body["skipped"]] == ["SOURCE_GONE"]


@pytest.mark.parametrize(
    ("period", "files"),
    [
        ("May", {"May-2025", "May-2026"}),
        ("may", {"May-2025", "May-2026"}),
        ("May-2026", {"May-2026"}),
        (["2026", "June"], {"June-2026"}),
        ({"year": "2026"}, {"May-2026", "June-2026"}),
        ({"month": "May", "year": "2025"}, {"May-2025"}),
        ("July", set()),
    ],
)
def test_the_files_of_a_period(api: Api, period, files: set[str]) -> None:
    for name in ("May-2025", "May-2026", "June-2026"):
        api.land(f"monthly_data/things_{name}.csv", GOOD)
    answer = api.post("/runs/monthly", {"period": period})
    assert {run["file"] for run in answer.body["runs"]} == {f"monthly_data/things_{name}.csv" for name in files}
    api.deployment.settle()
    assert api.post("/runs/monthly", {"period": period, "failed_only": True}).body["runs"] == []


def test_many_files_are_run_in_several_calls(api: Api) -> None:
    for number in range(230):
        api.land(f"incoming/thing/{number}.csv", BAD, run=False)
        api.deployment.handle_event(api.deployment.events.pop())
        run = api.run_of(f"incoming/thing/{number}.csv")
        api.deployment.runs.change(run, state=RunState.FAILED, notified=True)
    pages = api.pages(lambda cursor: api.post("/runs/thing", {"cursor": cursor}), "runs")
    files = [run["file"] for page in pages for run in page]
    assert [len(page) for page in pages] == [100, 100, 30]
    assert len(set(files)) == 230
