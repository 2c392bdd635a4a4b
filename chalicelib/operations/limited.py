"""A pipeline as a caller sees it whose token is limited to some objects: the rest does not exist.

Guarantees that no run of another object is found, listed or changed through it, and that no key of another object
arrives. Requests therefore get the answer for an unknown name. Keys are routed by all contracts, those that are not
seen as well: a file never gets the contract of another object.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Unpack

from chalicelib.domain.contract.routing import route
from chalicelib.domain.contract_files.contract_file import Contracts
from chalicelib.domain.run.changes import RunChanges
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
        """Return a page, which may hold few runs or none and still have a cursor."""
        names = tuple(self.sees.contracts)
        only = names[0] if len(names) == 1 else ""
        page = self.search.page(object=object or only, state=state, since=since, cursor=cursor, limit=limit)
        return replace(page, runs=tuple(filter(self.sees, page.runs)))

    def by_name(self, name: str) -> list[Run]:
        return list(filter(self.sees, self.search.by_name(name)))

    def unfinished(self, before: float) -> Iterator[Run]:
        return filter(self.sees, self.search.unfinished(before))


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
