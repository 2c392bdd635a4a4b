"""Sources while the worker is killed: their rows change, leases of dead workers end, and in the end all is compared.

A worker that was killed keeps its lease for a quarter of an hour. Here it ends at once, as if so much time had passed.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.domain.run.model import Run, RunState
from chalicelib.domain.source.position import landing_folder
from chalicelib.domain.source.progress import bookmark_of
from tests.kills.site import Site
from tests.sources.stack_world import LATE, StackWorld

POOL = 100
CHANGED = 30
AT_ONCE = 2
"""Sources that change before each kill."""


def fill(worlds: Sequence[StackWorld]) -> None:
    """Make rows that are older than the lag: they must be there before the first reading."""
    for world in worlds:
        for number in range(POOL):
            world.put(f"r{number}", time.time() - 600)


@dataclass(frozen=True, kw_only=True)
class Fetching:
    """The sources of the stack."""

    site: Site
    worlds: Sequence[StackWorld]
    dice: random.Random

    def change(self) -> None:
        """Change rows of some sources, and add one. Some are as late as they may be."""
        for world in self.dice.sample(self.worlds, AT_ONCE):
            for number in self.dice.sample(range(POOL), CHANGED):
                world.put(f"r{number}", time.time() - self.dice.choice((0, LATE)))
            world.put(f"n{len(world.rows)}", time.time())

    def wake(self) -> None:
        """End what a dead worker holds, and have each source read now. No worker may be alive."""
        for world in self.worlds:
            seen, progress = self.site.progress(world.name)
            free = replace(progress, lease_until=0.0, asked_until=0.0, not_before=0.0, wanted_now=True)
            self.site.bookmarks.move(bookmark_of(world.name), seen, free.text)

    def at_rest(self, patience: float) -> None:
        """Wait until all rows have been read, and each file is archived; or until time is up."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline and not all(map(self._is_at_rest, self.worlds)):
            time.sleep(2)

    def _is_at_rest(self, world: StackWorld) -> bool:
        _, progress = self.site.progress(world.name)
        read = not progress.open and progress.done >= world.position()
        return read and not self.site.keys(landing_folder(world.name))


def violations(site: Site, worlds: Sequence[StackWorld], runs: Sequence[Run]) -> Iterator[str]:
    """What is not as promised of the sources, and of the runs of their files."""
    for run in runs:
        yield from (f"{run.source.key}: {text}" for text in _of_run(site, run))
    with site.warehouse() as warehouse:
        for world in worlds:
            yield from _of_rows(warehouse, world)


def _of_run(site: Site, run: Run) -> Iterator[str]:
    if run.state is not RunState.LOADED or not run.counts.settled:
        yield f"ended {run.state.value}, with the books {run.counts}: {run.problem}"
    elif site.body(run.source.key) is not None or not site.body(run.archive_key):
        yield "it is not archived"


def _of_rows(warehouse: Any, world: StackWorld) -> Iterator[str]:
    """The target beside the source, both ways, doubles included."""
    query = f"select id, extract(epoch from updated_at)::bigint from {world.target}"
    found = [(str(key), int(moment)) for key, moment in warehouse.execute(query).fetchall()]
    wanted = set(world.rows.items())
    for what, rows in (("missing", wanted - set(found)), ("there, but should not be", set(found) - wanted)):
        if rows:
            yield f"{world.target}: {len(rows)} rows are {what}, such as {sorted(rows)[:3]}"
    if len(found) != len(set(found)):
        yield f"{world.target}: {len(found) - len(set(found))} rows are there twice"
