"""Objects whose file has not come by the time that their contract expects it."""

from __future__ import annotations

from collections.abc import Iterator

from chalicelib.domain.run.model import Run
from chalicelib.pipeline.context import Context


def overdue(context: Context) -> dict[str, bool]:
    """Each object whose contract has a deadline, and whether nothing came that counts for the last one.

    Whatever became of the file: one that was rejected came. Raises Retryable.
    """
    now = context.clock.now()
    expected = {name: contract.expected for name, contract in context.contracts.items() if contract.expected}
    return {name: not _came(context, name, deadline.counts_from(now)) for name, deadline in expected.items()}


def _came(context: Context, name: str, since: float) -> bool:
    return any(run.corrects is None for run in _runs(context, name, since))  # corrected rows are no new file


def _runs(context: Context, name: str, since: float) -> Iterator[Run]:
    cursor = ""
    while True:
        page = context.runs.search(object=name, since=since, cursor=cursor)
        yield from page.runs
        if not (cursor := page.cursor):
            return
