"""Commands that talk to a deployment, against an API that answers over HTTP as ours does."""

from __future__ import annotations

import csv
import hashlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from cli.api import Api, NotThereError
from cli.deployment import Deployment
from cli.faults import ExitCode
from cli.runs import Status, follow, missing
from tests.cli.conftest import Landfall

Answer = tuple[int, dict[str, Any]]


@dataclass
class FakeApi:
    """Answers each request with the next of its answers; the last one stays."""

    url: str = ""
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    token: str = "secret"

    def answer(self, method: str, path: str, headers: Any, body: bytes) -> Answer:
        self.asked.append((method, path, json.loads(body) if body else None))
        if headers["Authorization"] != f"Bearer {self.token}":
            return 401, {"error": {"code": "UNAUTHORIZED", "message": "no such token"}}
        waiting = self.answers.get(f"{method} {path}")
        if not waiting:
            return 404, {"error": {"code": "NOT_FOUND", "message": f"nothing at {path}"}}
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]


@pytest.fixture
def api(landfall: Landfall, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeApi]:
    fake = FakeApi()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            code, body = fake.answer(self.command, self.path, self.headers, self.rfile.read(length))
            data = json.dumps(body).encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_POST = do_DELETE = do_GET  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        fake.url = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setenv("LANDFALL_API_URL", fake.url)
        monkeypatch.setenv("LANDFALL_TOKEN", "secret")
        yield fake
        server.shutdown()
        thread.join()


def status(state: str = "LOADED", **changes: Any) -> dict[str, Any]:
    counts = {"read": 3, "good": 2, "rejected": 1, "duplicate": 0, "inserted": 2, "updated": 0, "unchanged": 0}
    return {
        "run_id": "a" * 32,
        "file": "incoming/transactions/a b.csv",
        "object": "transactions",
        "state": state,
        "percent": 100.0,
        "version": {"etag": "e", "version_id": None},
        "chunks": {"total": 1, "pending": 0, "staging": 0, "staged": 1},
        "rows": {**counts, "superseded": 0},
        "bytes": {"total": 10, "staged": 10},
        "seconds": {"total": 1.0},
        "eta_seconds": None,
        "first_error": {"code": "1205", "message": "date is bad", "line": 3, "byte_offset": 9, "column": "date"},
        "rejects": "s3://b/rejected/",
        **changes,
    }


PATH = "/status/incoming%2Ftransactions%2Fa%20b.csv"
KEY = "incoming/transactions/a b.csv"


@pytest.mark.parametrize(
    ("state", "code"),
    [("LOADED", 0), ("SUPERSEDED", 0), ("LOADING", 0), ("REJECTED", 1), ("FAILED", 1), ("UNROUTED", 1)],
)
def test_status_tells_by_its_exit_code(landfall: Landfall, api: FakeApi, state: str, code: int) -> None:
    api.answers = {f"GET {PATH}": [(200, status(state))]}
    done = landfall("status", KEY)
    assert done.code == code
    assert state in done.out
    assert "line 3: date is bad" in done.out
    assert landfall("status", KEY, "--json").lines == [status(state)]


def test_waiting_ends_with_the_run(landfall: Landfall, api: FakeApi) -> None:
    moving = [(200, status(state)) for state in ("ARRIVED", "STAGING", "LOADING", "REJECTED")]
    api.answers = {f"GET {PATH}": moving}
    done = landfall("status", KEY, "--wait")
    assert done.code == 1
    assert [line.rsplit(": ")[1] for line in done.err.splitlines()] == ["ARRIVED", "STAGING", "LOADING", "REJECTED"]


@pytest.mark.parametrize(("http", "code"), [(400, 2), (401, 3), (403, 3), (404, 3), (409, 1), (500, 3), (503, 3)])
def test_errors_are_one_sentence(landfall: Landfall, api: FakeApi, http: int, code: int) -> None:
    api.answers = {f"GET {PATH}": [(http, {"error": {"code": "X", "message": "the reason"}})]}
    done = landfall("status", KEY)
    assert done.code == code
    about_the_way = "" if http in (400, 404, 409) else f"the API answers {http}: "
    assert done.err.splitlines() == [f"landfall: {about_the_way}the reason"]


