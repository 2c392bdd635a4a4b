"""POST /runs and GET /runs."""

from __future__ import annotations

import pytest

from chalicelib.domain.model import RunState
from chalicelib.ports import Conflict
from tests.api.conftest import BAD, GOOD, NO_HEADER, Answer, Api, seg
from tests.simulation.world import BUCKET

KEY = "incoming/thing/a.csv"
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


# ---- a file --------------------------------------------------------------------------------------------------------


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


def ids(answer: Answer) -> list[str]:
    """Of which runs an answer is."""
    return [run["run_id"] for run in answer.body["runs"]]


def test_a_rejected_file_loads_after_its_cause_is_mended(api: Api) -> None:
    api.land(KEY, BAD)
    assert api.only_run().state is RunState.REJECTED
    api.world.objects.put(BUCKET, KEY, GOOD)  # mended in place; its event got lost
    answer = api.post(f"/runs/{seg(KEY)}")
    assert answer.status == 202
    assert answer.body["runs"][0]["run_id"] == api.run_of(KEY).run_id
    assert len(api.world.runs.runs) == 2
    api.world.run()
    assert api.run_of(KEY).state is RunState.LOADED
    assert len(api.world.warehouse.rows("landing.things")) == 12


def test_a_loaded_file_is_run_again_from_its_archive(api: Api) -> None:
    api.land(KEY, GOOD)
    answer = api.post(f"/runs/{seg(KEY)}")
    assert answer.status == 202
    api.world.run()
    status = api.get(f"/status/{seg(KEY)}").body
    assert (status["state"], status["generation"], status["rows"]["unchanged"]) == ("LOADED", 2, 12)


def test_a_run_on_its_way_is_left_alone(api: Api) -> None:
    api.land(KEY, GOOD, run=False)
    api.world.hear(api.world.events.pop())
    for dry in (False, True):
        answer = api.post(f"/runs/{seg(KEY)}", {"dry_run": dry})
        assert (answer.status, answer.code) == (409, "RUN_IN_PROGRESS")


def test_somebody_else_was_faster(api: Api) -> None:
    api.land(KEY, BAD)

    def change(run, **changes):
        raise Conflict("moved on")

    api.world.runs.change = change
    answer = api.post(f"/runs/{seg(KEY)}")
    assert (answer.status, answer.code) == (409, "RUN_IN_PROGRESS")


def test_a_file_that_is_gone_cannot_be_run(api: Api) -> None:
    api.land(KEY, BAD)
    api.world.objects.delete(api.world.objects.head(BUCKET, KEY))
    answer = api.post(f"/runs/{seg(KEY)}")
    assert (answer.status, answer.code) == (409, "SOURCE_GONE")
    assert "put it there again" in answer.message


def test_a_file_nobody_noticed_arrives(api: Api) -> None:
    api.world.objects.put(BUCKET, KEY, GOOD)
    dry = api.post(f"/runs/{seg(KEY)}", {"dry_run": True})
    assert not api.world.runs.runs
    answer = api.post(f"/runs/{seg(KEY)}")
    assert answer.status == dry.status == 202
    assert ids(answer) == ids(dry)
    assert dry.body["runs"][0]["state"] is None
    api.world.run()
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
        api.world.objects.put(BUCKET, "incoming/stranger.csv", GOOD)
    answer = api.post(f"/runs/{seg('incoming/stranger.csv')}")
    assert (answer.status, answer.code) == (409, "UNROUTED")
    assert len(api.world.runs.runs) == int(recorded)


def test_a_folder_is_no_file(api: Api) -> None:
    api.world.objects.put(BUCKET, "incoming/thing/sub/", b"")
    assert api.post(f"/runs/{seg('incoming/thing/sub/')}").status == 404


def test_a_file_by_run_id_or_bare_name(api: Api) -> None:
    api.land(KEY, BAD)
    for name in (api.only_run().run_id, "a.csv"):
        assert api.post(f"/runs/{name}").body["runs"][0]["file"] == KEY
        api.world.run()


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


# ---- an object -----------------------------------------------------------------------------------------------------


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
    api.world.hear(api.world.events.pop())
    answer = api.post("/runs/thing", {"failed_only": False})
    assert {run["file"] for run in answer.body["runs"]} == {KEY, "incoming/thing/b.csv"}
    assert [(s["file"], s["code"]) for s in answer.body["skipped"]] == [("incoming/thing/c.csv", "RUN_IN_PROGRESS")]


def test_a_version_that_has_a_newer_one_is_not_run(api: Api) -> None:
    api.land(KEY, BAD)
    api.land(KEY, GOOD)
    assert api.post("/runs/thing").body["runs"] == []


def test_a_file_mended_in_place_is_what_runs(api: Api) -> None:
    api.land(KEY, BAD)
    api.world.objects.put(BUCKET, KEY, GOOD)  # its event got lost
    dry = api.post("/runs/thing", {"dry_run": True})
    assert len(api.world.runs.runs) == 1
    assert ids(api.post("/runs/thing")) == ids(dry)
    api.world.run()
    assert api.run_of(KEY).state is RunState.LOADED


def test_a_dry_run_changes_nothing(api: Api) -> None:
    api.land(KEY, BAD)
    before, sent = dict(api.world.runs.runs), api.world.queue.sent
    dry = api.post("/runs/thing", {"dry_run": True})
    assert (dry.status, dry.body["dry_run"]) == (202, True)
    assert (api.world.runs.runs, api.world.queue.sent) == (before, sent)
    (run,) = dry.body["runs"]
    assert run["state"] == "REJECTED", "as it is, not as it would be"
    assert "load_id" not in run
    assert ids(api.post("/runs/thing")) == ids(dry)


def test_a_file_that_is_gone_does_not_stop_the_others(api: Api) -> None:
    for name in ("a", "b"):
        api.land(f"incoming/thing/{name}.csv", BAD)
    api.world.objects.delete(api.world.objects.head(BUCKET, KEY))
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
    api.world.run()
    assert api.post("/runs/monthly", {"period": period, "failed_only": True}).body["runs"] == []


def test_many_files_are_run_in_several_calls(api: Api) -> None:
    for number in range(230):
        api.land(f"incoming/thing/{number}.csv", BAD, run=False)
        api.world.hear(api.world.events.pop())
        run = api.run_of(f"incoming/thing/{number}.csv")
        api.world.runs.change(run, state=RunState.FAILED, told=True)
    pages = api.pages(lambda cursor: api.post("/runs/thing", {"cursor": cursor}), "runs")
    files = [run["file"] for page in pages for run in page]
    assert [len(page) for page in pages] == [100, 100, 30]
    assert len(set(files)) == 230


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
    assert answer.body["error"]["message"].startswith('there is no field "\ud800"')


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
    api.world.clock.advance(86_400)
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
