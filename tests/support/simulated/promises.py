"""The invariants of docs/design/guarantees.md as checks on a simulated deployment.

All but the last two hold at all times.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import pairwise, takewhile

from chalicelib.adapters.memory.warehouse import Booked
from chalicelib.domain.run.ids import digest
from chalicelib.domain.run.model import LedgerRow, Outcome, Run, RunState
from tests.simulation.corrections import rows_of
from tests.support.simulated.announced import not_as_announced
from tests.support.simulated.deployment import SimulatedDeployment
from tests.support.simulated.exports import exports_are_whole_and_never_older, exports_lag
from tests.support.simulated.source_promises import read_whole, reading

TABLE = "landing.things"
"""Of a contract whose every file has a key twice."""


@cache
def load_id(run_id: str, generation: int) -> str:
    """As the run says: a hash, wanted thousands of times."""
    return digest(run_id, str(generation))


def safety(deployment: SimulatedDeployment, where: str = "") -> set[str]:
    """What must hold after every single call; of what that call can have changed, if it is known."""
    return {broken for check in AFTER.get(where, ALWAYS) for broken in check(deployment)}


def _status_never_ahead(deployment: SimulatedDeployment) -> Iterator[str]:
    book = deployment.warehouse.book
    for run in deployment.runs.runs.values():
        row = book.get(load_id(run.run_id, run.generation))
        before, beside, rows = deployment.memory.get(run.run_id, (None, None, 0))
        if before is not run or beside is not row or rows != len(book):
            deployment.memory[run.run_id] = run, row, len(book)
            yield from _ahead(deployment, run, row)


def _ahead(deployment: SimulatedDeployment, run: Run, row: Booked | None) -> Iterator[str]:
    if run.state is RunState.LOADED and (row is None or row.row.outcome is not Outcome.LOADED):
        yield "I6 LOADED without a ledger row"
    if run.state is RunState.LOADED and not run.counts.settled:
        yield "I4 LOADED with books that do not balance"
    if run.state is RunState.LOADED and row is not None and not _as_booked(deployment, run, row.row):
        yield "I4 LOADED with books that are not those of its ledger row"
    if run.staged > run.chunks:
        yield "I10 a chunk counted twice"
    if run.state in (RunState.FAILED, RunState.REJECTED, RunState.CANCELLED) and row is not None:
        yield f"I6 {run.state.value} with a ledger row"


def _as_booked(deployment: SimulatedDeployment, run: Run, row: LedgerRow) -> bool:
    """Whether a run's books are those of its ledger row, and of the corrections that it says it knows of."""
    known = (run.counts.corrected and deployment.warehouse.books(run.load_id)) or row
    return known.corrected > run.counts.corrected or run.counts == run.counts.after(known)


def _notified_after_truth(deployment: SimulatedDeployment) -> set[str]:
    book = {load: booked.row.outcome for load, booked in deployment.warehouse.book.items()}
    broken = set()
    if any(book.get(m["load_id"]) is not Outcome.LOADED for m in deployment.notifier.successes):
        broken.add("I7 success notified of what is not in the ledger")
    if any(book.get(m.get("load_id", "")) is Outcome.LOADED for m in deployment.notifier.failures):
        broken.add("I7 failure notified of what is loaded")
    return broken


def _source_kept(deployment: SimulatedDeployment) -> set[str]:
    """Every content that was not overwritten by its supplier is where it landed, or archived after its load."""
    there = dict(_objects(deployment))
    sent = [run.source for run in deployment.runs.runs.values() if run.corrects]
    broken = {"I8 corrected rows are lost" for source in sent if there.get(source.key) != source.etag}
    latest = {x.source.key: x.source.etag for x in deployment.landed}
    landed = {etag for key, etag in there.items() if key.startswith("incoming/")}
    if moved := set(latest.values()) - landed:
        if moved - {etag for key, etag in there.items() if key.startswith("archive/")}:
            broken.add("I8 a source is lost")
        if moved - {run.source.etag for _, run, _ in loads(deployment)}:
            broken.add("I8 deleted before it was loaded")
    return broken


def _objects(deployment: SimulatedDeployment) -> Iterator[tuple[str, str]]:
    """Key and content of what a reader of the bucket finds now."""
    for (_, key), versions in deployment.objects.objects.items():
        if versions[-1].body is not None:
            yield key, versions[-1].etag


def loads(deployment: SimulatedDeployment) -> Iterator[tuple[str, Run, Outcome]]:
    """Every load in the ledger, by its id, with its run."""
    for run in deployment.runs.runs.values():
        for generation in range(1, run.generation + 1):
            load = load_id(run.run_id, generation)
            if booked := deployment.warehouse.book.get(load):
                yield load, run, booked.row.outcome


