"""The API's JSON of a run. Pure: a run, its chunks and the time in, JSON-ready values out; never a row's value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from chalicelib.api.run_progress import attempts, chunk_states, eta, percent, rate, step_seconds
from chalicelib.config import Settings
from chalicelib.domain.contract.tally import total
from chalicelib.domain.run import keys
from chalicelib.domain.run.cost import BY_MESSAGES, PRICES_OF, Calls, costs, usage_of
from chalicelib.domain.run.model import NOT_KEPT, Chunk, Problem, Run, RunState
from chalicelib.operations.health import OLDEST_OF, Health
from chalicelib.operations.lookup import RunDetails
from chalicelib.operations.recovery import Backfill, Redrive
from chalicelib.operations.reject_list import RejectList, sealed
from chalicelib.operations.rerun_files import Reruns
from chalicelib.pipeline.exporting import Export
from chalicelib.ports import Page

DryRun = Callable[[Run], Run | None]
"""Returns the run as it is recorded now."""


def status(found: RunDetails, by: Calls = BY_MESSAGES) -> dict[str, Any]:
    """Return all details of one run; `others` are runs of other versions, or of files with the same name.

    `by` has the calls that moving it on takes.
    """
    run, chunks, now = found.run, found.chunks, found.now
    seconds = step_seconds(run, now)
    return {
        **brief(run),
        "percent": percent(run, chunks),
        "generation": run.generation,
        "version": {"etag": run.source.etag, "version_id": run.source.version_id},
        "chunks": chunk_states(run, chunks),
        "rows": asdict(run.counts),
        "left_out": total([run.left_out]),
        "altered": total([run.altered]),
        "balanced": run.counts.settled if run.state is RunState.LOADED else run.counts.balanced,
        "bytes": {"total": run.source.size, "staged": run.bytes_staged, "text": run.text_bytes or None},
        "rows_per_second": rate(run.counts.read, seconds.get("stage")),
        "bytes_per_second": rate(run.bytes_staged, seconds.get("stage")),
        "eta_seconds": eta(run, chunks, seconds.get("stage")),
        "loads_at": moment_or_none(found.loads_at),
        "seconds": seconds,
        "attempts": attempts(run, chunks),
        "first_error": error(run.problem),
        "rejects": uri(run, keys.rejects_prefix(run)) if run.counts.rejected and sealed(run) else None,
        "archive": uri(run, run.archive_key) if run.archive_key not in ("", NOT_KEPT) else None,
        "export": export(found.export) if found.export else None,
        "accepted_by": run.accepted_by or None,
        "cancel_requested": run.cancel_requested,
        "cost": receipt(run, chunks, now, by),
        "finished": run.finished,
        "others": [brief(other) for other in found.others],
    }


def receipt(run: Run, chunks: Sequence[Chunk], now: float, by: Calls) -> dict[str, Any]:
    """Return the resources that this load of the file has used so far, and their list prices in USD."""
    used = usage_of(run, chunks, now, by)
    return {
        "estimate": True,
        "prices": PRICES_OF,
        "usd": round(sum(costs(used).values()), 6),
        "used": {name: round(amount, 3) for name, amount in asdict(used).items()},
    }


def brief(run: Run) -> dict[str, Any]:
    """Return a run in a list."""
    return {
        "run_id": run.run_id,
        "object": run.object or None,
        "file": run.source.key,
        "bucket": run.source.bucket,
        "state": run.state.value,
        "load_id": run.load_id,
        "arrived_at": moment(run.arrived_at),
        "updated_at": moment(run.updated_at),
        "code": run.problem.code if run.problem else None,
        "corrects": corrects(run),
    }


def runs(page: Page) -> dict[str, Any]:
    """Return a page of runs."""
    return {"runs": [brief(run) for run in page.runs], "cursor": page.cursor}


def reruns(done: Reruns, dry_run: DryRun | None) -> dict[str, Any]:
    """Return the runs that were started again and those that were skipped. A dry run shows the runs' present states."""
    return {
        "object": done.object,
        "runs": [started(run) if dry_run is None else would_start(run, dry_run(run)) for run in done.started],
        "skipped": [{**started(one.run), "code": one.why.code, "message": one.why.message} for one in done.skipped],
        "cursor": done.cursor,
        "dry_run": dry_run is not None,
    }


