"""What the REST API can do: start runs, stop them, look at them, read rejects. HTTP is in responses.py and requests.py.

Guarantees that nothing asked here moves rows by itself: a rerun is a change of a record and a message, and the story
in pipeline.py does the rest. A rerun of many files takes at most a few seconds; its answer says where to go on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import islice
from typing import Any

from chalicelib.api import views
from chalicelib.api.requests import BadRequest, PageQuery, RerunRequest, ResubmitRequest, RunQuery, fold
from chalicelib.api.responses import NotFound
from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract.routing import landing_prefixes, route
from chalicelib.domain.file.corrections import Splitter, columns_of
from chalicelib.domain.run import keys
from chalicelib.domain.run.model import Run, Source
from chalicelib.errors import LandfallError, SourceGone
from chalicelib.operations.cancels import cancel
from chalicelib.operations.dry_run import dry_run_of
from chalicelib.operations.reject_pages import reject_page
from chalicelib.operations.reruns import RERUNNABLE, Busy, StillUnrouted, object_of, rerun, routed
from chalicelib.operations.resubmits import plan_of, resubmit
from chalicelib.pipeline.corrections import corrected_offsets
from chalicelib.pipeline.overdue import overdue
from chalicelib.pipeline.pipeline import Pipeline

RUN_ID = re.compile(r"[0-9a-f]{32}")
KEY_SHOWN = 200
"""Characters of a name that an error repeats."""
MOST_OTHERS = 20
RUNS_PER_LOOK = 100
LOOKS_PER_CALL = 10
MOST_RERUNS = 100
"""After so many reruns the answer goes out with a cursor: Gateway waits 29 seconds, and each costs some 50 ms."""
OLDEST_OF = 200
NO_STATEMENT = "00000000-0000-0000-0000-000000000000"
"""Asking for a statement that does not exist shows that the warehouse's API answers, and wakes nothing up."""


# ---- rerun ---------------------------------------------------------------------------------------------------------


def start_runs(pipeline: Pipeline, name: str, order: RerunRequest) -> dict[str, Any]:
    """Run files again: those of an object, or the one that `name` tells. Raises NotFound, Busy, SourceGone, ..."""
    if order.dry_run:
        return _as_it_is(pipeline, _start_runs(dry_run_of(pipeline), name, order))
    return _start_runs(pipeline, name, order)


def _as_it_is(pipeline: Pipeline, answer: dict[str, Any]) -> dict[str, Any]:
    """A dry run's answer: the runs in the states they are in, without loads that there will never be."""
    for run in answer["runs"]:
        del run["load_id"]
        now = pipeline.ctx.runs.get(run["run_id"])
        run["state"] = now.state.value if now else None
    return answer


def _start_runs(acting: Pipeline, name: str, order: RerunRequest) -> dict[str, Any]:
    contract = acting.ctx.contracts.get(name)
    if contract and not order.file:
        return {**_rerun_many(acting, contract, order), "dry_run": order.dry_run}
    if not contract and (order.file or order.period or order.cursor):
        raise BadRequest('"file", "period" and "cursor" go with the name of an object in the path, not with a file')
    found = _rerun_one(acting, order.file or name, order, contract)
    return {"object": found["object"], **_answer(found), "cursor": "", "dry_run": order.dry_run}


def _answer(found: dict[str, Any]) -> dict[str, Any]:
    key = "skipped" if "code" in found else "runs"
    return {"runs": [], "skipped": [], key: [found]}


def _rerun_one(pipeline: Pipeline, name: str, order: RerunRequest, contract: Contract | None) -> dict[str, Any]:
    if landed := _unrecorded(pipeline, name):
        _must_be(contract, routed(pipeline, landed.key))
        if arrived := pipeline.arrive(landed):
            return views.started(arrived)
        raise NotFound("that key is a folder; name a file")
    run = find(pipeline, name)
    if run is None:
        raise _unknown(pipeline, name)
    _must_be(contract, object_of(pipeline, run))
    if order.failed_only and run.state not in RERUNNABLE:
        return _skipped(run, "NOT_FAILED", f"it is {run.state.value}, and only failed files were asked for")
    return views.started(rerun(pipeline, run))


def _unknown(pipeline: Pipeline, name: str) -> NotFound:
    objects = ", ".join(sorted(pipeline.ctx.contracts))
    return NotFound(f'"{name[:KEY_SHOWN]}" is no object ({objects}) and no file that landed')


def _must_be(contract: Contract | None, name: str) -> None:
    """Raises BadRequest."""
    if contract and name != contract.name:
        raise BadRequest(f'"file" is of the object {name}; post it to that one')


