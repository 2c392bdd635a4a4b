"""`landfall backfill` and `redrive`, against an API that answers as ours does."""

from __future__ import annotations

from typing import Any

import pytest

from tests.landfall.conftest import Landfall
from tests.landfall.fake_api import Answer, FakeApi

BACKFILL, REDRIVE = "POST /backfill", "POST /redrive"


def run(name: str, object: str = "task") -> dict[str, Any]:
    return {"run_id": name * 32, "file": f"incoming/{name}.csv", "object": object, "state": "ARRIVED", "load_id": "l"}


def found(*runs: dict[str, Any], cursor: str = "", failed: int = 0) -> tuple[int, dict[str, Any]]:
    counts = {"seen": 100, "archived": 1, "ignored": 2, "failed": failed}
    return 202, {"runs": list(runs), **counts, "cursor": cursor, "dry_run": False}


def back(*runs: dict[str, Any], more: bool = False, **given: Any) -> tuple[int, dict[str, Any]]:
    empty = {"messages": 0, "skipped": [], "cursor": "", "more_messages": more, "dry_run": False}
    return 202, {**empty, "runs": list(runs), **given}


def test_backfill_follows_the_cursor_and_lists_what_it_started(landfall: Landfall, api: FakeApi) -> None:
    api.answers = {BACKFILL: [found(run("a"), cursor="c1"), found(run("b", ""))]}
    done = landfall("backfill", "--prefix", "incoming/x", "--object", "task")
    assert done.code == 0
    assert done.out.splitlines() == [
        f"started incoming/a.csv (run {'a' * 32})",
        f"started incoming/b.csv (run {'b' * 32}; no contract matches its key)",
        "200 files looked at: 2 without a run",
        "2 second drops of loaded files put into the archive",
        "4 files beside the data ignored",
    ]
    order = {"prefix": "incoming/x", "object": "task", "dry_run": False}
    assert [body for _, _, body in api.asked] == [order, {**order, "cursor": "c1"}]


def test_a_dry_backfill_and_json(landfall: Landfall, api: FakeApi) -> None:
    api.answers = {BACKFILL: [found(run("a"))]}
    said = landfall("backfill", "--dry-run").out
    assert "would start incoming/a.csv" in said
    assert "1 second drop of loaded files would be put into the archive" in said
    assert api.asked[-1][2] == {"dry_run": True}
    [line] = landfall("backfill", "--json").lines
    assert line == {"runs": [run("a")], "seen": 100, "archived": 1, "ignored": 2, "failed": 0, "dry_run": False}


@pytest.mark.parametrize("option", [[], ["--json"]])
def test_files_that_could_not_be_looked_at_are_bad(landfall: Landfall, api: FakeApi, option: list[str]) -> None:
    api.answers = {BACKFILL: [found(failed=2)]}
    assert landfall("backfill", *option).code == 1


def test_redrive_goes_on_while_there_are_messages(landfall: Landfall, api: FakeApi) -> None:
    skipped = {**run("s"), "code": "SOURCE_GONE", "message": "upload it again"}
    api.answers = {REDRIVE: [back(messages=100, more=True), back(run("a"), skipped=[skipped])]}
    done = landfall("redrive")
    assert done.code == 0
    assert done.out.splitlines() == [
        f"started incoming/a.csv (run {'a' * 32})",
        "skipped incoming/s.csv: upload it again",
        "100 messages moved back from the dead-letter queues",
    ]
    assert len(api.asked) == 2


def test_redrive_of_nothing_reports_it(landfall: Landfall, api: FakeApi) -> None:
    api.answers = {REDRIVE: [back()]}
    assert "no dead letters" in landfall("redrive").out
    assert landfall("redrive", "--dry-run", "--json").lines == [
        {"runs": [], "skipped": [], "messages": 0, "dry_run": True}
    ]
    assert api.asked[-1][2] == {"dry_run": True}


def test_redrive_of_what_cannot_come_back_is_bad(landfall: Landfall, api: FakeApi) -> None:
    skipped = {**run("s"), "code": "SOURCE_GONE", "message": "upload it again"}
    api.answers = {REDRIVE: [back(skipped=[skipped])]}
    assert landfall("redrive").code == 1


def test_rerun_requests_failed_runs_and_follows_the_cursor(landfall: Landfall, api: FakeApi) -> None:
    def answer(name: str, cursor: str) -> Answer:
        run = {"run_id": name, "file": name, "object": "task", "state": "ARRIVED", "load_id": "l"}
        return 202, {"object": "task", "runs": [run], "skipped": [], "cursor": cursor, "dry_run": False}

    api.answers = {"POST /runs/task": [answer("one", "next"), answer("two", "")]}
    done = landfall("rerun", "task")
    assert done.code == 0
    assert "one" in done.out
    assert "two" in done.out
    assert "`landfall status two --wait` follows the last" in done.out
    bodies = [body for _, _, body in api.asked]
    assert bodies == [{"dry_run": False}, {"dry_run": False, "cursor": "next"}]
    landfall("rerun", "task", "--all", "--dry-run")
    assert api.asked[-1][2] == {"dry_run": True, "failed_only": False}


def test_a_rerun_accepts_rejects_if_requested(landfall: Landfall, api: FakeApi) -> None:
    message = "it is LOADED: only a file that is REJECTED with TOO_MANY_REJECTS has bad rows to accept"
    api.answers = {"POST /runs/a.csv": [(409, {"error": {"code": "NOTHING_TO_ACCEPT", "message": message}})]}
    done = landfall("rerun", "a.csv", "--accept-rejects")
    assert api.asked[-1][2] == {"dry_run": False, "accept_rejects": True}
    assert message in " ".join(done.err.split())
    assert done.code == 1


def test_a_rerun_restores_archived_files_if_requested(landfall: Landfall, api: FakeApi) -> None:
    run = {"run_id": "one", "file": "incoming/task/a.csv", "object": "task", "state": "LOADED", "load_id": "l"}
    skipped = {**run, "code": "RESTORING", "message": "its archived copy is being restored"}
    answer = {"object": "task", "runs": [], "skipped": [skipped], "cursor": "", "dry_run": False}
    api.answers = {"POST /runs/task": [(202, answer)]}
    done = landfall("rerun", "task", "--restore")
    assert api.asked[-1][2] == {"dry_run": False, "restore": True}
    assert "skipped incoming/task/a.csv: its archived copy is being restored" in done.out
    assert done.code == 1
