"""Pages of a pipeline that is limited to some objects: all of their runs, and nothing of another one."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.adapters.memory import MemoryClock, MemoryRuns, MemorySearch, MemoryTable
from chalicelib.domain.contract_files.contract_file import Contracts
from chalicelib.domain.run.model import Run, RunState, SourceObject
from chalicelib.errors import Refused
from chalicelib.operations.limited import LimitedSearch, Sight, limited_to
from chalicelib.operations.lookup import NAMESAKES, details
from chalicelib.pipeline.pipeline import Pipeline
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


def test_the_cursor_of_an_unlimited_list_is_refused(deployment: SimulatedDeployment) -> None:
    theirs = deployment.pipeline.ctx.search.page(limit=1).cursor
    with pytest.raises(Refused, match="cursor"):
        limited(deployment, "one", "two").page(limit=1, cursor=theirs)


def test_the_cursor_of_another_token_shows_nothing_more(deployment: SimulatedDeployment) -> None:
    _, cursors = walked(limited(deployment, "one", "hidden"), 1)
    for cursor in cursors:
        assert {run.object for run in limited(deployment, "two").page(cursor=cursor).runs} <= {"two"}


ARRIVALS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5)), max_size=30)
STATES = st.sampled_from([None, RunState.ARRIVED, RunState.FAILED])


@given(arrivals=ARRIVALS, limit=st.integers(1, 6), state=STATES)
def test_files_that_arrive_together_are_all_listed(
    arrivals: list[tuple[int, int]], limit: int, state: RunState | None
) -> None:
    table = MemoryTable(MemoryClock())
    for n, (owner, at) in enumerate(arrivals):
        source = SourceObject(bucket="b", key=f"k/{n}.csv", etag="e", size=1)
        made = RunState.FAILED if n % 3 else RunState.ARRIVED
        MemoryRuns(table).create(
            Run(run_id=f"{n:02}", object=f"{owner}", source=source, state=made, arrived_at=at, updated_at=at)
        )
    contracts = Contracts({name: replace(CONTRACTS["thing"], name=name) for name in "012"})
    runs, cursors = walked(LimitedSearch(search=MemorySearch(table), sees=Sight(contracts=contracts)), limit, state)
    wanted = [r for r in table.seen() if r.object in contracts and state in (None, r.state)]
    assert runs == sorted(wanted, key=lambda run: (run.arrived_at, run.run_id), reverse=True)
    assert max(map(len, cursors)) < 100


def test_a_cursor_is_short_for_any_number_of_objects(deployment: SimulatedDeployment) -> None:
    lengths = [len(limited(deployment, *names).page(limit=1).cursor) for names in (OBJECTS[:1], OBJECTS[:2], OBJECTS)]
    assert len(set(lengths)) == 1


def namesakes(deployment: SimulatedDeployment, count: int) -> Pipeline:
    """A pipeline that sees `one`, whose file same.csv has so many newer namesakes of a hidden object."""
    for folder in ("one", *(f"hidden/{n}" for n in range(count))):
        deployment.put(f"{folder}/same.csv", b"id,value,amount\n1,v,1\n", {})
        deployment.clock.advance(1)
    while deployment.deliver_event():
        pass
    return limited_to(deployment.pipeline, frozenset({"one"}))


def test_a_file_is_found_below_many_hidden_namesakes(deployment: SimulatedDeployment) -> None:
    deployment.reconfigure(
        contracts=Contracts(
            {n: replace(c, lands_at=(f"{n}/**",)) for n, c in deployment.pipeline.ctx.contracts.items()}
        )
    )
    found = details(namesakes(deployment, NAMESAKES + 1).ctx, "same.csv")
    assert (found.run.source.key, found.others) == ("one/same.csv", [])


def test_a_hidden_key_does_not_hide_a_file_name(deployment: SimulatedDeployment) -> None:
    pipeline = namesakes(deployment, 0)
    deployment.put("same.csv", b"in no folder", {})
    while deployment.deliver_event():
        pass
    assert details(pipeline.ctx, "same.csv").run.source.key == "one/same.csv"
