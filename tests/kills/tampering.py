"""Whether the judge sees: once it has spoken, ten things are spoilt, and it must find each of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from chalicelib.domain.run import keys
from chalicelib.domain.run.model import Run, RunState
from tests.kills.files import Planted
from tests.kills.judge import Mail, violations
from tests.kills.place import Place

TABLE = "landing.transactions"


def unseen(place: Place, files: Sequence[Planted], runs: Sequence[Run], mail: Mail) -> Iterator[str]:
    """What was spoilt without the judge finding it."""
    notified = next(run for run in runs if run.run_id == mail.business[0]["run"])
    rejecting = next(run for run in runs if run.counts.rejected and run is not notified)
    # Each another one: of a run that is not heard of, nothing else is looked at.
    others = (run for run in runs if run.state is RunState.LOADED and run not in (notified, rejecting))
    untold, unheard, unbalanced, replaced, doubled = islice(others, 5)
    _spoil(place, replaced, doubled, rejecting)
    spoilt = {
        untold.run_id: replace(untold, notified=False),
        unbalanced.run_id: replace(unbalanced, counts=replace(unbalanced.counts, good=unbalanced.counts.good + 1)),
    }
    said = violations(
        place,
        files,
        [spoilt.get(run.run_id, run) for run in runs if run is not unheard],
        Mail(
            business=[letter for letter in mail.business if letter["run"] != notified.run_id],
            support=[*mail.support, mail.business[0]],
        ),
    )
    must = {
        "a run that is not finished": f"{untold.source.key}: is LOADED and not finished",
        "a file that was never heard of": f"{unheard.source.key}: 0 runs, not 1",
        "books that do not balance": f"{unbalanced.source.key}: its books do not balance",
        "a success that the business was not told": f"{notified.run_id}: the business was not told",
        "a success that support was told": f"{notified.run_id}: support was told that it is LOADED",
        "an archive with another content": f"{replaced.source.key}: it is not archived",
        "a load that is twice in the ledger": f"load {doubled.load_id} (LOADED) is in the ledger too often",
        "a reject that was told twice": f"{rejecting.source.key}: its rejects are not those planted",
        "a row that is there twice": f"{TABLE}: 1 rows are there, but should not be",
        "a row that is missing": f"{TABLE}: 1 rows are missing",
    }
    yield from (what for what, text in must.items() if not any(found.startswith(text) for found in said))


def _spoil(place: Place, replaced: Run, doubled: Run, rejecting: Run) -> None:
    """The loads, files and rows themselves."""
    place.put(replaced.archive_key, b"something else")
    place.put(f"{keys.rejects_prefix(rejecting)}again.jsonl", b'{"line": 1, "code": 0, "column": ""}\n')
    one = f"transaction_id = (select {{}}(transaction_id) from {TABLE})"
    with place.warehouse() as warehouse:
        warehouse.execute(f"insert into etl.ledger select * from etl.ledger where load_id = '{doubled.load_id}'")
        warehouse.execute(f"insert into {TABLE} select * from {TABLE} where {one.format('min')}")
        warehouse.execute(f"delete from {TABLE} where {one.format('max')}")
