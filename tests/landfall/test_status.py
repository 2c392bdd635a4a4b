"""`landfall status`: one file, and the list."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from chalicelib.domain.run.model import RunState
from landfall.faults import ExitCode
from landfall.remote.api import Api, NoAnswerError, NotThereError
from landfall.remote.deployment import Deployment
from landfall.remote.runs import BAD_STATES, Status, follow, missing
from tests.landfall.conftest import Landfall
from tests.landfall.fake_api import KEY, PATH, FakeApi, Fault, status


@pytest.mark.parametrize(
    ("state", "code"),
    [("LOADED", 0), ("SUPERSEDED", 0), ("LOADING", 0), ("REJECTED", 1), ("FAILED", 1), ("UNROUTED", 1)],
)
def test_status_has_an_exit_code_for_each_end(landfall: Landfall, api: FakeApi, state: str, code: int) -> None:
    api.answers = {f"GET {PATH}": [(200, status(state))]}
    done = landfall("status", KEY)
    assert done.code == code
    assert state in done.out
    assert "line 3: date is bad" in done.out
    assert landfall("status", KEY, "--json").lines == [status(state)]


def test_what_is_not_loaded_as_written_is_counted(landfall: Landfall, api: FakeApi) -> None:
    api.answers = {f"GET {PATH}": [(200, status(left_out={"blank_lines": 1200, "comments": 2}, altered={"cut": 3}))]}
    lines = [" ".join(line.split()) for line in landfall("status", KEY).out.splitlines()]
    assert {"left out comments 2, blank lines 1,200", "altered cut 3"} < set(lines)
    api.answers = {f"GET {PATH}": [(200, status())]}
    assert "left out" not in landfall("status", KEY).out


def test_a_file_in_its_load_window_shows_what_it_waits_for(landfall: Landfall, api: FakeApi) -> None:
    ends = "2026-05-20T15:00:00.000Z"
    api.answers = {f"GET {PATH}": [(200, status("STAGED", loads_at=ends))]}
    assert f"waits   for the end of its load window at {ends}" in landfall("status", KEY).out


def test_waiting_ends_with_the_run(landfall: Landfall, api: FakeApi) -> None:
    moving = [(200, status(state)) for state in ("ARRIVED", "STAGING", "LOADING", "REJECTED")]
    api.answers = {f"GET {PATH}": moving}
    done = landfall("status", KEY, "--wait")
    assert done.code == 1
    assert [line.rsplit(": ")[1] for line in done.err.splitlines()] == ["ARRIVED", "STAGING", "LOADING", "REJECTED"]


@pytest.mark.parametrize("fault", Fault)
def test_a_call_that_fails_is_repeated_while_waiting(landfall: Landfall, api: FakeApi, fault: Fault) -> None:
    api.answers = {f"GET {PATH}": [(200, status("LOADING")), (200, status("LOADING")), (200, status())]}
    api.faults = [fault]
    done = landfall("status", KEY, "--wait")
    assert done.code == 0
    assert "trying again ..." in done.err.splitlines()[0]
    api.faults = [fault]
    assert landfall("status", KEY).code == 3


def test_a_refused_connection_is_repeated_while_waiting(landfall: Landfall, api: FakeApi) -> None:
    deployed = Api(deployment=Deployment(api_url=api.url, token=api.token, settings={}))
    gone = Api(deployment=Deployment(api_url=refusing(), token=api.token, settings={}))
    api.answers = {f"GET {PATH}": [(200, status())]}
    calls = iter([deployed, gone, gone, deployed])
    shown: list[str] = ["LOADING"]

    def look() -> Status:
        found = next(calls).get(PATH)
        return {**found, "state": shown.pop()} if shown else found

    assert follow(look, "missing", quiet=True)["state"] == "LOADED"
    with pytest.raises(NoAnswerError, match="Connection refused"):
        follow(lambda: gone.get(PATH), "missing", quiet=True, patience=0.1)


def refusing() -> str:
    """An address at which nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


@pytest.mark.parametrize("state", RunState)
def test_no_run_that_ended_badly_shows_a_percentage(landfall: Landfall, api: FakeApi, state: RunState) -> None:
    api.answers = {f"GET {PATH}": [(200, status(state.value))]}
    first = landfall("status", KEY).out.splitlines()[0]
    assert state.value in first
    assert ("%" in first) == (state.value not in BAD_STATES)