def test_an_answer_that_is_no_json_is_an_error_too(landfall: Landfall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDFALL_API_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("LANDFALL_TOKEN", "x")
    done = landfall("status", KEY)
    assert done.code == 3
    assert "does not answer" in done.err


@pytest.mark.parametrize("body", [{"message": "not authorized"}, {"Message": "not authorized"}])
def test_what_gateway_says_is_told_too(landfall: Landfall, api: FakeApi, body: dict[str, Any]) -> None:
    api.answers = {f"GET {PATH}": [(403, body)], "POST /runs/task": [(403, body)]}
    assert landfall("status", KEY).err == "landfall: the API answers 403: not authorized\n"
    assert "role operator" in landfall("rerun", "task").err


@pytest.mark.parametrize(
    ("url", "tokens", "answers", "hint"),
    [
        ("http://127.0.0.1:9", None, False, "no local stack is up"),
        ("http://127.0.0.1:9", ["x"], False, "source .landfall/env again"),
        ("", ["x"], False, "source .landfall/env again"),
        ("", ["old"], False, "`landfall up` mends it"),
        ("", ["x"], True, "source .landfall/env again"),
        ("", ["old"], True, "401: no such token\n"),
    ],
)
def test_a_shell_of_an_earlier_stack_is_told_what_to_do(
    landfall: Landfall,
    api: FakeApi,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    url: str,
    tokens: list[str] | None,
    answers: bool,
    hint: str,
) -> None:
    here = api.url if answers else "http://127.0.0.1:8"
    monkeypatch.setenv("LANDFALL_API_URL", url or here)
    monkeypatch.setenv("LANDFALL_TOKEN", "old")
    monkeypatch.setenv("LANDFALL_STATE_DIR", str(tmp_path))
    if tokens is not None:
        named = tmp_path / "tokens.json"
        named.write_text(json.dumps(dict(enumerate(tokens))))
        (tmp_path / "stack.json").write_text(json.dumps({"urls": {"api": here}, "files": {"tokens": str(named)}}))
    done = landfall("status")
    assert done.code == 3
    assert hint in done.err
    assert "urlopen" not in done.err


def test_a_token_is_not_shown_though_gateway_quotes_it(landfall: Landfall, api: FakeApi) -> None:
    said = "Invalid key=value pair (missing equal-sign) in Authorization header: 'Bearer secret'"
    api.answers = {f"GET {PATH}": [(403, {"message": said})]}
    err = landfall("status", KEY).err
    assert "secret" not in err
    assert "is LANDFALL_API_URL the address of the API?" in err


def test_an_address_without_a_scheme_is_a_wrong_call(landfall: Landfall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDFALL_API_URL", "api.example.com")
    monkeypatch.setenv("LANDFALL_TOKEN", "x")
    done = landfall("status")
    assert done.code == 2
    assert "begins with https://" in done.err


def test_other_files_of_the_name_are_named(landfall: Landfall, api: FakeApi) -> None:
    other = {"file": "incoming/task/a b.csv", "run_id": "b" * 32, "mends": None}
    api.answers = {"GET /status/a%20b.csv": [(200, status(others=[other]))]}
    assert "others  incoming/task/a b.csv (run bbbbbbbb)" in landfall("status", "a b.csv").out
    done = landfall("cancel", "a b.csv")
    assert done.code == 2
    assert "say which key, of incoming/task/a b.csv, incoming/transactions/a b.csv" in done.err


def test_a_wrong_token_is_told(landfall: Landfall, api: FakeApi) -> None:
    api.token = "other"
    assert landfall("status").code == 3


def test_without_a_deployment_the_way_on_is_named(landfall: Landfall) -> None:
    done = landfall("status")
    assert done.code == 3
    assert "landfall up" in done.err


def test_an_url_without_a_token_is_a_wrong_call(landfall: Landfall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDFALL_API_URL", "http://127.0.0.1:9")
    assert landfall("status").code == 2


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


def test_the_list_tells_versions_apart_and_why_a_file_is_not_loaded(landfall: Landfall, api: FakeApi) -> None:
    runs = [run(1, code="1216"), run(2, state="REJECTED", code="HEADER_MISMATCH"), run(3)]
    api.answers = {"GET /runs?limit=20": [(200, {"runs": runs, "cursor": ""})]}
    shown = landfall("status").out.splitlines()
    assert [f"  0000000{number}" in line for number, line in enumerate(shown)] == [False, True, True, True]
    assert shown[1].endswith("bad rows (1216)")
    assert shown[2].endswith("HEADER_MISMATCH")
    assert "2026-01-05" in shown[1]
    assert len(shown) == 4


def test_mended_rows_are_named_by_the_file_that_they_were_rejected_from(landfall: Landfall, api: FakeApi) -> None:
    key = f"processed/task/{'0' * 32}/mended-{'1' * 32}.csv"
    api.answers = {
        "GET /runs?limit=20": [(200, {"runs": [run(1, file=key, mends="abcdef12" + "0" * 24)], "cursor": ""})]
    }
    shown = landfall("status").out.splitlines()[1]
    assert shown.startswith("mended rows of abcdef12 ")


def test_the_list_says_that_there_are_more(landfall: Landfall, api: FakeApi) -> None:
    api.answers = {"GET /runs?limit=2": [(200, {"runs": [run(1), run(2)], "cursor": "c"})]}
    api.answers["GET /runs?limit=2&cursor=c"] = [(200, {"runs": [run(3)], "cursor": ""})]
    out = landfall("status", "--limit", "2").out
    assert "00000003" not in out
    assert "and more" in out
    assert len(landfall("status", "--limit", "2", "--json").lines) == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ["status", "a.csv", "--object", "task"],
        ["status", "a.csv", "--limit", "3"],
        ["status", "--wait"],
        ["rejects", "a.csv", "--out", "x.csv", "--json"],
        ["rejects", "a.csv", "--out", "-"],
        ["rerun", "incoming/task/a.csv", "--all"],
    ],
)
def test_options_that_would_do_nothing_are_wrong_calls(landfall: Landfall, api: FakeApi, arguments: list[str]) -> None:
    api.answers = {REJECTS: [rejects("T1")]}
    assert landfall(*arguments).code == 2


def test_a_file_that_does_not_arrive_is_waited_for_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    def nothing() -> Status:
        raise NotThereError("no run is of that key", ExitCode.ABSENT)

    api = Api(deployment=Deployment(api_url="http://127.0.0.1:1", token="t", settings={}))
    with pytest.raises(NotThereError) as caught:
        follow(nothing, missing(api, KEY), quiet=False, patience=0.1)
    assert capsys.readouterr().err.splitlines() == ["waiting for it to arrive ..."]
    assert "no event for it was seen" in str(caught.value)
    assert "landfall up" in str(caught.value)


def test_a_file_that_is_whole_shows_its_whole_size_and_the_way_to_its_rejects(landfall: Landfall, api: FakeApi) -> None:
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


@pytest.mark.parametrize(
    ("state", "problem", "said"),
    [
        ("LOADED", None, "no rejects: the file is LOADED"),
        (
            "REJECTED",
            {"code": "EMPTY_FILE", "message": "the file is empty"},
            "REJECTED: the file is empty (EMPTY_FILE)",
        ),
        ("STAGING", None, "listed once all of its chunks are staged"),
    ],
)
def test_a_file_without_rejects_says_why(
    landfall: Landfall, api: FakeApi, state: str, problem: dict[str, Any] | None, said: str
) -> None:
    api.answers = {REJECTS: [rejects()], "GET /status/a.csv": [(200, status(state, first_error=problem))]}
    for option in ([], ["--json"]):
        done = landfall("rejects", "a.csv", *option)
        assert (done.code, done.out) == (0, "")
        assert said in done.err


@pytest.mark.parametrize(
    ("state", "code", "said"),
    [("LOADED", 0, "already loaded at"), ("REJECTED", 1, "`landfall rerun 'incoming/transactions/a b.csv'`")],
)
def test_the_same_content_again_is_told(
    landfall: Landfall,
    api: FakeApi,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    state: str,
    code: int,
    said: str,
) -> None:
    monkeypatch.setenv("LANDFALL_BUCKET", "bucket")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "none")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    version = {"etag": hashlib.md5(b"", usedforsecurity=False).hexdigest(), "version_id": None}
    known = status(state, finished=True, updated_at="2026-01-05T08:00:00.000Z", version=version)
    api.answers = {f"GET {PATH}": [(200, known)]}
    (tmp_path / "a b.csv").touch()
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket="bucket")
        done = landfall("push", tmp_path / "a b.csv", "--object", "transactions", "--wait")
    assert done.code == code
    assert said in done.out
    assert "same content" in done.out


