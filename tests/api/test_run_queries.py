"""Bodies of POST /runs, and GET /runs."""

from __future__ import annotations

import pytest

from tests.support.api import BAD, GOOD, KEY, Api, seg

# ---- bodies --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "JSON"),
        (b"[" * 100_000, "bytes"),
        (b"[" * 60_000, "JSON"),
        (b"\xff\xfe", "JSON"),
        (b"9" * 5000, "JSON"),
        (b"[]", "object"),
        (b'"x"', "object"),
        (b"null", "object"),
        (b'{"dry": true}', '"dry"'),
        (b'{"dry_run": "yes"}', '"dry_run"'),
        (b'{"dry_run": 1}', '"dry_run"'),
        (b'{"failed_only": NaN}', '"failed_only"'),
        (b'{"file": 7}', '"file"'),
        (b'{"file": ["a"]}', '"file"'),
        (b'{"period": 2026}', '"period"'),
        (b'{"period": ""}', '"period"'),
        (b'{"period": []}', '"period"'),
        (b'{"period": {"year": 2026}}', '"period"'),
        (b'{"period": "x", "file": "y"}', "exclude"),
        (b'{"period": "May"}', "capture nothing"),
        (b'{"cursor": "xyz"}', "cursor"),
        (b'{"cursor": "e30="}', "cursor"),
    ],
)
def test_a_body_at_fault_is_named(api: Api, body: bytes, words: str) -> None:
    answer = api.post("/runs/thing", body)
    assert answer.status == 400
    assert words in answer.message


def test_a_period_of_another_name_is_named(api: Api) -> None:
    answer = api.post("/runs/monthly", {"period": {"day": "1"}})
    assert answer.status == 400
    assert '"day"' in answer.message
    assert "month, year" in answer.message


def test_a_file_takes_no_selection(api: Api) -> None:
    api.land(KEY, BAD)
    assert api.post(f"/runs/{seg(KEY)}", {"period": "May"}).status == 400


def test_a_text_that_is_no_unicode_is_answered_as_json(api: Api) -> None:
    answer = api.post("/runs/thing", b'{"\\ud800": 1}')
    assert answer.status == 400
    assert "half a character" in answer.message


def test_what_curl_sends_is_understood(api: Api) -> None:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    assert api.ask("POST", "/runs/thing", "run-me", b'{"dry_run": true}', **kind).body["dry_run"] is True


# ---- the list ------------------------------------------------------------------------------------------------------


def test_runs_are_listed_in_pages(api: Api) -> None:
    for number in range(7):
        api.land(f"incoming/thing/{number}.csv", BAD if number % 2 else GOOD)
    pages = api.pages(lambda cursor: api.get(f"/runs?object=thing&limit=3&cursor={cursor}"), "runs")
    assert [len(page) for page in pages] == [3, 3, 1]
    assert [run["file"] for page in pages for run in page] == [
        f"incoming/thing/{number}.csv" for number in reversed(range(7))
    ]
    rejected = api.get("/runs?state=rejected").body["runs"]
    assert [run["code"] for run in rejected] == ["TOO_MANY_REJECTS"] * 3


def test_runs_since(api: Api) -> None:
    api.land(KEY, GOOD)
    api.deployment.clock.advance(86_400)
    api.land("incoming/thing/b.csv", GOOD)
    since = api.run_of("incoming/thing/b.csv").arrived_at
    for text in (f"{since:.0f}", api.get("/runs").body["runs"][0]["arrived_at"]):
        assert [run["file"] for run in api.get(f"/runs?since={text}").body["runs"]] == ["incoming/thing/b.csv"]
    assert len(api.get("/runs?since=2020-01-01").body["runs"]) == 2


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("state=LOST", "UNROUTED"),
        ("limit=0", "1 to 200"),
        ("limit=many", "1 to 200"),
        ("limit=²", "1 to 200"),
        ("limit=99999999999", "1 to 200"),
        ("since=yesterday", "2026-05-31"),
        ("since=1e999", "2026-05-31"),
        ("sate=LOADED", '"sate"'),
        ("cursor=abc", "cursor"),
    ],
)
def test_a_query_at_fault_is_named(api: Api, query: str, words: str) -> None:
    answer = api.get(f"/runs?{query}")
    assert answer.status == 400
    assert words in answer.message


def test_an_object_that_is_none(api: Api) -> None:
    answer = api.get("/runs?object=thin")
    assert (answer.status, answer.code) == (404, "NOT_FOUND")
    assert api.get("/runs?object=thing").body == {"runs": [], "cursor": ""}