def test_other_files_of_the_name_are_named(landfall: Landfall, api: FakeApi) -> None:
    other = {"file": "incoming/task/a b.csv", "run_id": "b" * 32, "corrects": None}
    api.answers = {"GET /status/a%20b.csv": [(200, status(others=[other]))]}
    assert "others  incoming/task/a b.csv (run bbbbbbbb)" in landfall("status", "a b.csv").out
    done = landfall("cancel", "a b.csv")
    assert done.code == 2
    assert "use one of the keys incoming/task/a b.csv, incoming/transactions/a b.csv" in done.err


def test_runs_are_listed_page_by_page(landfall: Landfall, api: FakeApi) -> None:
    def run(n: int) -> dict[str, Any]:
        return {"file": f"f{n}", "object": "task", "state": "LOADED", "arrived_at": "2026", "code": None}

    api.answers = {
        "GET /runs?object=task&limit=20": [(200, {"runs": [run(1)], "cursor": "c1"})],
        "GET /runs?object=task&limit=20&cursor=c1": [(200, {"runs": [run(2)], "cursor": ""})],
    }
    assert [line["file"] for line in landfall("status", "--object", "task", "--json").lines] == ["f1", "f2"]


def run(number: int, **changes: Any) -> dict[str, Any]:
    common = {"object": "task", "state": "LOADED", "arrived_at": "2026-01-05T08:00:00.000Z", "code": None}
    return {"run_id": f"{number:08d}{'f' * 24}", "file": "incoming/task/a.csv", **common, **changes}


def test_the_list_shows_versions_and_why_a_file_is_not_loaded(landfall: Landfall, api: FakeApi) -> None:
    runs = [run(1, code="1216"), run(2, state="REJECTED", code="HEADER_MISMATCH"), run(3)]
    api.answers = {"GET /runs?limit=20": [(200, {"runs": runs, "cursor": ""})]}
    shown = landfall("status").out.splitlines()
    assert [f"  0000000{number}" in line for number, line in enumerate(shown)] == [False, True, True, True]
    assert shown[1].endswith("bad rows (1216)")
    assert shown[2].endswith("HEADER_MISMATCH")
    assert "2026-01-05" in shown[1]
    assert len(shown) == 4


def test_corrected_rows_are_named_by_their_rejected_file(landfall: Landfall, api: FakeApi) -> None:
    key = f"processed/task/{'0' * 32}/corrected-{'1' * 32}.csv"
    api.answers = {
        "GET /runs?limit=20": [(200, {"runs": [run(1, file=key, corrects="abcdef12" + "0" * 24)], "cursor": ""})]
    }
    shown = landfall("status").out.splitlines()[1]
    assert shown.startswith("corrected rows of abcdef12 ")


def test_the_list_shows_that_there_are_more(landfall: Landfall, api: FakeApi) -> None:
    api.answers = {"GET /runs?limit=2": [(200, {"runs": [run(1), run(2)], "cursor": "c"})]}
    api.answers["GET /runs?limit=2&cursor=c"] = [(200, {"runs": [run(3)], "cursor": ""})]
    out = landfall("status", "--limit", "2").out
    assert "00000003" not in out
    assert "and more" in out
    assert len(landfall("status", "--limit", "2", "--json").lines) == 2


def test_a_file_that_does_not_arrive_is_waited_for_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    def nothing() -> Status:
        raise NotThereError("no run is of that key", ExitCode.ABSENT)

    api = Api(deployment=Deployment(api_url="http://127.0.0.1:1", token="t", settings={}))
    with pytest.raises(NotThereError) as caught:
        follow(nothing, missing(api, KEY), quiet=False, patience=0.1)
    assert capsys.readouterr().err.splitlines() == ["waiting for it to arrive ..."]
    assert "no event for it was seen" in str(caught.value)
    assert "landfall up" in str(caught.value)


def test_a_whole_file_shows_its_size_and_rejects(landfall: Landfall, api: FakeApi) -> None:
    sizes = {"total": 8_200, "staged": 8_100}
    half = {"total": 2, "pending": 1, "staging": 0, "staged": 1}
    api.answers = {f"GET {PATH}": [(200, status(bytes=sizes)), (200, status("STAGING", bytes=sizes, chunks=half))]}
    out = landfall("status", KEY).out
    assert "; 8.2 KB in" in out
    assert f"landfall rejects '{KEY}'" in out
    assert "; 8.1 KB of 8.2 KB in" in landfall("status", KEY).out


def test_a_line_that_the_message_names_is_not_named_twice(landfall: Landfall, api: FakeApi) -> None:
    problem = {"code": "TOO_MANY_REJECTS", "message": "3 of 4 rows are bad; the first is in line 12: x", "line": 12}
    api.answers = {f"GET {PATH}": [(200, status("REJECTED", first_error=problem))]}
    assert landfall("status", KEY).out.count("line 12") == 1
