"""Objects whose file has not come by the time that their contract expects it."""

from __future__ import annotations

from collections.abc import Iterator

from chalicelib.domain.model import Run
from chalicelib.world import World


def overdue(world: World) -> dict[str, bool]:
    """Each object whose contract has a deadline, and whether nothing came that counts for the last one.

    Whatever became of the file: one that was rejected came. Raises Retryable.
    """
    now = world.clock.now()
    expected = {name: contract.expected for name, contract in world.contracts.items() if contract.expected}
    return {name: not _came(world, name, deadline.counts_from(now)) for name, deadline in expected.items()}


def _came(world: World, name: str, since: float) -> bool:
    return any(run.mends is None for run in _runs(world, name, since))  # mended rows are no new file


def _runs(world: World, name: str, since: float) -> Iterator[Run]:
    cursor = ""
    while True:
        page = world.runs.search(object=name, since=since, cursor=cursor)
        yield from page.runs
        if not (cursor := page.cursor):
            return