def _unrecorded(pipeline: Pipeline, key: str) -> Source | None:
    """The object with that key, if no run is about its content: it never arrived, or was overwritten since.

    What does not lie where files land is none of ours, and this function's role could not look at it.
    """
    landed_there = key.startswith(landing_prefixes(pipeline.ctx.contracts))
    if not landed_there or keys.too_long(key):
        return None
    bucket = pipeline.ctx.settings.bucket
    try:
        landed = pipeline.ctx.objects.head(bucket, key)
    except SourceGone:
        return None
    newest = pipeline.ctx.runs.newest(bucket, key)
    return landed if newest is None or newest.etag != landed.etag else None


def _rerun_many(pipeline: Pipeline, contract: Contract, order: RerunRequest) -> dict[str, Any]:
    if order.period:
        _period_fits(contract, order.period)
    answer: dict[str, Any] = {"object": contract.name, "runs": [], "skipped": [], "cursor": order.cursor}
    for _ in range(LOOKS_PER_CALL):
        page = pipeline.ctx.runs.search(object=contract.name, cursor=answer["cursor"], limit=RUNS_PER_LOOK)
        for run in page.runs:
            if _wanted(pipeline, run, order):
                _try_rerun(pipeline, run, answer)
        answer["cursor"] = page.cursor
        if not page.cursor or len(answer["runs"]) >= MOST_RERUNS:
            break
    return answer


def _wanted(pipeline: Pipeline, run: Run, order: RerunRequest) -> bool:
    """Only a file's newest version: an older one has nothing to give that the newer has not."""
    if order.only_failed and run.state not in RERUNNABLE:
        return False
    if order.period and not _in_period(pipeline, run, order.period):
        return False
    newest = pipeline.ctx.runs.newest(run.source.bucket, run.source.key)
    return newest is None or newest.run_id == run.run_id


def _try_rerun(pipeline: Pipeline, run: Run, answer: dict[str, Any]) -> None:
    try:
        answer["runs"].append(views.started(_restart(pipeline, run)))
    except (Busy, StillUnrouted, SourceGone) as error:
        answer["skipped"].append(_skipped(run, error.code, error.message))


def _restart(pipeline: Pipeline, run: Run) -> Run:
    """A content that took the file's place and was not noticed arrives; else the run starts over."""
    landed = _unrecorded(pipeline, run.source.key)
    return (landed and pipeline.arrive(landed)) or rerun(pipeline, run)


def _skipped(run: Run, code: str, message: str) -> dict[str, Any]:
    return {**views.started(run), "code": code, "message": message}


def _period_fits(contract: Contract, period: frozenset[str] | Mapping[str, str]) -> None:
    """Raises BadRequest if no key of the object can be of such a period."""
    names = sorted({name for text in contract.lands_at for name in re.findall(r"\{([a-z0-9_]+)\}", text)})
    if not names:
        raise BadRequest(f'"period" does not apply: the keys of {contract.name} capture nothing; send "file"')
    strange = sorted(set(period) - set(names)) if isinstance(period, Mapping) else []
    if strange:
        raise BadRequest(f'"period" has no capture "{strange[0][:64]}"; {contract.name} has {", ".join(names)}')


def _in_period(pipeline: Pipeline, run: Run, period: frozenset[str] | Mapping[str, str]) -> bool:
    found = route(pipeline.ctx.contracts, run.source.key)
    captures = {name: fold(value) for name, value in found.captures.items()} if found else {}
    if isinstance(period, Mapping):
        return all(captures.get(name) == value for name, value in period.items())
    return period <= {*captures.values(), "-".join(captures.values())}


# ---- cancel --------------------------------------------------------------------------------------------------------


def cancel_run(pipeline: Pipeline, run_id: str) -> dict[str, Any]:
    """Stop a run. Raises NotFound, Ended, Conflict."""
    run = pipeline.ctx.runs.get(run_id) if RUN_ID.fullmatch(run_id) else None
    if run is None:
        raise NotFound("no run is of that id; GET /status/{file} shows the id of a file's run")
    return views.started(cancel(pipeline, run))


# ---- look ----------------------------------------------------------------------------------------------------------


def find(pipeline: Pipeline, name: str) -> Run | None:
    """The run that a run id, a key (its newest version) or a bare file name (the newest of that name) tells."""
    if keys.too_long(name):
        return None
    if RUN_ID.fullmatch(name) and (run := pipeline.ctx.runs.get(name)):
        return run
    if newest := pipeline.ctx.runs.newest(pipeline.ctx.settings.bucket, name):
        return pipeline.ctx.runs.get(newest.run_id)
    namesakes = pipeline.ctx.runs.by_name(name) if "/" not in name else []
    return pipeline.ctx.runs.get(namesakes[0].run_id) if namesakes else None


