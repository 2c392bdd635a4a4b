"""`landfall status`, `rerun` and `rejects`: what the REST API knows of files, for people and for programs."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from cli.api import Api, NotThereError, segment
from cli.faults import ExitCode
from cli.reject_file import write_rejects
from cli.screen import console, grid, seconds, size

BAD_STATES = ("FAILED", "REJECTED", "UNROUTED")
END_STATES = ("LOADED", "SUPERSEDED", *BAD_STATES)
POLL_SECONDS = 0.5
ARRIVAL_SECONDS = 60.0
"""How long a file that was just uploaded may take to be known."""
SHOWN_REJECTS = 20

Status = Mapping[str, Any]


def exit_of(status: Status) -> ExitCode:
    return ExitCode.BAD if status["state"] in BAD_STATES else ExitCode.OK


def show_status(api: Api, name: str, *, wait: bool, as_json: bool) -> ExitCode:
    """One file. Raises CommandError."""
    status = follow(lambda: api.get(f"/status/{segment(name)}"), quiet=as_json) if wait else None
    status = status or api.get(f"/status/{segment(name)}")
    tell(status, as_json=as_json)
    return exit_of(status)


def list_runs(api: Api, query: Mapping[str, str], limit: int, *, as_json: bool) -> None:
    """The newest runs."""
    runs = islice(api.pages("/runs", "runs", **query, limit=min(limit, 200)), limit)
    if as_json:
        for run in runs:
            print(json.dumps(run))
        return
    rows = [(r["file"], r["object"] or "", r["state"], r["arrived_at"], r["code"] or "") for r in runs]
    console().print(grid(("file", "object", "state", "arrived", "problem"), rows) if rows else "no runs")


def tell(status: Status, *, as_json: bool) -> None:
    """All there is to say of a run."""
    if as_json:
        print(json.dumps(status))
        return
    for line in lines_of(status):
        console().print(line)


def lines_of(status: Status) -> Iterator[str]:
    """A run in a few lines."""
    rows, chunks = status["rows"], status["chunks"]
    took = status["seconds"].get("total", 0.0)
    yield f"{status['file']}  {status['state']}  {status['percent']:.0f} %  (run {status['run_id']})"
    yield (
        f"  chunks  {chunks['staged']} of {chunks['total']} staged, {chunks['staging']} at work;"
        f" {size(status['bytes']['staged'])} of {size(status['bytes']['total'])} in {seconds(took)}"
    )
    yield f"  rows    {rows['read']:,} read = {rows['good']:,} good + {rows['rejected']:,} rejected"
    if status["state"] == "LOADED":
        parts = ("inserted", "updated", "unchanged", "duplicate", "superseded")
        applied = " + ".join(f"{rows[name]:,} {name}" for name in parts if rows[name])
        yield f"          {rows['good']:,} good = {applied or 0}"
    if problem := status["first_error"]:
        where = f"line {problem['line']}: " if problem["line"] else ""
        what = "first bad row" if status["state"] == "LOADED" else "problem"
        yield f"  {what}: {where}{problem['message']} ({problem['code']})"
    if status["rejects"]:
        yield f"  rejects {status['rejects']}"


def follow(look: Callable[[], Status], *, quiet: bool) -> Status:
    """Watch a run until it ends; with a bar on a terminal, else a line for each change. Raises CommandError."""
    shown, last = _Bar(quiet=quiet), time.monotonic()
    try:
        while True:
            try:
                status = look()
            except NotThereError:
                if time.monotonic() - last > ARRIVAL_SECONDS:
                    raise
            else:
                shown.show(status)
                if status["state"] in END_STATES:
                    return status
            time.sleep(POLL_SECONDS)
    finally:
        shown.end()


def version_of(api: Api, key: str, etag: str) -> Callable[[], Status]:
    """Looks at the run of one content of a key, and at no older one. Raises NotThereError while it has not arrived."""

    def look() -> Status:
        status = api.get(f"/status/{segment(key)}")
        if etag and status["version"]["etag"] != etag:
            raise NotThereError(f"the file at {key} did not arrive: no event for it was seen", ExitCode.ABSENT)
        return status

    return look


def rerun(api: Api, target: str, *, everything: bool, dry_run: bool, as_json: bool) -> ExitCode:
    """Run a file, or an object's files, again. Raises CommandError."""
    order: dict[str, Any] = {"dry_run": dry_run, **({"failed_only": False} if everything else {})}
    started: list[dict[str, Any]] = []
    skipped: list[dict[str, Any]] = []
    while True:
        answer = api.post(f"/runs/{segment(target)}", order)
        started += answer["runs"]
        skipped += answer["skipped"]
        if not answer["cursor"]:
            break
        order["cursor"] = answer["cursor"]
    if as_json:
        print(json.dumps({"object": answer["object"], "runs": started, "skipped": skipped, "dry_run": dry_run}))
    else:
        for run in started:
            print(f"{'would start' if dry_run else 'started'} {run['file']} (run {run['run_id']})")
        for run in skipped:
            print(f"skipped {run['file']}: {run['message']}")
        if not started and not skipped:
            print(f"{target} has nothing to run again")
    return ExitCode.BAD if skipped and not started else ExitCode.OK


def rejects(api: Api, name: str, out: Path | None, *, as_json: bool) -> ExitCode:
    """Show a file's bad rows, or write them for people to mend. Raises CommandError."""
    found = api.pages(f"/rejects/{segment(name)}", "rejects", limit=200)
    if out:
        count = write_rejects(out, found)
        print(f"{count:,} rejects written to {out}", file=sys.stderr)
        return ExitCode.OK
    if as_json:
        for reject in found:
            print(json.dumps(reject))
        return ExitCode.OK
    first = list(islice(found, SHOWN_REJECTS + 1))
    rows = [(str(r["line"]), r["column"], str(r["code"]), r["reason"], _one_line(r["record"])) for r in first]
    table = grid(("line", "column", "code", "reason", "record"), rows[:SHOWN_REJECTS], right=("line", "code"))
    console().print(table if rows else "no rejects")
    if len(first) > SHOWN_REJECTS:
        console().print("and more: --out FILE.csv or --json gives all")
    return ExitCode.OK


def _one_line(record: str) -> str:
    """Control characters made visible: a record must not steer the terminal."""
    shown = "".join(c if c.isprintable() else repr(c)[1:-1] for c in record[:200])
    return shown + ("…" if len(record) > 200 else "")


class _Bar:
    """A run's progress on stderr."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet, self._terminal, self._state = quiet, sys.stderr.isatty(), ""

    def show(self, status: Status) -> None:
        if self._quiet:
            return
        done, chunks = int(status["percent"] / 5), status["chunks"]
        if self._terminal:
            eta = f", {seconds(status['eta_seconds'])} to go" if status["eta_seconds"] else ""
            bar = f"{'█' * done}{'░' * (20 - done)} {status['percent']:3.0f} %"
            rest = (
                f"{status['state']}  {chunks['staged']}/{chunks['total']} chunks  {status['rows']['read']:,} rows{eta}"
            )
            print(f"\r{bar}  {rest}\x1b[K", end="", file=sys.stderr, flush=True)
        elif status["state"] != self._state:
            print(f"{status['file']}: {status['state']}", file=sys.stderr, flush=True)
        self._state = status["state"]

    def end(self) -> None:
        if self._terminal and not self._quiet:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