def backfill(done: Backfill, *, dry_run: bool) -> dict[str, Any]:
    """Return the runs that a scan of the landing folders started."""
    return {
        "runs": [would_start(run, None) if dry_run else started(run) for run in done.started],
        "seen": done.seen,
        "archived": done.archived,
        "ignored": done.ignored,
        "failed": done.failed,
        "cursor": done.cursor,
        "dry_run": dry_run,
    }


def redrive(done: Redrive, *, dry_run: bool) -> dict[str, Any]:
    """Return the messages and runs that were restored from dead letters."""
    shown = reruns(done.reruns, None)
    del shown["object"]
    return {**shown, "messages": done.messages, "more_messages": done.more_messages, "dry_run": dry_run}


def rejects(found: RejectList) -> dict[str, Any]:
    """Return a page of rejects, and the run and columns that their corrections must name."""
    return {
        **started(found.run),
        **to_be_corrected(found.run, found.columns),
        "total": found.run.counts.rejected,
        "rejects": found.rejects,
        "cursor": found.cursor,
        **({"note": found.note} if found.note else {}),
    }


def resubmitted(run: Run, rows: int) -> dict[str, Any]:
    """Return the run that merges corrected rows."""
    return {**started(run), "corrects": corrects(run), "rows": rows}


def health(found: Health, settings: Settings, contracts: int) -> dict[str, Any]:
    """Return the health of the deployment."""
    code = found.warehouse_error
    return {
        "status": "degraded" if code else "ok",
        "stage": settings.stage,
        "contracts": contracts,
        "warehouse": {"reachable": False, "code": code} if code else {"reachable": True},
        "unfinished": {
            "runs": found.unfinished,
            "more": found.unfinished == OLDEST_OF,
            "oldest_seconds": round(found.oldest_seconds, 1),
        },
        "late": list(found.late),
        **({"dashboard": settings.dashboard_url} if settings.dashboard_url else {}),
    }


def would_start(run: Run, now: Run | None) -> dict[str, Any]:
    """Return a run that a dry run would start: in its present state, and without a load id."""
    shown = started(run)
    del shown["load_id"]
    return {**shown, "state": now.state.value if now else None}


def started(run: Run) -> dict[str, Any]:
    """Return a run that a request started."""
    return {
        "run_id": run.run_id,
        "object": run.object,
        "file": run.source.key,
        "load_id": run.load_id,
        "state": run.state.value,
    }


def to_be_corrected(run: Run, columns: Sequence[str]) -> dict[str, Any]:
    """Return the fields that corrected rows are sent back with. A row that stays bad is still a reject of the file."""
    generation = run.corrects.generation if run.corrects else run.generation
    return {"corrects": corrects(run), "generation": generation, "columns": list(columns)}


def corrects(run: Run) -> str | None:
    """Return the id of the run whose rejected rows this one corrects, or None."""
    return run.corrects.run_id if run.corrects else None


def export(found: Export) -> dict[str, Any]:
    """Return how the export of an object stands."""
    progress = found.progress
    return {
        "file": found.url,
        "state": found.state.value,
        "as_of": moment_or_none(progress.exported_at),
        "tries": progress.tries,
        "error": last_error(progress.code, progress.message),
    }


def error(problem: Problem | None) -> dict[str, Any] | None:
    """Return why a file is not loaded, or its first bad row."""
    return asdict(problem) if problem else None


def last_error(code: str, message: str) -> dict[str, str] | None:
    """Return why the last try of a source or of an export failed; None if it did not."""
    return {"code": code, "message": message} if code else None


def uri(run: Run, key: str) -> str:
    return f"s3://{run.source.bucket}/{key}"


def moment(seconds: float) -> str:
    """Return a time in ISO 8601, UTC, with milliseconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment_or_none(seconds: float) -> str | None:
    """Return a time in the same form; None for 0, which stands for no time."""
    return moment(seconds) if seconds else None
