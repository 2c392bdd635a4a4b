"""POST /backfill and POST /redrive: what brings back files whose events or workers were lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib import bootstrap
from chalicelib.adapters.memory import Message
from chalicelib.adapters.messages import run_body
from chalicelib.domain.run.model import RunState
from chalicelib.operations.recovery import MOST_MESSAGES
from chalicelib.orchestration import sqs as handlers
from tests.support.api import BAD, GOOD, KEY, Api, ids, seg
from tests.support.simulated.deployment import BUCKET
from tests.support.tries import killed_each_time

THING, MONTHLY = "incoming/thing/", "incoming/monthly/"


def lies_there(api: Api, *keys: str) -> None:
    for n, key in enumerate(keys):
        api.deployment.objects.put(BUCKET, key, GOOD + b"x%d,v,1\n" % n)


def files(answer) -> list[str]:
    return sorted(run["file"] for run in answer.body["runs"])


# ---- backfill -------------------------------------------------------------------------------------------------------


def test_what_was_there_before_the_app_is_loaded(api: Api) -> None:
    keys = [f"{THING}a.csv", f"{THING}b.csv"]
    lies_there(api, *keys)
    answer = api.post("/backfill")
    assert (answer.status, files(answer)) == (202, keys)
    assert (answer.body["seen"], answer.body["failed"], answer.body["cursor"]) == (2, 0, "")
    api.deployment.settle()
    assert {run.state for run in api.deployment.runs.runs.values()} == {RunState.LOADED}
    again = api.post("/backfill")
    assert (again.body["seen"], again.body["runs"]) == (0, [])


def test_a_dry_run_starts_nothing(api: Api) -> None:
    lies_there(api, f"{THING}a.csv")
    answer = api.post("/backfill", {"dry_run": True})
    assert (files(answer), answer.body["dry_run"]) == ([f"{THING}a.csv"], True)
    assert answer.body["runs"][0]["state"] is None
    assert "load_id" not in answer.body["runs"][0]
    assert not api.deployment.runs.runs
    assert not api.deployment.queue.messages
    assert ids(api.post("/backfill")) == ids(answer)


def test_a_dry_run_puts_no_second_drop_away(api: Api) -> None:
    api.land(KEY, GOOD)
    api.deployment.objects.put(BUCKET, KEY, GOOD)
    before = api.only_run()
    assert api.post("/backfill", {"dry_run": True}).body["archived"] == 1
    assert api.only_run() == before
    assert api.post("/backfill").body["archived"] == 1
    api.deployment.settle()
    assert list(api.deployment.objects.list(BUCKET, "incoming/")) == []


@pytest.mark.parametrize(
    ("order", "found"),
    [
        ({"prefix": f"{THING}a"}, ["a.csv"]),
        ({"prefix": "incoming/"}, ["a.csv", "b.csv", "x.csv"]),
        ({"prefix": "inc"}, ["a.csv", "b.csv", "x.csv"]),
        ({"object": "thing"}, ["a.csv", "b.csv"]),
        ({"object": "thing", "prefix": f"{THING}b"}, ["b.csv"]),
        ({"prefix": f"{THING}none"}, []),
    ],
)
def test_it_may_be_about_a_part(api: Api, order: dict[str, str], found: list[str]) -> None:
    lies_there(api, f"{THING}a.csv", f"{THING}b.csv", "incoming/nobody/x.csv")
    answer = api.post("/backfill", order)
    assert sorted(file.rpartition("/")[2] for file in files(answer)) == found


@pytest.mark.parametrize(
    ("order", "status", "said"),
    [
        ({"prefix": "archive/"}, 400, "incoming/"),
        ({"prefix": "elsewhere/"}, 400, "incoming/"),
        ({"object": "nobody"}, 404, "thing"),
        ({"file": KEY}, 400, "prefix"),
        ({"prefix": 7}, 400, "prefix"),
    ],
)
def test_what_cannot_be_meant_is_refused(api: Api, order: dict[str, str], status: int, said: str) -> None:
    answer = api.post("/backfill", order)
    assert (answer.status, said in answer.message) == (status, True)


def test_many_files_take_several_calls(api: Api) -> None:
    lies_there(api, *(f"{THING}f{n:03}.csv" for n in range(230)))
    pages = api.pages(lambda cursor: api.post("/backfill", {"cursor": cursor}), "runs")
    assert [len(page) for page in pages] == [100, 100, 30]
    assert len(api.deployment.runs.runs) == 230


def test_a_call_does_not_outlast_the_gateway(api: Api) -> None:
    lies_there(api, *(f"{THING}f{n:03}.csv" for n in range(230)))
    read = api.deployment.runs.newest_of

    def slow(bucket: str, keys: list[str]):
        api.deployment.clock.advance(20)
        return read(bucket, keys)

    api.deployment.runs.newest_of = slow
    assert api.post("/backfill", {"dry_run": True, "object": "thing"}).body["seen"] == 100


# ---- redrive --------------------------------------------------------------------------------------------------------


def dead_lettered(api: Api, key: str = KEY) -> None:
    """A run that a dead letter has ended."""
    api.land(key, GOOD + key.encode() + b",v,1\n", run=False)
    api.deployment.handle_event(api.deployment.events.pop())
    killed_each_time(api.deployment.pipeline.ctx, api.run_of(key).run_id)
    handlers.on_dead_letter(api.deployment.pipeline, {"body": run_body(api.run_of(key).run_id)})
    api.deployment.settle()
    assert api.run_of(key).state is RunState.FAILED


def test_what_dead_letters_ended_is_run_again(api: Api) -> None:
    dead_lettered(api)
    api.land(f"{THING}bad.csv", BAD)
    answer = api.post("/redrive")
    assert (answer.status, files(answer), answer.body["messages"]) == (202, [KEY], 0)
    api.deployment.settle()
    assert api.run_of(KEY).state is RunState.LOADED
    assert api.post("/redrive").body["runs"] == []


def test_a_dry_run_brings_nothing_back(api: Api) -> None:
    dead_lettered(api)
    api.deployment.queue.move_to_dead_letters(Message(queue="runs", body=run_body("x"), number=0, visible_at=0.0))
    answer = api.post("/redrive", {"dry_run": True})
    assert (files(answer), answer.body["messages"], answer.body["dry_run"]) == ([KEY], 0, True)
    assert api.run_of(KEY).generation == 1
    assert len(api.deployment.queue.dead) == 1


def test_messages_that_lie_in_dead_letter_queues_go_back(api: Api) -> None:
    api.land(KEY, GOOD, run=False)
    api.deployment.handle_event(api.deployment.events.pop())
    for message in api.deployment.queue.visible():
        api.deployment.queue.move_to_dead_letters(message)
    answer = api.post("/redrive")
    assert (answer.body["messages"] > 0, answer.body["more_messages"]) == (True, False)
    assert not api.deployment.queue.dead
    api.deployment.settle()
    assert api.run_of(KEY).state is RunState.LOADED


def test_more_messages_than_one_call_moves_are_reported(api: Api) -> None:
    for _ in range(MOST_MESSAGES + 1):
        api.deployment.queue.move_to_dead_letters(Message(queue="runs", body=run_body("x"), number=0, visible_at=0.0))
    assert [api.post("/redrive").body["more_messages"] for _ in range(2)] == [True, False]


def test_only_the_newest_version_of_a_file_comes_back(api: Api) -> None:
    dead_lettered(api)
    api.land(KEY, GOOD + b"newer,v,1\n")
    assert api.post("/redrive").body["runs"] == []


def test_what_cannot_come_back_reports_why(api: Api) -> None:
    dead_lettered(api)
    api.deployment.objects.delete(api.deployment.objects.head(BUCKET, KEY))
    dead_lettered(api, f"{THING}b.csv")
    contracts = {name: c for name, c in api.deployment.pipeline.ctx.contracts.items() if name != "thing"}
    answer = api.post("/redrive")
    assert [s["code"] for s in answer.body["skipped"]] == ["SOURCE_GONE"]
    assert files(answer) == [f"{THING}b.csv"]
    dead_lettered(api, f"{THING}c.csv")
    wired = bootstrap.wired()
    bootstrap.use(
        replace(wired, pipeline=replace(wired.pipeline, ctx=replace(wired.pipeline.ctx, contracts=contracts)))
    )
    assert {s["code"] for s in api.post("/redrive").body["skipped"]} == {"UNROUTED"}


def test_a_dead_letters_file_is_rerun_by_key_and_object(api: Api) -> None:
    dead_lettered(api)
    assert files(api.post("/runs/thing", {"dry_run": True})) == [KEY]
    assert api.post(f"/runs/{seg(KEY)}").status == 202
    api.deployment.settle()
    assert api.run_of(KEY).state is RunState.LOADED
