"""The invariants of docs/guarantees.md as checks on a simulated world. All but the last two hold at every instant."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise, takewhile

from chalicelib.domain.model import Outcome, Run, RunState, digest
from tests.simulation.world import CONTRACTS, World

TABLE = "landing.things"
"""Of a contract whose every file has a key twice."""


def safety(world: World) -> set[str]:
    """What must hold after every single call."""
    runs = list(world.runs.runs.values())
    broken: set[str] = set()
    for run in runs:
        broken |= _status_never_ahead(world, run)
    broken |= _told_after_truth(world)
    broken |= _source_kept(world)
    broken |= _merged_once(world)
    return broken


def _status_never_ahead(world: World, run: Run) -> set[str]:
    row = world.warehouse.book.get(run.load_id)
    broken = set()
    if run.state is RunState.LOADED and (row is None or row.row.outcome is not Outcome.LOADED):
        broken.add("I6 LOADED without a ledger row")
    if run.state is RunState.LOADED and not run.counts.settled:
        broken.add("I4 LOADED with books that do not balance")
    if run.staged > run.chunks:
        broken.add("I10 a chunk counted twice")
    if run.state in (RunState.FAILED, RunState.REJECTED, RunState.CANCELLED) and row is not None:
        broken.add(f"I6 {run.state.value} with a ledger row")
    return broken


def _told_after_truth(world: World) -> set[str]:
    book = {load: booked.row.outcome for load, booked in world.warehouse.book.items()}
    broken = set()
    if any(book.get(m["load_id"]) is not Outcome.LOADED for m in world.bell.successes):
        broken.add("I7 success told of what is not in the ledger")
    if any(book.get(m["load_id"]) is Outcome.LOADED for m in world.bell.failures):
        broken.add("I7 failure told of what is loaded")
    return broken


def _source_kept(world: World) -> set[str]:
    """Every content that was not overwritten by its supplier is where it landed, or archived after its load."""
    held = {etag for key, etag in _objects(world) if key.startswith(("incoming/", "archive/"))}
    latest = {x.source.key: x.source.etag for x in world.landed}
    broken = {"I8 a source is lost" for etag in latest.values() if etag not in held}
    landed = {etag for key, etag in _objects(world) if key.startswith("incoming/")}
    loaded = {run.source.etag for run, _, _ in loads(world)}
    return broken | {"I8 deleted before it was loaded" for etag in latest.values() if etag not in landed | loaded}


def _objects(world: World) -> Iterator[tuple[str, str]]:
    """Key and content of what a reader of the bucket finds now."""
    for (_, key), versions in world.objects.objects.items():
        if versions[-1].body is not None:
            yield key, versions[-1].etag


def loads(world: World) -> Iterator[tuple[Run, int, Outcome]]:
    """Every load in the ledger, with its run and generation."""
    for run in world.runs.runs.values():
        for generation in range(1, run.generation + 1):
            if booked := world.warehouse.book.get(digest(run.run_id, str(generation))):
                yield run, generation, booked.row.outcome


def _merged_once(world: World) -> set[str]:
    """I1, I3: each target holds, per key, what the newest loaded file says; and nothing else."""
    expected: dict[str, dict[str, tuple[int, str]]] = {contract.target: {} for contract in CONTRACTS.values()}
    for run, _, outcome in loads(world):
        if outcome is Outcome.LOADED:
            age, rows = put_of(world, run)
            held = expected[CONTRACTS[run.object].target]
            for key, rest in rows.items():
                if key not in held or held[key][0] <= age:
                    held[key] = (age, rest)
    broken = set()
    for target, held in expected.items():
        found = {str(r["id"]): f"{r['value']},{r['amount']}" for r in world.warehouse.rows(target)}
        if found != {key: rest for key, (_, rest) in held.items()}:
            broken.add(f"I1/I3 {target} differs from what the ledger says was loaded")
    if len(world.warehouse.merged) != len(set(world.warehouse.merged)):
        broken.add("I1 a load was merged twice")
    return broken


def put_of(world: World, run: Run) -> tuple[int, dict[str, str]]:
    """Which put a run is about, counted, and its rows: by the sequencer, or if it was found by listing the last one."""
    found = [(n, x) for n, x in enumerate(world.landed) if x.source.etag == run.source.etag]
    told = [(n, x) for n, x in found if x.source.sequencer == run.source.sequencer]
    age, landed = (told or found)[-1]
    return age, landed.rows


def liveness(world: World, *, may_fail: bool = False) -> set[str]:
    """What must hold once faults have stopped and all has come to rest."""
    broken = set()
    runs = list(world.runs.runs.values())
    if any(not _last_puts(world, key) & {put_of(world, r)[0] for r in runs} for key in _keys(world)):
        broken.add("I5 what was put last has no run")
    failed = [r for r in runs if r.state is RunState.FAILED and not (world.dice and _killed_each_time(r))]
    if failed and not may_fail:
        broken.add(f"I9 a sound file ended FAILED: {failed[0].problem.code if failed[0].problem else ''}")
    broken |= _run_once(world)
    told = {m["load_id"] for m in (*world.bell.successes, *world.bell.failures)}
    broken |= {"I7 an outcome was never told" for r in runs if r.load_id not in told}
    broken |= {"I8 a loaded source was not archived" for r in runs if r.state is RunState.LOADED and not r.archive_key}
    if any(key.startswith("incoming/") and _loaded(world, key, etag) for key, etag in _objects(world)):
        broken.add("I8 a loaded source still lies where it landed")
    return broken


def _keys(world: World) -> set[str]:
    return {x.source.key for x in world.landed}


def _last_puts(world: World, key: str) -> set[int]:
    """The last put of a key, counted, and those before it of the same content: any of them may be its run's."""
    puts = [(n, x.source.etag) for n, x in enumerate(world.landed) if x.source.key == key]
    return {n for n, _ in takewhile(lambda put: put[1] == puts[-1][1], reversed(puts))}


def _run_once(world: World) -> set[str]:
    """A content that is put again where it is already changes nothing."""
    for key in _keys(world):
        puts = [x.source.etag for x in world.landed if x.source.key == key]
        changes = sum(new != old for old, new in pairwise(["", *puts]))
        if sum(r.source.key == key for r in world.runs.runs.values()) > changes:
            return {"I1 the same content is two runs"}
    return set()


def _killed_each_time(run: Run) -> bool:
    """One storm in thousands kills the same message's worker at every try; that is what dead letters are for."""
    return run.problem is not None and run.problem.code == "DEAD_LETTER"


def _loaded(world: World, key: str, etag: str) -> bool:
    """Whether what lies there is loaded and nothing newer took its place meanwhile (a second drop is left alone)."""
    runs = [r for r in world.runs.runs.values() if (r.source.key, r.source.etag) == (key, etag)]
    puts = [x for x in world.landed if (x.source.key, x.source.etag) == (key, etag)]
    return len(puts) == 1 and any(r.state is RunState.LOADED for r in runs)