def _merged_once(deployment: SimulatedDeployment) -> set[str]:
    """I1, I3: each target holds, per key, what the newest loaded file says; and nothing else. Of fixes the first."""
    contracts = deployment.pipeline.ctx.contracts
    expected: dict[str, dict[str, tuple[Age, str]]] = {contract.target: {} for contract in contracts.values()}
    corrected: set[tuple[str, str]] = set()
    accepted = {load: run for load, run, outcome in loads(deployment) if outcome is Outcome.LOADED}
    merged = dict.fromkeys(deployment.warehouse.merged)
    for run in [accepted[load] for load in merged if load in accepted]:
        put, rows = put_of(deployment, run)
        contract = contracts[run.object]
        held = expected[contract.target]
        for key, rest in rows.items():
            age = (int(rest.rpartition(",")[2]) if contract.order_by else 0), put
            row = run.corrects.load_id if run.corrects else "", key
            if (key not in held or held[key][0] <= age) and row not in corrected:
                held[key] = (age, rest)
            corrected |= {row} if run.corrects else set()
    broken = {"I1/I3 the ledger has what was never merged"} if accepted.keys() - merged.keys() else set()
    for target, held in expected.items():
        found = {str(r["id"]): f"{r['value']},{r['amount']}" for r in deployment.warehouse.rows(target)}
        if found != {key: rest for key, (_, rest) in held.items()}:
            broken.add(f"I1/I3 {target} differs from what the ledger says was loaded")
    if len(deployment.warehouse.merged) != len(merged):
        broken.add("I1 a load was merged twice")
    return broken


Age = tuple[int, int]
"""What the contract orders rows by, if anything, and then the put."""
Check = Callable[[SimulatedDeployment], Iterable[str]]
ALWAYS: tuple[Check, ...] = (
    _status_never_ahead,
    _notified_after_truth,
    _source_kept,
    _merged_once,
    exports_are_whole_and_never_older,
    reading,
)
AFTER: dict[str, tuple[Check, ...]] = {
    **dict.fromkeys(("runs.change", "chunks.finish", "chunks.reopen"), (_status_never_ahead,)),
    "runs.create": (_status_never_ahead, _source_kept),
    **dict.fromkeys(("objects.upload", "objects.delete"), (_source_kept,)),
    **dict.fromkeys(("objects.put", "objects.copy"), (_source_kept, exports_are_whole_and_never_older)),
    "bookmarks.move": (reading,),
    **dict.fromkeys(("notifier.success", "notifier.failure"), (_notified_after_truth,)),
    **dict.fromkeys(
        ("load_queue.enqueue", "load_queue.remove", "load_queue.claim", "load_queue.change", "load_queue.release"), ()
    ),
    **dict.fromkeys(("queue.send_run", "queue.send_runs", "queue.send_chunks", "chunks.begin"), ()),
}
"""What a call can have changed that one of these looks at. Else, people and the warehouse among it, any of them."""


def put_of(deployment: SimulatedDeployment, run: Run) -> tuple[int, dict[str, str]]:
    """Which put a run is about, counted, and its rows: of those with its content the last one before what it read.

    Before it read anything, its event's sequencer tells. -1 if nobody put it. Corrected rows are as old as their file.
    """
    if run.corrects:
        return put_of(deployment, deployment.runs.runs[run.corrects.run_id])[0], rows_of(deployment, run)
    place = run.source.key, run.source.etag
    found = [(n, x) for n, x in enumerate(deployment.landed) if (x.source.key, x.source.etag) == place]
    notified = [(n, x) for n, x in found if x.source.sequencer == run.source.sequencer]
    read = [(n, x) for n, x in found if x.source.last_modified <= run.source.last_modified]
    if not found:
        return -1, {}
    age, landed = (read or notified or found)[-1]
    return age, landed.rows


def _overwritten_and_archived(deployment: SimulatedDeployment, run: Run) -> bool:
    """Whether its file was gone because a repeat of a loaded file had replaced it, and was archived as that one."""
    age, _ = put_of(deployment, run)
    later = {x.source.etag for x in deployment.landed[age + 1 :] if x.source.key == run.source.key}
    archived = {
        r.source.etag for r in deployment.runs.runs.values() if r.source.key == run.source.key and r.archive_key
    }
    return run.problem is not None and run.problem.code == "SOURCE_GONE" and bool(later & archived)


