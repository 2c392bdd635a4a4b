"""Run files again: one by its name, or those of an object.

Guarantees that a rerun moves no rows itself. It changes a record and sends a message, and the pipeline does the rest. A
rerun of many files takes at most a few seconds and returns a cursor for the next ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract.routing import is_concealed, landing_prefixes, route
from chalicelib.domain.run import keys
from chalicelib.domain.run.model import Run, SourceObject
from chalicelib.errors import LandfallError, SourceGone
from chalicelib.operations.commands import BadRequest, NotFound, RerunRequest, fold
from chalicelib.operations.dry_run import dry_run_of
from chalicelib.operations.lookup import KEY_SHOWN, find
from chalicelib.operations.reruns import (
    RERUNNABLE,
    Busy,
    NeedsRestore,
    NothingToAccept,
    Restoring,
    StillUnrouted,
    must_be_acceptable,
    object_of,
    rerun,
    routed,
)
from chalicelib.pipeline.pipeline import Pipeline

RUNS_PER_LOOK = 100
LOOKS_PER_CALL = 10
MOST_RERUNS = 100
"""The most reruns and skipped files of one response: API Gateway waits 29 seconds, and each takes about 50 ms."""


class NotFailed(LandfallError):
    """The request is for failed files only, and this one has not failed."""

    code = "NOT_FAILED"


@dataclass(frozen=True, kw_only=True)
class Skipped:
    """A run that was not started again, and the error."""

    run: Run
    why: LandfallError


@dataclass(kw_only=True)
class Reruns:
    """The runs that were started again, those that were skipped, and the cursor of the next ones."""

    object: str
    started: list[Run] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    cursor: str = ""
    """Empty if that was all."""


def rerun_files(pipeline: Pipeline, name: str, request: RerunRequest) -> Reruns:
    """Run again the files of an object, or one file by run id, key or file name. A dry run starts nothing.

    Raises NotFound, BadRequest, Busy, NothingToAccept, NeedsRestore, StillUnrouted, SourceGone.
    """
    acting = dry_run_of(pipeline) if request.dry_run else pipeline
    contract = acting.ctx.contracts.get(name)
    if contract and request.accepted_by and not request.file:
        raise BadRequest('"accept_rejects" is about one file: send its key in the path, or in "file"')
    if contract and not request.file:
        return _rerun_many(acting, contract, request)
    if not contract and (request.file or request.period or request.cursor):
        raise BadRequest('"file", "period" and "cursor" need the name of an object in the path, not of a file')
    return _rerun_one(acting, request.file or name, request, contract)


def _rerun_one(pipeline: Pipeline, name: str, request: RerunRequest, contract: Contract | None) -> Reruns:
    if landed := _unrecorded(pipeline, name):
        _must_be(contract, routed(pipeline, landed.key))
        if request.accepted_by:
            raise NothingToAccept("another content is at that key now, which was not looked at yet: rerun that first")
        if arrived := pipeline.arrive(landed):
            return Reruns(object=arrived.object, started=[arrived])
        raise NotFound("that key is a folder; name a file")
    run = find(pipeline.ctx, name)
    if run is None:
        raise _unknown(pipeline, name)
    _must_be(contract, object_of(pipeline, run))
    if request.failed_only and run.state not in RERUNNABLE:
        why = NotFailed(f"it is {run.state.value}, and the request was for failed files only")
        return Reruns(object=run.object, skipped=[Skipped(run=run, why=why)])
    if request.accepted_by:
        must_be_acceptable(run)
    try:
        started = rerun(pipeline, run, restore=request.restore, accepted_by=request.accepted_by)
    except Restoring as why:
        return Reruns(object=run.object, skipped=[Skipped(run=run, why=why)])
    return Reruns(object=started.object, started=[started])


def _unknown(pipeline: Pipeline, name: str) -> NotFound:
    objects = ", ".join(sorted(pipeline.ctx.contracts))
    return NotFound(f'"{name[:KEY_SHOWN]}" is neither an object ({objects}) nor a file that landed')


def _must_be(contract: Contract | None, name: str) -> None:
    """Raise BadRequest if the file belongs to another object."""
    if contract and name != contract.name:
        raise BadRequest(f'"file" belongs to the object {name}; send the request to that object')


def _unrecorded(pipeline: Pipeline, key: str) -> SourceObject | None:
    """Return the object with that key, if its content has no run: its event was lost, or it was overwritten since.

    Keys outside the landing folders are ignored; this function's role cannot read them.
    """
    landed_there = key.startswith(landing_prefixes(pipeline.ctx.contracts))
    if not landed_there or keys.too_long(key) or is_concealed(pipeline.ctx.contracts, key):
        return None
    bucket = pipeline.ctx.settings.bucket
    try:
        landed = pipeline.ctx.objects.head(bucket, key)
    except SourceGone:
        return None
    newest = pipeline.ctx.runs.newest(bucket, key)
    return landed if newest is None or newest.etag != landed.etag else None


def _rerun_many(pipeline: Pipeline, contract: Contract, request: RerunRequest) -> Reruns:
    if request.period:
        _period_fits(contract, request.period)
    done = Reruns(object=contract.name, cursor=request.cursor)
    for _ in range(LOOKS_PER_CALL):
        page = pipeline.ctx.search.page(object=contract.name, cursor=done.cursor, limit=RUNS_PER_LOOK)
        for run in page.runs:
            if _wanted(pipeline, run, request):
                try_again(done, run, partial(_restart, pipeline, run, restore=request.restore))
        done.cursor = page.cursor
        if not page.cursor or len(done.started) + len(done.skipped) >= MOST_RERUNS:
            break
    return done


def try_again(done: Reruns, run: Run, start: Callable[[], Run]) -> None:
    """Start a run again, or record why it was skipped."""
    try:
        done.started.append(start())
    except (Busy, NeedsRestore, StillUnrouted, SourceGone) as why:
        done.skipped.append(Skipped(run=run, why=why))


def _wanted(pipeline: Pipeline, run: Run, request: RerunRequest) -> bool:
    """Return whether the request covers the run, which must be of a file's newest version: others add no rows."""
    if request.only_failed and run.state not in RERUNNABLE:
        return False
    if request.period and not _in_period(pipeline, run, request.period):
        return False
    newest = pipeline.ctx.runs.newest(run.source.bucket, run.source.key)
    return newest is None or newest.run_id == run.run_id


