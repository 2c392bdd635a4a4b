"""Searches in memory. They may lag behind the record."""

from __future__ import annotations

from collections.abc import Iterator

from chalicelib.adapters.memory.table import MemoryTable
from chalicelib.domain.run.cursors import is_moment, is_text, read_cursor, write_cursor
from chalicelib.domain.run.model import Run, RunState
from chalicelib.ports import Page


class MemorySearch:
    """Searches through all runs."""

    def __init__(self, table: MemoryTable) -> None:
        self.table = table

    def page(
        self,
        *,
        object: str = "",
        state: RunState | None = None,
        since: float = 0.0,
        until: float | None = None,
        cursor: str = "",
        limit: int = 50,
    ) -> Page:
        after = read_cursor(cursor, {"arrived_at": is_moment, "run_id": is_text})
        found = [
            r
            for r in self.table.seen()
            if object in ("", r.object)
            and state in (None, r.state)
            and r.arrived_at >= since
            and (until is None or r.arrived_at <= until)
            and (not after or _order(r) < (after["arrived_at"], after["run_id"]))
        ]
        found.sort(key=_order, reverse=True)
        shown = tuple(found[:limit])
        more = len(found) > limit
        last = shown[-1] if more else None
        return Page(
            runs=shown, cursor=write_cursor({"arrived_at": last.arrived_at, "run_id": last.run_id}) if last else ""
        )

    def by_name(self, name: str) -> Iterator[Run]:
        found = (r for r in self.table.seen() if name and r.source.name == name)
        yield from sorted(found, key=_order, reverse=True)

    def unfinished(self, before: float) -> Iterator[Run]:
        seen = (r for r in self.table.seen() if not r.finished and r.updated_at < before)
        yield from sorted(seen, key=lambda r: (r.updated_at, r.run_id))


def _order(run: Run) -> tuple[float, str]:
    return run.arrived_at, run.run_id
