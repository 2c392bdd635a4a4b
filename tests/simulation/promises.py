"""The invariants of docs/guarantees.md as checks on a simulated world. All but the last two hold at every instant."""

from __future__ import annotations

from chalicelib.domain.model import Outcome, Run, RunState
from tests.simulation.world import World

TABLE = "landing.things"


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
    if run.state in (RunState.FAILED, RunState.REJECTED) and row is not None:
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
    held = {v[-1].etag for (_, key), v in world.objects.objects.items() if key.startswith(("incoming/", "archive/"))}
    latest = {x.source.key: x.source.etag for x in world.landed}
    broken = {"I8 a source is lost" for etag in latest.values() if etag not in held}
    loaded = {b.etag for b in (r.source for r in world.runs.runs.values()) if _in_ledger(world, b.etag)}
    landed = {v[-1].etag for (_, key), v in world.objects.objects.items() if key.startswith("incoming/")}
    broken |= {"I8 deleted before it was loaded" for etag in latest.values() if etag not in landed | loaded}
    return broken


def _in_ledger(world: World, etag: str) -> bool:
    return any(r.source.etag == etag and r.load_id in world.warehouse.book for r in world.runs.runs.values())


def _merged_once(world: World) -> set[str]:
    """I1, I3: the target holds, per key, what the newest file in the ledger says; and nothing else."""
    told = {x.source.etag: x.rows for x in world.landed}
    expected: dict[str, tuple[str, str]] = {}
    for run in world.runs.runs.values():
        booked = world.warehouse.book.get(run.load_id)
        if booked and booked.row.outcome is Outcome.LOADED:
            for key, rest in told[run.source.etag].items():
                if key not in expected or expected[key][0] <= booked.source_order:
                    expected[key] = (booked.source_order, rest)
    found = {str(r["id"]): f"{r['value']},{r['amount']}" for r in world.warehouse.rows(TABLE)}
    wanted = {key: rest for key, (_, rest) in expected.items()}
    return set() if found == wanted else {"I1/I3 the target differs from what the ledger says was loaded"}


def liveness(world: World, *, may_fail: bool = False) -> set[str]:
    """What must hold once faults have stopped and all has come to rest."""
    broken = set()
    runs = list(world.runs.runs.values())
    known = {(r.source.key, r.source.etag) for r in runs}
    for landed in {x.source.key: x for x in world.landed}.values():
        if (landed.source.key, landed.source.etag) not in known:
            broken.add("I5 a landed file has no run")
    failed = [r for r in runs if r.state is RunState.FAILED and not (world.dice and _killed_each_time(r))]
    if failed and not may_fail:
        broken.add(f"I9 a sound file ended FAILED: {failed[0].problem.code if failed[0].problem else ''}")
    told = {m["load_id"] for m in (*world.bell.successes, *world.bell.failures)}
    broken |= {"I7 an outcome was never told" for r in runs if r.load_id not in told}
    broken |= {"I8 a loaded source was not archived" for r in runs if r.state is RunState.LOADED and not r.archive_key}
    if any(key.startswith("incoming/") and _loaded(world, v[-1].etag) for (_, key), v in world.objects.objects.items()):
        broken.add("I8 a loaded source still lies where it landed")
    return broken


def _killed_each_time(run: Run) -> bool:
    """One storm in thousands kills the same message's worker at every try; that is what dead letters are for."""
    return run.problem is not None and run.problem.code == "DEAD_LETTER"


def _loaded(world: World, etag: str) -> bool:
    return any(r.source.etag == etag and r.state is RunState.LOADED for r in world.runs.runs.values())
