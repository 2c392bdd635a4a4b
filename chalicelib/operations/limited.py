"""A pipeline as a caller sees it whose token is limited to some objects: the rest does not exist.

Guarantees that no run of another object is found, listed, named by a cursor or changed through it, and that no key of
another object arrives. Requests therefore get the answer for an unknown name. Keys are routed by all contracts, those
that are not seen as well: a file never gets the contract of another object. A list has no unrouted runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import Unpack

from chalicelib.domain.contract.routing import route
from chalicelib.domain.contract_files.contract_file import Contracts
from chalicelib.domain.run.changes import RunChanges
from chalicelib.domain.run.cursors import is_moment, is_text, read_cursor, write_cursor
from chalicelib.domain.run.model import Run, RunState
from chalicelib.pipeline.pipeline import Pipeline
from chalicelib.ports import Newest, Page, Runs, RunSearch

EXAMINED = 2_000
"""Runs that are examined for one answer, seen or not, so that a rare one does not cost a read of the whole table."""
AFTER_ALL = "~"
"""It sorts after each run id: no run of that moment was listed yet."""


@dataclass(frozen=True, kw_only=True)
class Sight:
    """The objects that are seen."""

    contracts: Contracts

    def __call__(self, run: Run) -> bool:
        """Whether a run is seen: it is of a seen object, or unrouted and would be now."""
        return run.object in self.contracts or (not run.object and route(self.contracts, run.source.key) is not None)


@dataclass(frozen=True, kw_only=True)
class LimitedRuns:
    """A run store without the runs that are not seen. A key's newest version stays known: it names no run's data."""

    runs: Runs
    sees: Sight

    def create(self, run: Run, seen: Newest | None = None) -> bool:
        return self.runs.create(run, seen)

    def get(self, run_id: str) -> Run | None:
        run = self.runs.get(run_id)
        return run if run and self.sees(run) else None

    def get_many(self, run_ids: Sequence[str]) -> list[Run]:
        return [run for run in self.runs.get_many(run_ids) if self.sees(run)]

    def newest(self, bucket: str, key: str) -> Newest | None:
        return self.runs.newest(bucket, key)

    def newest_of(self, bucket: str, keys: Sequence[str]) -> dict[str, Newest]:
        return self.runs.newest_of(bucket, keys)

    def change(self, run: Run, **changes: Unpack[RunChanges]) -> Run:
        return self.runs.change(run, **changes)


@dataclass(frozen=True, kw_only=True)
class LimitedSearch:
    """Searches without the runs that are not seen."""

    search: RunSearch
    sees: Sight

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
        """Return a page, which may hold few runs or none and still have a cursor. Raises Refused (BAD_CURSOR)."""
        if not object:
            return self._merged(partial(self.search.page, since=since), state, until, cursor, limit)
        if object not in self.sees.contracts:
            return Page(runs=())
        return self.search.page(object=object, state=state, since=since, until=until, cursor=cursor, limit=limit)

    def _merged(
        self, search: Callable[..., Page], state: RunState | None, until: float | None, cursor: str, limit: int
    ) -> Page:
        """Search each object by itself, and return the newest runs of all.

        The cursor has the place of one seen run, for any number of objects. Runs that are not newer than the oldest
        one read of an object with more are left to the next page: that object may have others as new as they are.
        """
        place = read_cursor(cursor, {"before": is_moment, "run_id": is_text})
        until = place.get("before", until)
        count = limit if state is None else max(limit, EXAMINED // max(1, len(self.sees.contracts)))
        read = [_newest(partial(search, object=name, until=until), count) for name in self.sees.contracts]
        floor = max((runs[-1].arrived_at for runs, more in read if more), default=None)
        runs = [
            run
            for run in sorted((run for runs, _ in read for run in runs), key=_place, reverse=True)
            if (floor is None or run.arrived_at > floor)
            and (not place or _place(run) < (place["before"], place["run_id"]))
            and state in (None, run.state)
        ]
        if len(runs) > limit:
            last = runs[limit - 1]
            return Page(runs=tuple(runs[:limit]), cursor=_cursor(last.arrived_at, last.run_id))
        return Page(runs=tuple(runs), cursor="" if floor is None else _cursor(floor, AFTER_ALL))

    def by_name(self, name: str) -> Iterator[Run]:
        """Yield the runs that are seen, of the newest EXAMINED of that name."""
        return filter(self.sees, islice(self.search.by_name(name), EXAMINED))

    def unfinished(self, before: float) -> Iterator[Run]:
        return filter(self.sees, self.search.unfinished(before))


def _newest(search: Callable[..., Page], count: int) -> tuple[list[Run], bool]:
    """Return the newest runs, and whether there are more. If so, those returned arrived at two moments at least."""
    page = search(limit=count)
    runs = list(page.runs)
    while page.cursor and (not runs or runs[0].arrived_at == runs[-1].arrived_at):
        page = search(limit=count, cursor=page.cursor)
        runs += page.runs
    return runs, bool(page.cursor)


def _place(run: Run) -> tuple[float, str]:
    return run.arrived_at, run.run_id


def _cursor(before: float, run_id: str) -> str:
    return write_cursor({"before": before, "run_id": run_id})


def limited_to(pipeline: Pipeline, objects: frozenset[str]) -> Pipeline:
    """Return the pipeline with only these objects in it."""
    ctx = pipeline.ctx
    sees = Sight(contracts=ctx.contracts.only(objects))
    return replace(
        pipeline,
        ctx=replace(
            ctx,
            contracts=sees.contracts,
            runs=LimitedRuns(runs=ctx.runs, sees=sees),
            search=LimitedSearch(search=ctx.search, sees=sees),
        ),
    )
