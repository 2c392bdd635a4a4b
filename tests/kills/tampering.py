"""Whether the judge sees: once it has spoken, eleven things are spoilt, and it must find each of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from chalicelib.domain.run import keys
from chalicelib.domain.run.model import Run, RunState
from tests.kills.files import Planted
from tests.kills.judge import Mail, violations
from tests.kills.site import Site
from tests.sources.stack_world import StackWorld

TABLE = "landing.transactions"


def unseen(
    site: Site, files: Sequence[Planted], worlds: Sequence[StackWorld], runs: Sequence[Run], mail: Mail
) -> Iterator[str]:
    """What was spoilt without the judge finding it."""
    notified = next(run for run in runs if run.run_id == mail.business[0]["run"])
    rejecting = next(run for run in runs if run.counts.rejected and run is not notified)
    # Each another one: of a file without a run, nothing else is looked at.
    landed = [run for run in runs if any(file.key == run.source.key for file in files)]
    others = (run for run in landed if run.state is RunState.LOADED and run not in (notified, rejecting))
    unnotified, runless, unbalanced, replaced, doubled = islice(others, 5)
    _spoil(site, replaced, doubled, rejecting)
    with site.warehouse() as warehouse:
        warehouse.execute(f"delete from {worlds[0].target} where id = 'r0'")
    spoilt = {
        unnotified.run_id: replace(unnotified, notified=False),
        unbalanced.run_id: replace(unbalanced, counts=replace(unbalanced.counts, good=unbalanced.counts.good + 1)),
    }
    said = violations(
        site,
        files,
        worlds,
        [spoilt.get(run.run_id, run) for run in runs if run is not runless],
        Mail(
            business=[letter for letter in mail.business if letter["run"] != notified.run_id],
            support=[*mail.support, mail.business[0]],
        ),
    )
    must = {
        "a run that is not finished": f"{unnotified.source.key}: is LOADED and not finished",
        "a file that has no run": f"{runless.source.key}: 0 runs, not 1",
        "books that do not balance": f"{unbalanced.source.key}: its books do not balance",
        "a success of which the business was not notified": f"{notified.run_id}: the business was not notified",
        "a success of which support was notified": f"{notified.run_id}: support was notified that it is LOADED",
        "an archive with another content": f"{replaced.source.key}: it is not archived",
        "a load that is twice in the ledger": f"load {doubled.load_id} (LOADED) is in the ledger too often",
        "a reject that is listed twice": f"{rejecting.source.key}: its rejects are not those planted",
        "a row that is there twice": f"{TABLE}: 1 rows are there, but should not be",
        "a row that is missing": f"{TABLE}: 1 rows are missing",
        "a row of a source that is missing": f"{worlds[0].target}: 1 rows are missing",
    }
    yield from (what for what, text in must.items() if not any(found.startswith(text) for found in said))


def _spoil(site: Site, replaced: Run, doubled: Run, rejecting: Run) -> None:
    """The loads, files and rows themselves."""
    site.put(replaced.archive_key, b"something else")
    site.put(f"{keys.rejects_prefix(rejecting)}again.jsonl", b'{"line": 1, "code": 0, "column": ""}\n')
    one = f"transaction_id = (select {{}}(transaction_id) from {TABLE})"
    with site.warehouse() as warehouse:
        warehouse.execute(f"insert into etl.ledger select * from etl.ledger where load_id = '{doubled.load_id}'")
        warehouse.execute(f"insert into {TABLE} select * from {TABLE} where {one.format('min')}")
        warehouse.execute(f"delete from {TABLE} where {one.format('max')}")
