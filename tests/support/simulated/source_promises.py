"""The promises about sources: no row and no window is lost, and the position follows what has landed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from chalicelib.domain.run.model import RunState
from chalicelib.domain.source.progress import Progress
from tests.support.simulated.sourced import Sourced

if TYPE_CHECKING:
    from tests.support.simulated.deployment import SimulatedDeployment

NOTHING = Progress()


def reading(deployment: SimulatedDeployment) -> Iterator[str]:
    """What must hold of the record of a source after each change of it."""
    if source := deployment.source:
        before, now = deployment.memory.get("source", NOTHING), source.progress
        if now != before:
            deployment.memory["source"] = now
            yield from _position(source, before, now)
            yield from _lease(deployment, before, now)


def _position(source: Sourced, before: Progress, now: Progress) -> Iterator[str]:
    if now.done < before.done:
        yield "S1 the position moved back"
    if now.open and not before.open and now.start > max(before.done, source.settings.begin):
        yield "S2 a window was left out"
    if now.done > before.done and any(_is_missing(source, key, now.done) for key in source.table.rows):
        yield "S3 the position passed a row that is in no file"


def _is_missing(source: Sourced, key: str, done: str) -> bool:
    row = source.table.rows[key]
    passed = source.settings.begin <= row.position <= done and key not in source.table.amended
    return passed and (key, row.number) not in source.table.landed


def _lease(deployment: SimulatedDeployment, before: Progress, now: Progress) -> Iterator[str]:
    """Workers whose clocks are wrong may take each other's lease: then the record keeps them apart."""
    taken = now.holder != before.holder and before.lease_until > deployment.clock.now()
    if taken and len(deployment.weather.skew) == 1:
        yield "S4 two workers read a source at once"


def read_whole(deployment: SimulatedDeployment) -> set[str]:
    """In the end: of each row its newest version is in the target, once, and nothing that never was in the source."""
    source, runs = deployment.source, deployment.runs.runs.values()
    if source is None or any(run.state is RunState.FAILED for run in runs):
        return set()
    table, broken = source.table, set()
    rows = deployment.warehouse.rows(deployment.pipeline.ctx.contracts[source.object].target)
    found = {str(row["id"]): f"{row['value']},{row['amount']}" for row in rows}
    if len(found) != len(rows):
        broken.add("S5 a row of the source is in the target twice")
    wanted = {key: row for key, row in table.rows.items() if row.position >= source.settings.begin}
    if any(found.get(key) != row.rest for key, row in wanted.items() if row.good):
        broken.add("S5 a row of the source is not in the target as it is")
    if any(rest not in table.history.get(key, ()) for key, rest in found.items()):
        broken.add("S5 a row is in the target that the source never had")
    if found.keys() & (table.rows.keys() - wanted.keys()):
        broken.add("S5 a row is in the target from before the first window")
    return broken
