"""What must hold once all has come to rest: every violation is a sentence.

The oracle is plain SQL over the rows that were planted: of all good rows with one key the newest is in the target.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.domain.run.model import Run, RunState
from chalicelib.domain.run.notices import SOURCE_FAILED
from tests.kills import sources
from tests.kills.files import HEADERS, ORDER, TARGETS, Planted
from tests.kills.site import Site
from tests.sources.stack_world import StackWorld

Judgement = Iterator[str]
NO_SECRET = "ResourceNotFoundException"
"""The clock of sources begins a moment before their secrets are there."""


@dataclass(frozen=True, kw_only=True)
class Mail:
    """What was published, doubles included."""

    business: list[dict[str, Any]]
    support: list[dict[str, Any]]


def violations(
    site: Site, files: Sequence[Planted], worlds: Sequence[StackWorld], runs: Sequence[Run], mail: Mail
) -> list[str]:
    """Everything that is not as promised."""
    by_key, objects = {file.key: file for file in files}, {world.name for world in worlds}
    found = [run for run in runs if run.source.key in by_key]
    fetched = [run for run in runs if run.object in objects]
    notified = Counter(run.source.key for run in found)
    broken = [
        f"{run.source.key}: nobody put it" for run in runs if run.source.key not in by_key and run.object not in objects
    ]
    broken += [f"{key}: {notified[key]} runs, not 1" for key in by_key if notified[key] != 1]
    for run in found:
        broken += [f"{run.source.key}: {text}" for text in _of_run(site, run, by_key[run.source.key])]
    broken += sources.violations(site, worlds, fetched)
    broken += _mail(mail, [*found, *fetched])
    with site.warehouse() as warehouse:
        broken += _ledger(warehouse, [*found, *fetched])
        for name in TARGETS:
            broken += _rows(warehouse, name, [file for file in files if file.object == name and file.loaded])
    return broken


def _of_run(site: Site, run: Run, file: Planted) -> Judgement:
    if not run.finished:
        yield f"is {run.state.value} and not finished"
    if run.state.value not in file.ends:
        yield f"ended {run.state.value}, not {' or '.join(file.ends)}: {run.problem}"
    if file.code and (run.problem is None or run.problem.code != file.code):
        yield f"its problem is not {file.code}, but {run.problem}"
    said = (run.counts.read, run.counts.rejected)
    if file.read and said != (file.read, len(file.bad)):
        yield f"{said} rows read and rejected, but {file.read} and {len(file.bad)} were planted"
    if file.loaded and not (run.counts.settled and run.counts.good == len(file.good)):
        yield f"its books do not balance: {run.counts}"
    rejects = [(r["line"], r["code"], r["column"]) for r in site.rejects(run)]
    if set(rejects) != file.bad or len(rejects) != len(file.bad):
        yield f"its rejects are not those planted: {sorted(set(rejects) ^ file.bad)[:3]}, {len(rejects)} in all"
    here, there = site.body(file.key), site.body(run.archive_key) if run.archive_key else None
    if run.state is RunState.LOADED and (here, there) != (None, file.body):
        yield f"it is not archived: it lies {'still' if here else 'no more'} where it landed, {run.archive_key!r}"
    if run.state is not RunState.LOADED and here != file.body:
        yield "it does not lie any more where it landed"


def _mail(mail: Mail, runs: Sequence[Run]) -> Judgement:
    """Success to the business only, all else to support only, each at least once."""
    for letter in mail.support:
        if letter["state"] == SOURCE_FAILED and NO_SECRET not in letter["problem"]["message"]:
            yield f"{letter['object']}: support was notified that it cannot be read: {letter['problem']}"
    about_runs = [letter for letter in mail.support if letter["state"] != SOURCE_FAILED]
    for who, letters, good in (("the business", mail.business, True), ("support", about_runs, False)):
        notified = {(letter["run"], letter["state"]) for letter in letters}
        due = {(run.run_id, run.state.value) for run in runs if (run.state is RunState.LOADED) is good}
        yield from (f"{run_id}: {who} was not notified that it is {state}" for run_id, state in sorted(due - notified))
        yield from (f"{run_id}: {who} was notified that it is {state}" for run_id, state in sorted(notified - due))


def _ledger(warehouse: Any, runs: Sequence[Run]) -> Judgement:
    rows = warehouse.execute("select load_id, outcome from etl.ledger").fetchall()
    due = Counter((r.load_id, r.state.value) for r in runs if r.state is RunState.LOADED)
    due += Counter((r.load_id, "SUPERSEDED") for r in runs if r.state is RunState.SUPERSEDED)
    for what, differing in (
        ("not in the ledger", due - Counter(rows)),
        ("in the ledger too often", Counter(rows) - due),
    ):
        yield from (f"load {load_id} ({outcome}) is {what}" for load_id, outcome in differing)
    [(unbalanced,)] = warehouse.execute("select count(*) from etl.books where balanced <> 1").fetchall()
    if unbalanced:
        yield f"{unbalanced} loads do not balance in the ledger"


def _rows(warehouse: Any, object: str, files: Sequence[Planted]) -> Judgement:
    """The target beside the oracle, both ways, doubles included."""
    columns, target = HEADERS[object], TARGETS[object]
    key = columns.split(",")[0]
    with warehouse.transaction():
        warehouse.execute(f"create temp table planted as select {columns} from {target} limit 0")
        warehouse.execute("alter table planted add column age int, add column line int")
        with warehouse.cursor().copy(f"copy planted ({columns}, age, line) from stdin (format csv)") as copy:
            for file in files:
                copy.write("".join(",".join([*row, str(file.number), str(line)]) + "\n" for line, row in file.good))
        newest = ", ".join(f"{name} desc" for name in ORDER[object].split(", "))
        warehouse.execute(
            f"create temp table oracle as select distinct on ({key}) {columns} from planted order by {key}, {newest}"
        )
        for what, one, other in (("missing", "oracle", target), ("there, but should not be", target, "oracle")):
            query = f"select {columns} from {one} except all select {columns} from {other}"
            [(count,)] = warehouse.execute(f"select count(*) from ({query}) differing").fetchall()
            if count:
                examples = [row[0] for row in warehouse.execute(f"{query} limit 3").fetchall()]
                yield f"{target}: {count} rows are {what}, such as {examples}"
        warehouse.execute("drop table planted, oracle")


def rows_planted(files: Sequence[Planted]) -> int:
    """Good rows and bad ones."""
    return sum(file.read for file in files)


def states(runs: Sequence[Run]) -> Mapping[str, int]:
    """How many runs ended how."""
    return Counter(run.state.value for run in runs)