def status(pipeline: Pipeline, name: str) -> dict[str, Any]:
    """Everything about one run. Raises NotFound."""
    run = _found(pipeline, name)
    chunks = pipeline.ctx.runs.chunks(run.run_id, run.generation)
    others = [] if name == run.run_id else _others(pipeline, run, name)
    return views.status(run, chunks, pipeline.ctx.clock.now(), others)


def _others(pipeline: Pipeline, run: Run, name: str) -> list[Run]:
    """Other versions of the key that was asked for, or all that share the bare name."""
    others = (r for r in pipeline.ctx.runs.by_name(run.source.name) if r.run_id != run.run_id)
    alike = (r for r in others if "/" not in name or r.source.key == run.source.key)
    return list(islice(alike, MOST_OTHERS))


def _found(pipeline: Pipeline, name: str) -> Run:
    if run := find(pipeline, name):
        return run
    raise NotFound("no run is of that id, key or file name; wait if the file has just landed")


def list_runs(pipeline: Pipeline, query: RunQuery) -> dict[str, Any]:
    """A page of runs, newest first. Raises NotFound for an object that is none and has no runs either."""
    if keys.too_long(query.object):
        raise _no_object(pipeline, query.object)
    page = pipeline.ctx.runs.search(
        object=query.object, state=query.state, since=query.since, cursor=query.cursor, limit=query.limit
    )
    if not page.runs and query.object and query.object not in pipeline.ctx.contracts:
        raise _no_object(pipeline, query.object)
    return {"runs": [views.brief(run) for run in page.runs], "cursor": page.cursor}


def _no_object(pipeline: Pipeline, name: str) -> NotFound:
    return NotFound(f'there is no object "{name[:KEY_SHOWN]}"; there are {", ".join(sorted(pipeline.ctx.contracts))}')


def rejects(pipeline: Pipeline, name: str, query: PageQuery) -> dict[str, Any]:
    """A page of the rejects of a file's newest load. Raises NotFound."""
    run = _found(pipeline, name)
    contract = pipeline.ctx.contracts.get(run.object)
    plan = plan_of(pipeline, run, contract) if contract else None
    columns = columns_of(contract, plan) if contract else ()
    head = {**views.started(run), **views.to_be_corrected(run, columns), "total": run.counts.rejected}
    if not views.sealed(run):
        why = "this load has no rejects" if run.state.terminal else "rejects are listed once all chunks are staged"
        return {**head, "rejects": [], "cursor": "", "note": why}
    corrected = corrected_offsets(pipeline.ctx.objects, run)
    split = Splitter(contract, plan) if contract and plan else None

    def shown(reject: dict[str, Any]) -> dict[str, Any]:
        return {**reject, "values": split.values(reject["record"]) if split else None}

    page = reject_page(pipeline.ctx.objects, run, shown, cursor=query.cursor, limit=query.limit, without=corrected)
    return {**head, "rejects": page.rejects, "cursor": page.cursor}


def correction(pipeline: Pipeline, name: str, order: ResubmitRequest) -> dict[str, Any]:
    """Merge rows of a file that were rejected and are corrected. Raises NotFound, BadRequest, NotMendable."""
    run = resubmit(pipeline, _found(pipeline, name), order)
    return {**views.started(run), "corrects": views.corrects(run), "rows": len(order.rows)}


def health(pipeline: Pipeline) -> dict[str, Any]:
    """Whether the parts answer, how old the oldest unfinished run is, and whose file is overdue."""
    now = pipeline.ctx.clock.now()
    unfinished = list(islice(pipeline.ctx.runs.unfinished(now), OLDEST_OF))
    warehouse = _warehouse(pipeline)
    return {
        "status": "ok" if warehouse["reachable"] else "degraded",
        "stage": pipeline.ctx.settings.stage,
        "contracts": len(pipeline.ctx.contracts),
        "warehouse": warehouse,
        "unfinished": {
            "runs": len(unfinished),
            "more": len(unfinished) == OLDEST_OF,
            "oldest_seconds": round(max((now - run.arrived_at for run in unfinished), default=0.0), 1),
        },
        "late": [name for name, late in overdue(pipeline.ctx).items() if late],
        **({"dashboard": url} if (url := pipeline.ctx.settings.dashboard_url) else {}),
    }


def _warehouse(pipeline: Pipeline) -> dict[str, Any]:
    try:
        pipeline.ctx.warehouse.describe(NO_STATEMENT)
    except LandfallError as error:
        return {"reachable": False, "code": error.code}
    return {"reachable": True}
