"""Objects whose file has not arrived by the time that their contract expects it."""

from __future__ import annotations

from collections.abc import Iterator

from chalicelib.domain.file.undelivered import is_undelivered
from chalicelib.domain.run.model import Run
from chalicelib.pipeline.context import Context


def overdue(ctx: Context) -> dict[str, bool]:
    """Return whether each object with a deadline is overdue: no file arrived that counts for the last deadline.

    The outcome of the file does not matter: a rejected file did arrive. Raises Retryable.
    """
    now = ctx.clock.now()
    expected = {name: contract.expected for name, contract in ctx.contracts.items() if contract.expected}
    return {name: not _came(ctx, name, deadline.counts_from(now)) for name, deadline in expected.items()}


def _came(ctx: Context, name: str, since: float) -> bool:
    """Return whether a file came. Corrected rows are none, nor are records that were not delivered."""
    contract, runs = ctx.contracts[name], _runs(ctx, name, since)
    return any(run.corrects is None and not is_undelivered(contract, run.source.key) for run in runs)


def _runs(ctx: Context, name: str, since: float) -> Iterator[Run]:
    cursor = ""
    while True:
        page = ctx.search.page(object=name, since=since, cursor=cursor)
        yield from page.runs
        if not (cursor := page.cursor):
            return