def _refused_or_lost(deployment: SimulatedDeployment, run: Run) -> bool:
    """Whether the warehouse takes none of its rows, and faults ended the last load that it was allowed."""
    _, rows = put_of(deployment, run)
    return not rows and run.problem is not None and run.problem.code == "LOAD_FAILED"


def liveness(deployment: SimulatedDeployment, *, may_fail: bool = False) -> set[str]:
    """What must hold once faults have stopped and all has come to rest."""
    broken = set()
    runs = list(deployment.runs.runs.values())
    if any(put_of(deployment, run)[0] < 0 for run in runs):
        broken.add("I5 a run is about what nobody put")
    if not all(_last_put_has_run(deployment, key, runs) for key in _keys(deployment)):
        broken.add("I5 what was put last has no run")
    failed = [r for r in runs if r.state is RunState.FAILED and not _killed_each_time(deployment, r)]
    failed = [r for r in failed if not _overwritten_and_archived(deployment, r) and not _refused_or_lost(deployment, r)]
    if failed and not may_fail:
        broken.add(f"I9 a sound file ended FAILED: {failed[0].problem.code if failed[0].problem else ''}")
    broken |= _run_once(deployment)
    broken |= _books_follow(runs, deployment)
    broken |= read_whole(deployment)
    broken |= set(not_as_announced(deployment.objects, runs)) | set(exports_lag(deployment))
    notified = {m.get("load_id", "") for m in (*deployment.notifier.successes, *deployment.notifier.failures)}
    broken |= {"I7 an outcome was never notified" for r in runs if r.load_id not in notified}
    broken |= {"I8 a loaded source was not archived" for r in runs if r.state is RunState.LOADED and not r.followed_up}
    if any(key.startswith("incoming/") and _loaded(deployment, key, etag) for key, etag in _objects(deployment)):
        broken.add("I8 a loaded source still lies where it landed")
    return broken


def _books_follow(runs: list[Run], deployment: SimulatedDeployment) -> set[str]:
    """I4: what was corrected of a file's rejects is in the file's own books."""
    files = [r for r in runs if r.state is RunState.LOADED and r.corrects is None]
    books = [(run, deployment.warehouse.books(run.load_id)) for run in files]
    return {"I4 a file's books lag" for run, row in books if row is None or run.counts != run.counts.after(row)}


def _keys(deployment: SimulatedDeployment) -> set[str]:
    return {x.source.key for x in deployment.landed}


def _last_put_has_run(deployment: SimulatedDeployment, key: str, runs: list[Run]) -> bool:
    """Whether a run is about it, or was still at work on the same content when it was put over what that run read."""
    if _last_puts(deployment, key) & {put_of(deployment, run)[0] for run in runs}:
        return True
    last = [x.source for x in deployment.landed if x.source.key == key][-1]
    same = [run for run in runs if (run.source.key, run.source.etag) == (key, last.etag)]
    return any(run.updated_at >= last.last_modified for run in same)


def _last_puts(deployment: SimulatedDeployment, key: str) -> set[int]:
    """The last put of a key, counted, and those before it of the same content: any of them may be its run's."""
    puts = [(n, x.source.etag) for n, x in enumerate(deployment.landed) if x.source.key == key]
    return {n for n, _ in takewhile(lambda put: put[1] == puts[-1][1], reversed(puts))}


def _run_once(deployment: SimulatedDeployment) -> set[str]:
    """A content that is put again where it is already changes nothing.

    In a bucket with versions each put may have its run: an old version shows again once the newer one is archived.
    """
    for key in _keys(deployment):
        puts = [x.source.etag for x in deployment.landed if x.source.key == key]
        changes = len(puts) if deployment.versioned else sum(new != old for old, new in pairwise(["", *puts]))
        if sum(r.source.key == key for r in deployment.runs.runs.values()) > changes:
            return {"I1 the same content is two runs"}
    return set()


def _killed_each_time(deployment: SimulatedDeployment, run: Run) -> bool:
    """One storm in thousands kills the same message's worker at every try; that is what dead letters are for.

    A throttled message is none of them.
    """
    dead = run.problem is not None and run.problem.code == "DEAD_LETTER"
    return bool(deployment.dice) and dead and run.run_id in deployment.killed


def _loaded(deployment: SimulatedDeployment, key: str, etag: str) -> bool:
    """Whether what lies there is loaded and nothing newer took its place meanwhile (a second drop is left alone)."""
    runs = [r for r in deployment.runs.runs.values() if (r.source.key, r.source.etag) == (key, etag)]
    puts = [x for x in deployment.landed if (x.source.key, x.source.etag) == (key, etag)]
    return len(puts) == 1 and any(r.state is RunState.LOADED for r in runs)
