"""Cuts that were guessed wrong cost a second look at their chunks, and nothing else: through the whole pipeline."""

from __future__ import annotations

import json

from chalicelib.domain.run import keys
from chalicelib.domain.run.model import RunState
from tests.simulation.cases import Case, broken, notified, play, single_faults
from tests.support.settings import BUCKET
from tests.support.simulated.scenarios import BAD, STORY, stories


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
