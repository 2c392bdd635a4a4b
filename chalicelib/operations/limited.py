"""A pipeline as a caller sees it whose token is limited to some objects: the rest does not exist.

Guarantees that no run of another object is found, listed, named by a cursor or changed through it, and that no key of
another object arrives. Requests therefore get the answer for an unknown name. Keys are routed by all contracts, those
that are not seen as well: a file never gets the contract of another object. A list has no unrouted runs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Unpack

from chalicelib.domain.contract.routing import route
from chalicelib.domain.contract_files.contract_file import Contracts
from chalicelib.domain.run.changes import RunChanges
from chalicelib.domain.run.cursors import is_text, read_cursor, write_cursor
from chalicelib.domain.run.model import Run, RunState
from chalicelib.pipeline.pipeline import Pipeline
from chalicelib.ports import Newest, Page, Runs, RunSearch


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
        self, *, object: str = "", state: RunState | None = None, since: float = 0.0, cursor: str = "", limit: int = 50
    ) -> Page:
        """Return a page, which may hold few runs or none and still have a cursor. Raises Refused (BAD_CURSOR)."""
        look = partial(self.search.page, state=state, since=since)
        if not object:
            page = self._merged(look, self._positions(cursor), limit)
        elif object in self.sees.contracts:
            page = look(object=object, cursor=cursor, limit=limit)
        else:
            page = Page(runs=())
        return replace(page, runs=tuple(filter(self.sees, page.runs)))

    def _merged(self, look: Callable[..., Page], positions: Mapping[str, str], limit: int) -> Page:
        """Search each object by itself, so that no cursor names a hidden run. Return the newest runs of all."""
        pages = {name: look(object=name, cursor=at, limit=limit) for name, at in positions.items()}
        named = ((name, run) for name, page in pages.items() for run in page.runs)
        newest = sorted(named, key=lambda pair: pair[1].arrived_at, reverse=True)[:limit]
        counts = Counter(name for name, _ in newest)
        runs: list[Run] = []
        following: dict[str, str] = {}
        for name, page in pages.items():
            shown = counts[name]
            if not shown and page.runs:
                following[name] = positions[name]
                continue
            ends = shown == len(page.runs)  # else only a shorter page has the cursor for the runs after these
            taken = page if ends else look(object=name, cursor=positions[name], limit=shown)
            runs += taken.runs
            following |= {name: taken.cursor} if taken.cursor else {}
        runs.sort(key=lambda run: run.arrived_at, reverse=True)
        return Page(runs=tuple(runs), cursor=write_cursor({"objects": following}) if following else "")

    def _positions(self, cursor: str) -> dict[str, str]:
        """Return the cursor of each object that has more runs. Without a cursor each begins with its newest run."""
        names = self.sees.contracts
        found = read_cursor(cursor, {"objects": lambda value: _are_positions(value) and set(value) <= set(names)})
        return dict(found.get("objects", dict.fromkeys(names, "")))

    def by_name(self, name: str) -> list[Run]:
        return list(filter(self.sees, self.search.by_name(name)))

    def unfinished(self, before: float) -> Iterator[Run]:
        return filter(self.sees, self.search.unfinished(before))


def _are_positions(value: Any) -> bool:
    return isinstance(value, dict) and all(map(is_text, value.values()))


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
