"""Cuts that were guessed wrong cost a second look at their chunks, and nothing else: through the whole pipeline."""

from __future__ import annotations

import json

from chalicelib.domain import keys
from chalicelib.domain.model import RunState
from tests.simulation.explore import findings, play
from tests.simulation.faults import Schedule
from tests.simulation.scenarios import HEADER
from tests.simulation.world import BUCKET, World

STORY = "\nonce,upon,1\na,time,2\nthere,was,3\n"
"""Reads like three good records of the contract to whoever takes its first line for a record's."""
BAD = ("x1,y,notanumber", 'x2,5" long,3')


def told() -> dict[str, str]:
    """Good rows by their keys; every third holds a story."""
    return {f"k{n}": f"{STORY if n % 3 == 0 else 'plain'},{n}" for n in range(12)}


def misleading(world: World) -> None:
    """Quoted texts that look like records from any cut on, with bad rows among them and behind."""
    rows = told()
    lines = [f'{key},"{rest.rpartition(",")[0]}",{rest.rpartition(",")[2]}\n' for key, rest in rows.items()]
    body = HEADER + "".join([*lines[:7], BAD[0] + "\n", *lines[7:], BAD[1] + "\n"])
    world.put("incoming/thing/a.csv", body.encode(), rows)


def test_chunks_are_staged_again_and_the_books_balance() -> None:
    world = play(misleading, Schedule())
    assert not world.violations
    (run,) = world.runs.runs.values()
    reopened = world.schedule.calls.count("runs.reopen_chunk")
    assert 1 < reopened < run.chunks
    assert run.state is RunState.LOADED
    assert (run.counts.read, run.counts.rejected) == (14, 2)
    assert {str(row["id"]) for row in world.warehouse.rows("landing.things")} == set(told())


def test_rejects_name_the_lines_of_the_file_and_no_line_of_a_story() -> None:
    world = play(misleading, Schedule())
    (run,) = world.runs.runs.values()
    parts = [world.objects.get(BUCKET, part.key) for part in world.objects.list(BUCKET, keys.rejects_prefix(run))]
    found = [json.loads(line) for part in parts for line in part.splitlines()]
    assert [reject["record"] for reject in found] == list(BAD)
    stories_before = 3
    assert found[0]["line"] == 2 + 7 + stories_before * STORY.count("\n")


def test_no_single_fault_loads_a_line_of_a_story() -> None:
    played, found = findings(misleading, versioned=False)
    assert played > 300
    assert not found, "\n".join(map(str, found[:10]))