def test_a_folder_cannot_be_pushed(landfall: Landfall, api: FakeApi, tmp_path: Path) -> None:
    done = landfall("push", tmp_path, "--object", "transactions")
    assert done.code == 3
    assert "is a folder" in done.err


def test_rerun_asks_for_what_failed_and_goes_on_with_the_cursor(landfall: Landfall, api: FakeApi) -> None:
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


def rejects(*records: str) -> Answer:
    found = [
        {"line": n, "byte_offset": n, "column": "amount", "code": 1207, "reason": "is bad", "record": record}
        | {"values": None}
        for n, record in enumerate(records, start=2)
    ]
    head = {"run_id": "a" * 32, "generation": 1, "mends": None, "state": "LOADED", "columns": ["id", "amount"]}
    return 200, {**head, "file": "in/a.csv", "rejects": found, "cursor": "", "total": len(found)}


REJECTS = "GET /rejects/a.csv?limit=200"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_rejects_for_people_cannot_run_as_formulas(
    landfall: Landfall, api: FakeApi, tmp_path: Path, start: str
) -> None:
    hostile = f'{start}HYPERLINK("http://evil")'
    api.answers = {REJECTS: [rejects(hostile, "T1,2")]}
    out = tmp_path / "fix.csv"
    assert landfall("rejects", "a.csv", "--out", out).code == 0
    with out.open(newline="", encoding="utf-8-sig") as lines:
        rows = list(csv.reader(lines))
    assert [row[6:] for row in rows[1:]] == [[f"'{hostile}", "", ""], ["T1,2", "", ""]]
    own = ["_load", "_line", "_byte_offset", "_code", "_column", "_reason", "_record"]
    assert rows[0] == [*own, "id", "amount"]


def test_rejects_cannot_steer_the_terminal(landfall: Landfall, api: FakeApi) -> None:
    api.answers = {REJECTS: [rejects("\x1b[2Jgone\x07 [red]x")]}
    done = landfall("rejects", "a.csv")
    assert "\x1b" not in done.out
    assert "[red]x" in done.out
    assert landfall("rejects", "a.csv", "--json").lines[0]["record"] == "\x1b[2Jgone\x07 [red]x"
