"""Look up runs: one with all its details, or a page of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from chalicelib.domain.run import keys
from chalicelib.domain.run.model import Chunk, Run
from chalicelib.operations.commands import NotFound, RunQuery
from chalicelib.pipeline.context import Context
from chalicelib.pipeline.exporting import Export, read_export
from chalicelib.pipeline.load_windows import window_left
from chalicelib.ports import Page

RUN_ID = re.compile(r"[0-9a-f]{32}")
KEY_SHOWN = 200
"""Characters of a name that an error repeats."""
NAMESAKES = 100
"""Runs of one file name that are looked at for others."""
MOST_OTHERS = 20


@dataclass(frozen=True, kw_only=True)
class RunDetails:
    """One run, its chunks, and other runs that the operator may have meant."""

    run: Run
    chunks: Sequence[Chunk]
    others: Sequence[Run]
    """Runs of other versions of the key, or of files of the same name; at most MOST_OTHERS."""
    now: float
    loads_at: float = 0.0
    """The end of the load window that the run waits for; 0 if it waits for none, or if it is not certain."""
    export: Export | None = None
    """The export of the run's object, if it has one."""


def find(ctx: Context, name: str) -> Run | None:
    """Find a run by run id, by key (its newest version) or by file name (the newest of that name); None if unknown."""
    if keys.too_long(name):
        return None
    if RUN_ID.fullmatch(name) and (run := ctx.runs.get(name)):
        return run
    newest = ctx.runs.newest(ctx.settings.bucket, name)
    if newest and (run := ctx.runs.get(newest.run_id)):
        return run
    namesake = next(ctx.search.by_name(name), None) if "/" not in name else None
    return ctx.runs.get(namesake.run_id) if namesake else None


def found(ctx: Context, name: str) -> Run:
    """Find a run as `find` does. Raises NotFound."""
    if run := find(ctx, name):
        return run
    raise NotFound("no run has that id, key or file name; give the whole key, or wait if the file has just landed")


def details(ctx: Context, name: str) -> RunDetails:
    """Look up the details of the run with that run id, key or file name. Raises NotFound."""
    run = found(ctx, name)
    chunks = ctx.chunks.of_run(run.run_id, run.generation)
    others = [] if name == run.run_id else _others(ctx, run, name)
    return RunDetails(
        run=run,
        chunks=chunks,
        others=others,
        now=ctx.clock.now(),
        loads_at=window_left(ctx, run),
        export=read_export(ctx, run.object),
    )


def _others(ctx: Context, run: Run, name: str) -> list[Run]:
    """Return the runs of other versions of a requested key, or of all files with a requested bare name."""
    namesakes = islice(ctx.search.by_name(run.source.name), NAMESAKES)
    others = (r for r in namesakes if r.run_id != run.run_id)
    alike = (r for r in others if "/" not in name or r.source.key == run.source.key)
    return list(islice(alike, MOST_OTHERS))


def list_runs(ctx: Context, query: RunQuery) -> Page:
    """List a page of runs, newest first. Raises NotFound for an unknown object without runs."""
    if keys.too_long(query.object):
        raise no_object(ctx, query.object)
    page = ctx.search.page(
        object=query.object, state=query.state, since=query.since, cursor=query.cursor, limit=query.limit
    )
    if not page.runs and query.object and query.object not in ctx.contracts:
        raise no_object(ctx, query.object)
    return page


def no_object(ctx: Context, name: str) -> NotFound:
    """Return the error for the name of an unknown object."""
    return NotFound(f'there is no object "{name[:KEY_SHOWN]}"; use one of {", ".join(sorted(ctx.contracts))}')
