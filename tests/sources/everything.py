"""`make sources`: each kind of source on a local stack, until all its rows are in its target with balanced books.

Rows are there before the first reading, one of them bad. After it some are changed and some come new.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from landfall.choices import chooses_machine
from local.options import Options
from local.stack import Stack
from tests.e2e.conftest import Deployment
from tests.shipped import ROOT
from tests.sources.mysql_world import MISSING, server
from tests.sources.on_stack import CONTRACTS, app_of, settings_of, store_secrets, worlds
from tests.sources.stack_world import LATE, StackWorld

ROWS, CHANGED = 50, 10
BAD = "an id of over 16 bytes"
PATIENCE = 180.0
SETTINGS = {"LANDFALL_GROUP_SECONDS": "1", "LANDFALL_STUCK_SECONDS": "4"}
LINE = "{:<16} {:<11} {:>5} {:>5} {:>5} {:>8} {:>9} {:>7} {:>9}  {}"
HEAD = ("object", "kind", "files", "read", "good", "rejected", "in source", "target", "differing", "books")


@dataclass(frozen=True, kw_only=True)
class Ended:
    """What became of a source's rows."""

    world: StackWorld
    kind: str
    runs: Sequence[dict[str, Any]]
    target: Sequence[tuple[str, int]]
    """Id and moment of each row."""

    def total(self, count: str) -> int:
        return sum(run["rows"][count] or 0 for run in self.runs)

    @property
    def wanted(self) -> dict[str, int]:
        return {key: moment for key, moment in self.world.rows.items() if key != BAD}

    @property
    def balanced(self) -> bool:
        return all(run["state"] == "LOADED" and run["balanced"] for run in self.runs)

    @property
    def differing(self) -> int:
        """Rows that are only in the source or only in the target, and those that are there twice."""
        found = dict(self.target)
        return len(found.items() ^ self.wanted.items()) + len(self.target) - len(found)

    @property
    def good(self) -> bool:
        return bool(self.runs) and self.balanced and not self.differing and self.total("rejected") > 0

    @property
    def line(self) -> str:
        counts = (len(self.runs), *map(self.total, ("read", "good", "rejected")))
        rows = (len(self.wanted), len(self.target), self.differing)
        return LINE.format(self.world.name, self.kind, *counts, *rows, "balanced" if self.balanced else "WRONG")


def play(folder: Path) -> list[Ended]:
    """Read all sources on a stack of their own."""
    with worlds(folder) as found:
        for world in found:
            fill(world)
        app = app_of(folder, found)
        settings = {**SETTINGS, **settings_of(found)}
        machines = chooses_machine(os.environ)
        options = Options(
            app_dir=str(app),
            contracts=str(app / CONTRACTS),
            sweep_seconds=2,
            step_functions=machines,
            settings=settings,
        )
        stack = Stack(ROOT, folder / "state", options=options)
        deployment = Deployment(stack=stack, record=stack.up(), app=folder)
        try:
            store_secrets(found, deployment.record)
            _read_up(deployment, found)
            for world in found:
                change(world)
            _read_up(deployment, found)
            return [_ended(deployment, world) for world in found]
        finally:
            stack.down()


def fill(world: StackWorld) -> None:
    for number in range(ROWS):
        world.put(f"r{number:04}", time.time() - 600 + number)
    world.put(BAD, time.time() - 700)  # not the newest: a file of that row alone would be refused


def change(world: StackWorld) -> None:
    """Change some rows, and add others. One is committed as late as it may be."""
    for number in range(ROWS - CHANGED, ROWS + CHANGED):
        world.put(f"r{number:04}", time.time())
    world.put("late", time.time() - LATE)


def _read_up(deployment: Deployment, found: Sequence[StackWorld]) -> None:
    """Wait until each source is read up to its newest row, and each of its files has ended."""
    for world in found:
        deployment.until(lambda: _is_read(deployment, world), PATIENCE)  # noqa: B023 - it is called at once
        deployment.until(lambda: all(run["finished"] for run in _runs(deployment, world)), PATIENCE)  # noqa: B023


def _is_read(deployment: Deployment, world: StackWorld) -> bool:
    """Whether all has been read. If not, request a reading as an operator does: the schedule's next may be far."""
    (source,) = [one for one in deployment.call("GET", "/sources").json()["sources"] if one["object"] == world.name]
    if source["window"] is None and (source["read_up_to"] or "") >= world.position():
        return True
    deployment.call("POST", f"/sources/{world.name}", json={})
    time.sleep(1)
    return False


def _runs(deployment: Deployment, world: StackWorld) -> list[dict[str, Any]]:
    runs = deployment.call("GET", "/runs", params={"object": world.name, "limit": 200}).json()["runs"]
    return [deployment.status(run["file"]) for run in runs]


def _ended(deployment: Deployment, world: StackWorld) -> Ended:
    rows = deployment.rows(f"select id, extract(epoch from updated_at)::bigint from {world.target}")
    kinds = {one["object"]: one["kind"] for one in deployment.call("GET", "/sources").json()["sources"]}
    target = [(str(key), int(moment)) for key, moment in rows]
    return Ended(world=world, kind=kinds[world.name], runs=_runs(deployment, world), target=target)


def main() -> int:
    """Print a line for each source; 1 if one is not as it should be."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        found = play(Path(folder))
    print(LINE.format(*HEAD), *(one.line for one in found), sep="\n")
    good = sum(one.good for one in found)
    if not server():
        print(f"\nmysql was not read: {MISSING}")
    print(f"\n{good} of {len(found)} sources ended in their targets as they are ({time.monotonic() - began:.0f} s)")
    return 0 if good == len(found) else 1


if __name__ == "__main__":
    sys.exit(main())
