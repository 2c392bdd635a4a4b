"""Any sequence of calls, also nonsense ones, leaves the run store in memory and the one on DynamoDB alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.adapters.memory import MemoryClock
from chalicelib.domain.run.model import Chunk, ChunkTask, Counts, Run, RunState, SourceObject
from chalicelib.errors import Broken
from chalicelib.ports import Conflict
from tests.adapters.conftest import Stores, dynamo_stores, memory_stores

IDS = ("r1", "r2")
SEQUENCERS = ("", "0A", "0B")
STATES = (RunState.STAGING, RunState.STAGED, RunState.FAILED, RunState.ARRIVED, RunState.LOADED)
ACT = st.one_of(
    st.tuples(st.just("create"), st.sampled_from(IDS), st.sampled_from(SEQUENCERS), st.booleans()),
    st.tuples(st.just("change"), st.sampled_from(IDS), st.sampled_from(STATES), st.integers(0, 2)),
    st.tuples(st.just("rerun"), st.sampled_from(IDS)),
    st.tuples(st.just("begin"), st.sampled_from(IDS), st.integers(1, 2), st.sampled_from([0, 5])),
    st.tuples(st.just("finish"), st.sampled_from(IDS), st.integers(1, 2), st.sampled_from([0, 5]), st.integers(1, 2)),
    st.tuples(st.just("reopen"), st.sampled_from(IDS), st.integers(1, 2), st.sampled_from([0, 5])),
)


def a_run(run_id: str, sequencer: str, now: float) -> Run:
    source = SourceObject(bucket="b", key="k/a.csv", etag=run_id, size=9, sequencer=sequencer)
    return Run(run_id=run_id, object="o", source=source, state=RunState.ARRIVED, arrived_at=now, updated_at=now)


def rerun(stores: Stores, run: Run) -> object:
    wiped = {"counts": Counts(), "staged": 0, "bytes_staged": 0, "notified": False, "moments": {}}
    return stores.runs.change(run, state=RunState.ARRIVED, generation=run.generation + 1, **wiped)


def begin(stores: Stores, run: Run, number: int, start: int) -> object:
    task = ChunkTask(run_id=run.run_id, generation=run.generation, number=number, start=start, stop=9)
    return stores.chunks.begin(task)


def finish(stores: Stores, run: Run, number: int, start: int, good: int) -> object:
    base = Chunk(run_id=run.run_id, generation=run.generation, number=number, start=start, stop=9)
    return stores.chunks.finish(replace(base, end=9, read=good, good=good, seconds=0.5))


def reopen(stores: Stores, run: Run, number: int, start: int) -> object:
    known = {c.number: c for c in stores.chunks.of_run(run.run_id, run.generation)}
    empty = Chunk(run_id=run.run_id, generation=run.generation, number=number, start=0, stop=9)
    return stores.chunks.reopen(known.get(number, empty), start)


def change(stores: Stores, run: Run, state: RunState, load_attempt: int) -> object:
    decided_on = replace(run, load_attempt=load_attempt)
    return stores.runs.change(decided_on, state=state, notified=state is RunState.FAILED, chunks=3)


CALLS: dict[str, Callable[..., object]] = {
    "change": change,
    "rerun": rerun,
    "begin": begin,
    "finish": finish,
    "reopen": reopen,
}


def perform(stores: Stores, act: tuple[Any, ...], now: float) -> object:
    """What a call gives, or the name of its error."""
    name, run_id, *more = act
    try:
        if name == "create":
            sequencer, up_to_date = more
            seen = stores.runs.newest("b", "k/a.csv") if up_to_date else None
            return stores.runs.create(a_run(run_id, sequencer, now), seen)
        return CALLS[name](stores, stores.runs.get(run_id) or a_run(run_id, "", now), *more)
    except (Conflict, Broken) as error:
        return type(error).__name__


def everything(stores: Stores, now: float) -> object:
    """All that can be asked of a run store."""
    found = [stores.runs.get(run_id) for run_id in IDS]
    return (
        found,
        [stores.chunks.of_run(run_id, generation) for run_id in IDS for generation in (1, 2, 3)],
        stores.runs.newest("b", "k/a.csv"),
        list(stores.search.unfinished(now + 1)),
        stores.search.page(object="o").runs,
        list(stores.search.by_name("a.csv")),
        [sum(c.read for c in stores.chunks.of_run(r.run_id, r.generation)) == r.counts.read for r in found if r],
    )


@settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(ACT, min_size=1, max_size=14))
def test_run_stores_agree(aws: Callable[[str], Any], acts: list[tuple[Any, ...]]) -> None:
    clock = MemoryClock()
    both = (memory_stores(clock), dynamo_stores(aws("dynamodb"), clock))
    seeded = [("create", "r1", "0A", True), ("change", "r1", RunState.STAGING, 0), *acts]
    for act in seeded:
        clock.advance(1)
        memory, dynamo = (perform(stores, act, clock.now()) for stores in both)
        assert memory == dynamo, act
    memory, dynamo = (everything(stores, clock.now()) for stores in both)
    assert memory == dynamo
