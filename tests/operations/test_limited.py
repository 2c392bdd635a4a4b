"""Pages of a pipeline that is limited to some objects: all of their runs, and nothing of another one."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from chalicelib.domain.contract_files.contract_file import Contracts
from chalicelib.domain.run.model import Run, RunState
from chalicelib.errors import Refused
from chalicelib.operations.limited import limited_to
from chalicelib.ports import RunSearch
from tests.support.simulated.deployment import SimulatedDeployment
from tests.support.simulated.outside import CONTRACTS

OBJECTS = ("one", "two", "hidden")


@pytest.fixture
def deployment() -> SimulatedDeployment:
    """Three objects, whose files take turns to arrive; some at the same time."""
    made = SimulatedDeployment()
    thing = CONTRACTS["thing"]
    made.reconfigure(
        contracts=Contracts({name: replace(thing, name=name, lands_at=(f"{name}/*",)) for name in OBJECTS})
    )
    for n in range(21):
        made.put(f"{OBJECTS[n % 7 % 3]}/{n}.csv", b"id,value,amount\n1,v,1\n", {})
        made.clock.advance(n % 2)
    while made.deliver_event():
        pass
    return made


def limited(deployment: SimulatedDeployment, *names: str) -> RunSearch:
    return limited_to(deployment.pipeline, frozenset(names)).ctx.search


def walked(search: RunSearch, limit: int, state: RunState | None = None) -> tuple[list[Run], list[str]]:
    """All runs of a list and all of its cursors."""
    runs, cursors = list[Run](), [""]
    while True:
        page = search.page(limit=limit, cursor=cursors[-1], state=state)
        assert len(page.runs) <= limit
        runs += page.runs
        if not page.cursor:
            return runs, cursors
        cursors.append(page.cursor)


def told(cursor: str) -> str:
    """A cursor with all cursors in it in the clear."""
    text = base64.urlsafe_b64decode(cursor).decode()
    return text + "".join(told(part) for part in text.split('"') if len(part) > 40 and part.isprintable())


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 50])
def test_each_run_is_listed_once_newest_first(deployment: SimulatedDeployment, limit: int) -> None:
    runs, _ = walked(limited(deployment, "one", "two"), limit)
    wanted = {run.run_id for run in deployment.runs.runs.values() if run.object != "hidden"}
    assert len(runs) == len(wanted) == 15
    assert {run.run_id for run in runs} == wanted
    assert [run.arrived_at for run in runs] == sorted((run.arrived_at for run in runs), reverse=True)


def test_no_cursor_names_a_hidden_run(deployment: SimulatedDeployment) -> None:
    _, cursors = walked(limited(deployment, "one", "two"), 1)
    clear = "".join(told(cursor) for cursor in cursors if cursor)
    named = {run.object for run in deployment.runs.runs.values() if run.run_id in clear}
    assert named == {"one", "two"}
    assert "hidden" not in clear


def test_without_a_known_object_a_list_is_empty_and_ends(deployment: SimulatedDeployment) -> None:
    assert walked(limited(deployment, "gone"), 1) == ([], [""])


def test_a_state_without_runs_ends_as_well(deployment: SimulatedDeployment) -> None:
    assert walked(limited(deployment, "one", "two"), 1, RunState.FAILED) == ([], [""])


def test_the_cursor_of_another_token_is_refused(deployment: SimulatedDeployment) -> None:
    theirs = deployment.pipeline.ctx.search.page(limit=1).cursor
    other = limited(deployment, "one", "hidden").page(limit=1).cursor
    for cursor in (theirs, other):
        with pytest.raises(Refused, match="cursor"):
            limited(deployment, "one", "two").page(limit=1, cursor=cursor)
