"""The steps of infra/source.asl.json: a source is read, what it landed is loaded, and what follows is written.

The machine decides nothing about a source. Its records and the files' runs say what is next, so an execution that dies,
or two that read one source, do what messages of the source's queue do that come twice. An execution that waits looks
again later: after a quarter of the time that it has taken so far.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chalicelib.domain.export.progress import ExportState
from chalicelib.domain.run.model import Problem, Run, RunState
from chalicelib.domain.source.position import landing_folder
from chalicelib.orchestration.extraction import Connect, Lease, extract
from chalicelib.orchestration.own_messages import OwnMessages
from chalicelib.pipeline.context import Context
from chalicelib.pipeline.exporting import read_export

SHORTEST_WAIT, LONGEST_WAIT = 5, 900
"""Seconds until an execution looks again."""
SKEW_SECONDS = 60.0
"""By so much the clocks of S3 and of Step Functions may differ."""
NOT_LOADED = frozenset({RunState.FAILED, RunState.REJECTED, RunState.CANCELLED})


@dataclass(kw_only=True)
class OwnReading(OwnMessages):
    """The queue within one step: a message for the step's own source is what it returns."""

    object: str
    again: bool = False

    def send_source(self, object: str) -> None:
        if object == self.object:
            self.again = True
        else:
            super().send_source(object)


def on_source_step(ctx: Context, connect: Connect, step: dict[str, Any]) -> dict[str, Any]:
    """Take the step of a state, and return what is next. Raises LandfallError."""
    contract = ctx.contracts.get(step["object"])
    if contract is None or contract.source is None:
        return _next(step, "Ended")
    match step["state"]:
        case "Extract":
            return _extract(ctx, connect, step)
        case "Load":
            return _load(ctx, step)
        case _:
            return _export(ctx, step)


def _extract(ctx: Context, connect: Connect, step: dict[str, Any]) -> dict[str, Any]:
    """Read the source for as long as the function may run."""
    messages = OwnReading(queue=ctx.queue, run_id="", object=step["object"])
    extract(replace(ctx, queue=messages), connect, step["object"], step["holder"])
    if messages.again:
        return _next(step, "Extract")
    progress, now = Lease.read(ctx, step["object"]).progress, ctx.clock.now()
    if progress.code:  # support knows, and the clock tries again
        return _failed(step, Problem(code=progress.code, message=progress.message))
    if progress.rests(now):
        seconds = max(progress.lease_until, progress.not_before) - now
        return _next(step, "WaitForSource", seconds=min(int(seconds) + 1, LONGEST_WAIT))
    return _next(step, "Load")


def _load(ctx: Context, step: dict[str, Any]) -> dict[str, Any]:
    """Look at the runs of the files that have landed since the execution began. A loaded file is no longer there."""
    runs = _runs_since(ctx, step["object"], _began(step) - SKEW_SECONDS)
    if any(run is None or not run.finished for run in runs):
        return _later(ctx, step, "WaitForLoads")
    for run in runs:
        if run and run.state in NOT_LOADED:
            return _failed(step, run.problem or Problem(code=run.state.value, message="a file was not loaded"))
    return _next(step, "Export")


def _runs_since(ctx: Context, object: str, since: float) -> Sequence[Run | None]:
    """Return the run of each file that landed in an object's folder since then; None where it has none yet."""
    bucket = ctx.settings.bucket
    files = [file.key for file in ctx.objects.list(bucket, landing_folder(object)) if file.last_modified >= since]
    newest = ctx.runs.newest_of(bucket, files)
    runs = {run.run_id: run for run in ctx.runs.get_many([found.run_id for found in newest.values()])}
    return [runs.get(newest[key].run_id) if key in newest else None for key in files]


def _export(ctx: Context, step: dict[str, Any]) -> dict[str, Any]:
    """Look at the export of the object, if it has one."""
    export = read_export(ctx, step["object"])
    if export and export.state in (ExportState.WAITING, ExportState.RUNNING):
        return _later(ctx, step, "WaitForExport")
    if export and export.state is ExportState.FAILING:  # support knows, and the sweep tries again
        return _failed(step, Problem(code=export.progress.code, message=export.progress.message))
    return _next(step, "Ended")


def _later(ctx: Context, step: dict[str, Any], state: str) -> dict[str, Any]:
    taken = ctx.clock.now() - _began(step)
    return _next(step, state, seconds=int(min(max(taken / 4, SHORTEST_WAIT), LONGEST_WAIT)))


def _failed(step: dict[str, Any], problem: Problem) -> dict[str, Any]:
    return _next(step, "Failed") | {"problem": {"code": problem.code, "message": problem.message}}


def _next(step: dict[str, Any], state: str, *, seconds: int = 0) -> dict[str, Any]:
    return {"object": step["object"], "next": state, "seconds": seconds}


def _began(step: dict[str, Any]) -> float:
    return datetime.fromisoformat(step["began"]).timestamp()