def _restart(pipeline: Pipeline, run: Run, *, restore: bool) -> Run:
    """Start the content that replaced the file if it has no run yet; else restart this run."""
    landed = _unrecorded(pipeline, run.source.key)
    return (landed and pipeline.arrive(landed)) or rerun(pipeline, run, restore=restore)


def _period_fits(contract: Contract, period: frozenset[str] | Mapping[str, str]) -> None:
    """Check that keys of the object can have such a period. Raises BadRequest."""
    names = sorted({name for text in contract.lands_at for name in re.findall(r"\{([a-z0-9_]+)\}", text)})
    if not names:
        raise BadRequest(f'"period" does not apply: the keys of {contract.name} capture nothing; send "file"')
    unknown = sorted(set(period) - set(names)) if isinstance(period, Mapping) else []
    if unknown:
        raise BadRequest(f'"period" has no capture "{unknown[0][:64]}"; {contract.name} has {", ".join(names)}')


def _in_period(pipeline: Pipeline, run: Run, period: frozenset[str] | Mapping[str, str]) -> bool:
    found = route(pipeline.ctx.contracts, run.source.key)
    captures = {name: fold(value) for name, value in found.captures.items()} if found else {}
    if isinstance(period, Mapping):
        return all(captures.get(name) == value for name, value in period.items())
    return period <= {*captures.values(), "-".join(captures.values())}
