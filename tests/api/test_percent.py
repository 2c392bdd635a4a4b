"""Progress only grows, and is complete only when the outcome is known: whatever the deployment does meanwhile."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.api import run_progress, views
from chalicelib.domain.run.model import Chunk, ChunkState, Counts, Run, RunState, SourceObject
from chalicelib.operations.lookup import RunDetails
from tests.support.simulated.deployment import SimulatedDeployment
from tests.support.simulated.faults import Schedule

SOURCE = SourceObject(bucket="landing", key="incoming/thing/a.csv", etag="e", size=1000)
RUN = Run(run_id="0" * 32, object="thing", source=SOURCE, state=RunState.ARRIVED, arrived_at=0.0, updated_at=0.0)


class Watch:
    """Looks at every run after every call the pipeline makes, as somebody would who polls the API very fast."""

    def __init__(self) -> None:
        self.seen: dict[tuple[str, int], float] = {}
        self.reopened = 0

    def __call__(self, deployment: SimulatedDeployment, where: str) -> set[str]:
        return {fault for run in deployment.runs.runs.values() for fault in self.look(deployment, run)}

    def look(self, deployment: SimulatedDeployment, run: Run) -> set[str]:
        chunks = deployment.chunks.of_run(run.run_id, run.generation)
        now = run_progress.percent(run, chunks)
        before = self.seen.get((run.run_id, run.generation), 0.0)
        self.seen[run.run_id, run.generation] = now
        self.reopened += run_progress.staged_once(chunks) > sum(c.state is ChunkState.STAGED for c in chunks)
        faults = {f"percent fell from {before} to {now}"} if now < before else set()
        if (now == 100.0) != run.state.terminal:
            faults.add(f"{now} % in {run.state.value}")
        return faults


def misleading(dice: random.Random) -> bytes:
    """A file with quoted fields that hold what looks like record ends, for longer than a chunk: cuts go wrong."""
    fields = ("plain", '"' + "\n" * dice.randrange(300) + '"', '"' + '""\n""' * dice.randrange(1, 30) + '"')
    rows = (f"k{number},{dice.choice(fields)},{number}\n" for number in range(dice.randrange(2, 8)))
    return ("id,value,amount\n" + "".join(rows)).encode()


@pytest.mark.parametrize("seed", range(30))
def test_percent_never_falls_in_a_storm(seed: int) -> None:
    dice = random.Random(seed)
    watch = Watch()
    deployment = SimulatedDeployment(schedule=Schedule(chance=0.05, dice=dice), dice=dice, check=watch)
    for name in ("a", "b"):
        deployment.put(f"incoming/thing/{name}.csv", misleading(dice), {})
    deployment.settle()
    assert not {v for v in deployment.violations if "percent" in v or "%" in v}
    assert set(watch.seen.values()) == {100.0}


def test_chunks_that_were_staged_from_a_wrong_start_still_count() -> None:
    """The storms above meet what they are about."""
    reopened = 0
    for seed in range(10):
        watch = Watch()
        deployment = SimulatedDeployment(check=watch)
        deployment.put("incoming/thing/a.csv", misleading(random.Random(seed)), {})
        deployment.settle()
        assert not deployment.violations
        reopened += watch.reopened
    assert reopened


# ---- the view alone ------------------------------------------------------------------------------------------------


@st.composite
def lives(draw: st.DrawFn) -> list[tuple[Run, list[Chunk]]]:
    """What a reader may see of a run, moment by moment: chunks staged in any order, then reopened left to right."""
    total = draw(st.integers(1, 8))
    chunks = [
        Chunk(run_id=RUN.run_id, generation=1, number=n + 1, start=n * 10, stop=n * 10 + 10) for n in range(total)
    ]
    records: dict[int, Chunk] = {}
    staging = replace(RUN, state=RunState.STAGING, chunks=total)
    seen = [(RUN, []), (staging, [])]

    def put(chunk: Chunk) -> None:
        records[chunk.number] = chunk
        seen.append((staging, list(records.values())))

    def stage(chunk: Chunk) -> None:
        for attempt in range(1, draw(st.integers(2, 4))):
            put(replace(chunk, state=ChunkState.STAGING, attempts=attempt))
        put(replace(chunk, state=ChunkState.STAGED, end=chunk.stop))

    for chunk in draw(st.permutations(chunks)):
        stage(chunk)
    for number in sorted(draw(st.sets(st.integers(2, total)))) if total > 1 else ():
        moved = replace(chunks[number - 1], start=chunks[number - 1].start + draw(st.integers(1, 9)))
        put(moved)
        stage(moved)
    last = list(records.values())
    for state in (RunState.STAGED, RunState.LOADING, draw(st.sampled_from([s for s in RunState if s.terminal]))):
        seen.append((replace(staging, state=state), last))
    return seen


@given(lives())
def test_percent_only_grows(life: list[tuple[Run, list[Chunk]]]) -> None:
    shown = [run_progress.percent(run, chunks) for run, chunks in life]
    assert shown == sorted(shown)
    assert shown[-1] == 100.0 > shown[-2]


@given(lives(), st.floats(allow_nan=False, allow_infinity=False), st.integers())
def test_a_status_can_always_be_shown(life: list[tuple[Run, list[Chunk]]], now: float, seed: int) -> None:
    """Also with clocks that go backwards, and moments in any order."""
    dice = random.Random(seed)
    for run, chunks in life:
        moments = {state.value: dice.uniform(-1e9, 1e12) for state in RunState if dice.random() < 0.5}
        shown = views.status(
            RunDetails(
                run=replace(run, moments=moments, counts=Counts(read=5, good=5)), chunks=chunks, others=(), now=now
            )
        )
        assert all(seconds >= 0 for seconds in shown["seconds"].values())
        states = shown["chunks"]
        assert states["pending"] + states["staging"] + states["staged"] == states["total"]
