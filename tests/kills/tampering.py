"""Whether the judge sees: once it has found all well, one thing after the other is spoilt, and it must say so."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from chalicelib.domain import keys
from chalicelib.domain.model import Run, RunState
from tests.kills.files import Planted
from tests.kills.judge import Mail, violations
from tests.kills.place import Place

ONE = "transaction_id = (select min(transaction_id) from landing.transactions)"


def unseen(place: Place, files: Sequence[Planted], runs: Sequence[Run], mail: Mail) -> Iterator[str]:
    """What was spoilt without the judge saying anything new."""
    seen = set(violations(place, files, runs, mail))
    loaded = next(run for run in runs if run.state is RunState.LOADED)
    worse = {
        "a run that is not finished": lambda: [replace(run, told=False) for run in runs],
        "a file that was never heard of": lambda: runs[1:],
        "books that do not balance": lambda: [replace(r, counts=replace(r.counts, good=1)) for r in runs],
    }
    for what, spoilt in worse.items():
        if not set(violations(place, files, spoilt(), mail)) - seen:
            yield what
    quiet = replace(mail, business=mail.business[1:], support=[*mail.support, *mail.business[:1]])
    if len(set(violations(place, files, runs, quiet)) - seen) < 2:
        yield "a success that support was told, and the business was not"
    for what, spoil in _deeds(place, loaded, runs).items():
        spoil()
        found = set(violations(place, files, runs, mail))
        if not found - seen:
            yield what
        seen = found


def _deeds(place: Place, loaded: Run, runs: Sequence[Run]) -> dict[str, Callable[[], None]]:
    def sql(text: str) -> Callable[[], None]:
        def run_it() -> None:
            with place.warehouse() as warehouse:
                warehouse.execute(text)

        return run_it

    archived = Planted(number=0, kind="", key=loaded.archive_key, body=b"something else")
    rejecting = next((run for run in runs if run.counts.rejected), loaded)
    return {
        "a row twice": sql(f"insert into landing.transactions select * from landing.transactions where {ONE}"),
        "a row that is missing": sql(f"delete from landing.transactions where {ONE}"),
        "a value that is not the newest": sql("update landing.users set full_name = 'x' where user_id = 'U0001'"),
        "a load that is twice in the ledger": sql(
            f"insert into etl.ledger select * from etl.ledger where load_id = '{loaded.load_id}'"
        ),
        "an archive with another content": lambda: place.put(archived.key, archived.body),
        "a reject that was told twice": lambda: place.put(
            f"{keys.rejects_prefix(rejecting)}again.jsonl", b'{"line": 1, "code": 0, "column": ""}\n'
        ),
    }
