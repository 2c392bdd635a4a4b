"""Cuts that were guessed wrong cost a second look at their chunks, and nothing else: through the whole pipeline."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from chalicelib.domain.run import keys
from chalicelib.domain.run.model import RunState
from tests.simulation.cases import Case, broken, notified, play, single_faults
from tests.support.settings import BUCKET
from tests.support.simulated.deployment import SETTINGS, SimulatedDeployment
from tests.support.simulated.endings import ended
from tests.support.simulated.guard import MOST
from tests.support.simulated.promises import safety
from tests.support.simulated.scenarios import BAD, STORY, many_wrong_cuts, stories

pytestmark = pytest.mark.usefixtures("remembering")


def test_chunks_are_staged_again_and_the_books_balance() -> None:
    deployment = play(Case(scenario="misleading"))
    assert not deployment.violations
    (run,) = deployment.runs.runs.values()
    reopened = deployment.schedule.calls.count("chunks.reopen")
    assert 1 < reopened < run.chunks
    assert run.state is RunState.LOADED
    assert (run.counts.read, run.counts.rejected) == (14, 2)
    assert {str(row["id"]) for row in deployment.warehouse.rows("landing.things")} == set(stories())


def test_rejects_name_the_lines_of_the_file_and_no_others() -> None:
    deployment = play(Case(scenario="misleading"))
    (run,) = deployment.runs.runs.values()
    parts = [
        deployment.objects.get(BUCKET, part.key) for part in deployment.objects.list(BUCKET, keys.rejects_prefix(run))
    ]
    found = [json.loads(line) for part in parts for line in part.splitlines()]
    assert [reject["record"] for reject in found] == list(BAD)
    stories_before = 3
    assert found[0]["line"] == 2 + 7 + stories_before * STORY.count("\n")


def test_no_single_fault_loads_a_line_of_a_story() -> None:
    played, found = broken(single_faults("misleading", False))
    assert played > 300
    assert not found, "\n".join(map(notified, found[:10]))


def test_the_guard_would_drop_a_file_with_many_wrong_cuts() -> None:
    deployment = SimulatedDeployment(check=safety)
    many_wrong_cuts(deployment)
    deployment.queue.looping = ()
    deployment.settle()
    (run,) = deployment.runs.runs.values()
    assert deployment.violations == {"I9 Lambda's recursion guard dropped a message"}
    assert max(deployment.queue.lengths.values()) == MOST + 1
    assert run.state is RunState.LOADED, "the sweep begins another chain"
    assert deployment.clock.now() - deployment.started > SETTINGS.stuck_seconds


def test_a_function_that_may_loop_loads_it() -> None:
    deployment = play(Case(scenario="many_wrong_cuts"))
    assert not deployment.violations
    (run,) = deployment.runs.runs.values()
    assert run.reopened == deployment.schedule.calls.count("chunks.reopen") > MOST // 2
    assert max(deployment.queue.lengths.values()) > MOST


def test_more_wrong_cuts_than_allowed_end_the_run() -> None:
    deployment = SimulatedDeployment(check=safety)
    deployment.reconfigure(settings=replace(SETTINGS, max_reopened_chunks=3))
    many_wrong_cuts(deployment)
    run = ended(deployment, RunState.FAILED, "TOO_MANY_WRONG_CUTS", may_fail=True)
    assert run.reopened == 3
    assert run.problem is not None
    assert "more than 3 of its" in run.problem.message
    assert "larger chunk_mb in its contract, or raise LANDFALL_MAX_REOPENED_CHUNKS" in run.problem.message


def test_as_many_wrong_cuts_as_allowed_load() -> None:
    reopened = play(Case(scenario="many_wrong_cuts")).schedule.calls.count("chunks.reopen")
    deployment = SimulatedDeployment(check=safety)
    deployment.reconfigure(settings=replace(SETTINGS, max_reopened_chunks=reopened))
    many_wrong_cuts(deployment)
    deployment.settle()
    (run,) = deployment.runs.runs.values()
    assert (run.state, run.reopened) == (RunState.LOADED, reopened)
