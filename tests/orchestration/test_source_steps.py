"""The steps of the machine that reads sources, and that the machine and they mean the same."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

import app
from chalicelib import bootstrap
from chalicelib.adapters.memory import MemoryClock
from chalicelib.domain.export.progress import ExportProgress, ExportRequests
from chalicelib.domain.export.settings import ExportSettings
from chalicelib.domain.run import keys
from chalicelib.domain.run.arrivals import new_run
from chalicelib.domain.run.events import SOURCE_STEP, source_step_of
from chalicelib.domain.run.model import Problem, Run, RunState
from chalicelib.domain.source.progress import bookmark_of
from chalicelib.errors import Refused
from chalicelib.orchestration import source_steps
from chalicelib.orchestration.source_steps import LONGEST_WAIT, SHORTEST_WAIT, SKEW_SECONDS, OwnReading, on_source_step
from chalicelib.sources.source import Paused
from tests.sources.site import THING, FaultyWorld, Site
from tests.support.asl import FIELDS, all_states, faults
from tests.support.paths import ROOT
from tests.support.settings import BUCKET

BEGIN = 1_800_000_000.0
MACHINE: dict[str, Any] = json.loads((ROOT / "infra/source.asl.json").read_text())
STATES = dict(all_states(MACHINE))
TASKS = {name: state for name, state in STATES.items() if state["Type"] == "Task"}
WAITS = {name: state for name, state in STATES.items() if state["Type"] == "Wait"}


def a_site(*rows: str, budget: float = 600.0) -> Site:
    world = FaultyWorld(MemoryClock(BEGIN))
    for row in rows:
        world.add(BEGIN - 100, row)
    return Site(world, budget=budget)


@pytest.fixture
def site() -> Site:
    return a_site("a")


def step(site: Site, state: str, *, object: str = THING, delivery: str = "d") -> dict[str, Any]:
    began = datetime.fromtimestamp(BEGIN, UTC).isoformat()
    given = {"object": object, "state": state, "began": began, "holder": delivery}
    return on_source_step(site.ctx, site.world.connect, given)


def arrive(site: Site, **changes: Any) -> Run:
    """The one file that has landed has a run."""
    [file] = site.objects.list(BUCKET, "")
    run = replace(new_run(file, site.ctx.contracts, site.clock.now(), came_back=False), **changes)
    assert site.ctx.runs.create(run, None)
    return run


# ---- reading --------------------------------------------------------------------------------------------------------


def test_a_source_is_read_and_then_its_files_are_looked_at(site: Site) -> None:
    assert step(site, "Extract") == {"object": THING, "next": "Load", "seconds": 0}
    assert site.landed() == ["a"]
    assert step(site, "Extract", delivery="e")["next"] == "Load", "there is nothing more to read"
    assert site.landed() == ["a"]


def test_what_one_function_cannot_read_the_next_one_does() -> None:
    site = a_site(*"abcdefgh", budget=0.0)
    following = [step(site, "Extract", delivery=f"d{n}")["next"] for n in range(12)]
    assert following.index("Load") > 0
    assert set(following[: following.index("Load")]) == {"Extract"}
    assert sorted(site.landed()) == list("abcdefgh")
    assert not site.queue.messages, "the machine goes on, and no message"


def test_a_message_for_another_source_is_sent(site: Site) -> None:
    own = OwnReading(queue=site.queue, run_id="", object=THING)
    own.send_source("other")
    assert (len(site.queue.messages), own.again) == (1, False)
    own.send_source(THING)
    assert (len(site.queue.messages), own.again) == (1, True)


def test_a_source_that_fails_ends_the_execution_with_its_code(site: Site) -> None:
    site.world.fault = lambda: Refused("the source refuses", code="SOURCE_REFUSED")  # type: ignore[attr-defined]
    failed = step(site, "Extract")
    assert (failed["next"], failed["problem"]) == (
        "Failed",
        {"code": "SOURCE_REFUSED", "message": "the source refuses"},
    )
    assert len(site.notifier.failures) == 1
    site.clock.advance(1)
    assert step(site, "Extract", delivery="e")["next"] == "Failed", "the clock starts it again after its pause"
    assert len(site.notifier.failures) == 1


def test_a_pause_that_the_source_requests_is_waited_for(site: Site) -> None:
    site.world.fault = lambda: Paused("slow down", 42.0)  # type: ignore[attr-defined]
    waits = step(site, "Extract")
    assert (waits["next"], waits["seconds"]) == ("WaitForSource", 43)
    site.world.fault = lambda: None  # type: ignore[attr-defined]
    site.clock.advance(waits["seconds"])
    assert step(site, "Extract", delivery="e")["next"] == "Load"


def test_the_reading_of_another_execution_is_waited_for(site: Site) -> None:
    leased = site.progress.claimed(site.clock.now(), "another")
    site.bookmarks.set(bookmark_of(THING), leased.text)
    waits = step(site, "Extract")
    assert (waits["next"], waits["seconds"]) == ("WaitForSource", LONGEST_WAIT)
    assert site.landed() == []


@pytest.mark.parametrize("state", ["Extract", "Load", "Export"])
def test_an_object_that_has_no_source_any_more_ends_it(site: Site, state: str) -> None:
    assert step(site, state, object="nobody")["next"] == "Ended"


# ---- loads and exports ----------------------------------------------------------------------------------------------


def test_a_file_is_waited_for_until_its_run_is_finished(site: Site) -> None:
    step(site, "Extract")
    assert step(site, "Load")["next"] == "WaitForLoads", "its event may be late"
    arrive(site, state=RunState.LOADED)
    assert step(site, "Load")["next"] == "WaitForLoads", "it is not archived yet"
    [file] = site.objects.list(BUCKET, "")
    site.objects.delete(file)
    assert step(site, "Load")["next"] == "Export"


@pytest.mark.parametrize("state", [RunState.FAILED, RunState.REJECTED, RunState.CANCELLED])
def test_a_file_that_is_not_loaded_fails_the_execution(site: Site, state: RunState) -> None:
    step(site, "Extract")
    arrive(site, state=state, notified=True, problem=Problem(code="TOO_MANY_REJECTS", message="all are bad"))
    failed = step(site, "Load")
    assert (failed["next"], failed["problem"]["code"]) == ("Failed", "TOO_MANY_REJECTS")


def test_a_file_that_was_refused_before_does_not_matter(site: Site) -> None:
    step(site, "Extract")
    arrive(site, state=RunState.REJECTED, notified=True)
    began = datetime.fromtimestamp(BEGIN + SKEW_SECONDS + 1, UTC).isoformat()
    given = {"object": THING, "state": "Load", "began": began, "holder": "d"}
    assert on_source_step(site.ctx, site.world.connect, given)["next"] == "Export"


@pytest.mark.parametrize(
    ("change", "following"),
    [
        (lambda progress: None, "WaitForExport"),
        (lambda progress: replace(progress, lease_until=BEGIN + 60), "WaitForExport"),
        (lambda progress: replace(progress, exported=1), "Ended"),
        (lambda progress: replace(progress, code="EXPORT_FAILED", message="no right"), "Failed"),
    ],
)
def test_what_follows_the_loads_is_waited_for(
    site: Site, change: Callable[[ExportProgress], ExportProgress | None], following: str
) -> None:
    assert step(site, "Export")["next"] == "Ended", "it has no export"
    contract = replace(site.ctx.contracts[THING], export=ExportSettings(key="dashboard_data/things.csv"))
    site.ctx = replace(site.ctx, contracts={THING: contract})
    assert step(site, "Export")["next"] == "Ended", "nothing was loaded"
    site.bookmarks.set(keys.export_requests(THING), ExportRequests(count=1, run_id="r").text)
    if progress := change(ExportProgress()):
        site.bookmarks.set(keys.export_progress(THING), progress.text)
    found = step(site, "Export")
    assert found["next"] == following
    if following == "Failed":
        assert found["problem"] == {"code": "EXPORT_FAILED", "message": "no right"}


@pytest.mark.parametrize(("taken", "seconds"), [(0, SHORTEST_WAIT), (400, 100), (86_400, LONGEST_WAIT)])
def test_waits_grow_with_what_was_waited(site: Site, taken: float, seconds: int) -> None:
    step(site, "Extract")
    site.clock.advance(taken)
    waits = step(site, "Load")
    assert (waits["next"], waits["seconds"]) == ("WaitForLoads", seconds)


# ---- the machine ----------------------------------------------------------------------------------------------------


def test_each_state_is_reached_and_leads_on() -> None:
    assert faults(MACHINE) == []
    assert not set(STATES) & FIELDS


def test_each_state_that_is_named_has_a_choice_and_the_reverse() -> None:
    named = set(re.findall(r'"([A-Z]\w+)"', inspect.getsource(source_steps))) & set(STATES)
    choices = STATES["Choose"]["Choices"]
    assert {rule["StringEquals"] for rule in choices} == named
    assert all(rule["Next"] == rule["StringEquals"] for rule in choices)
    assert set(STATES) == named | {"Choose", "Broken"}


@pytest.mark.parametrize("name", TASKS)
def test_a_task_calls_its_function_with_its_own_state(name: str) -> None:
    given = {key.removesuffix(".$"): value for key, value in TASKS[name]["Parameters"]["Payload"].items()}
    assert set(given) == set(SOURCE_STEP)
    assert given["state"] == name
    assert source_step_of(given) == given
    assert TASKS[name]["Next"] == "Choose"
    assert [rule["ErrorEquals"] for rule in TASKS[name]["Retry"]] == [
        ["Lambda.TooManyRequestsException"],
        ["States.TaskFailed"],
    ]
    assert [rule["ErrorEquals"] for rule in TASKS[name]["Catch"]] == [["States.ALL"]]


@pytest.mark.parametrize("stage", ["dev", "test", "prod"])
def test_a_task_waits_longer_than_its_function_may_take(stage: str) -> None:
    config = json.loads((ROOT / ".chalice/config.json").read_text())["stages"][stage]["lambda_functions"]
    assert {task["TimeoutSeconds"] > config["read_source"]["lambda_timeout"] for task in TASKS.values()} == {True}


def test_each_wait_goes_back_to_what_it_waits_for() -> None:
    back = {"WaitForSource": "Extract", "WaitForLoads": "Load", "WaitForExport": "Export"}
    assert {name: state["Next"] for name, state in WAITS.items()} == back
    assert {state["SecondsPath"] for state in WAITS.values()} == {"$.seconds"}


@pytest.mark.parametrize("change", [{}, {"object": 7}, {"state": None}, {"began": 1.0}, {"holder": ["h"]}], ids=str)
def test_only_a_whole_step_is_one(site: Site, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]) -> None:
    given = {"object": "nobody", "state": "Load", "began": "2026-01-01T00:00:00Z", "holder": "h", **change}
    assert bool(source_step_of(given)) is not bool(change)

    class Wired:
        pipeline, connect = type("Pipeline", (), {"ctx": site.ctx}), site.world.connect

    bootstrap.use(Wired())  # type: ignore[arg-type]
    try:
        answer = app.read_source(given, None)
    finally:
        bootstrap.use(None)
    assert answer == (None if change else {"object": "nobody", "next": "Ended", "seconds": 0})
