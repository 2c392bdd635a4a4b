"""`landfall status`, `rerun` and `cancel`: show and control runs through the REST API."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

from chalicelib.domain.contract.tally import listed
from chalicelib.visible import printable
from landfall.faults import ExitCode, usage
from landfall.remote.api import Api, NoAnswerError, NotThereError, segment
from landfall.remote.deployment import LOOPBACK
from landfall.remote.meter import Meter
from landfall.screen import Grid, console, moment, print_json, print_lines, seconds, show, size

BAD_STATES = ("FAILED", "REJECTED", "UNROUTED", "CANCELLED")
END_STATES = ("LOADED", "SUPERSEDED", *BAD_STATES)
POLL_SECONDS = 0.5
ARRIVAL_SECONDS = 60.0
"""Seconds that a new upload may take to get its run, and the API to answer while a run is followed."""
ANSWER_SECONDS = 5.0
"""Seconds for which a call is repeated as long as nothing has been changed."""
LOOK_AT = "see the log of the function on_incoming"
SHORT_ID = 8
"""Characters of a run id that are enough to distinguish versions of a file."""

Status = Mapping[str, Any]


def exit_of(status: Status) -> ExitCode:
    return ExitCode.BAD if status["state"] in BAD_STATES else ExitCode.OK


def show_status(api: Api, name: str, *, wait: bool, as_json: bool) -> ExitCode:
    """Show one file's run. Raises CommandError."""

    def look() -> Status:
        return api.get(f"/status/{segment(name)}")

    status = follow(look, missing(api, name), quiet=as_json) if wait else look()
    print_status(status, as_json=as_json)
    return exit_of(status)


def list_runs(api: Api, query: Mapping[str, str], limit: int, *, as_json: bool) -> None:
    """List the newest runs."""
    runs = api.pages("/runs", "runs", **query, limit=min(limit, 200))
    if as_json:
        for run in islice(runs, limit):
            print_json(run)
        return
    first = list(islice(runs, limit + 1))
    rows = [
        (named(r), r["object"] or "", r["state"], moment(r["arrived_at"]), r["run_id"][:SHORT_ID], _problem(r))
        for r in first[:limit]
    ]
    columns = ("file", "object", "state", "arrived", "run", "problem")
    if rows:
        show(console(), Grid(columns=columns, rows=rows, cut="file", drop=("object", "arrived")))
    else:
        print_lines("no runs")
    if len(first) > limit:
        print_lines(f"and more: these are the newest {limit}; --limit N shows more")


def named(run: Mapping[str, Any]) -> str:
    """Return the file's key, or a clearer name for corrected rows."""
    return f"corrected rows of {run['corrects'][:SHORT_ID]}" if run.get("corrects") else str(run["file"])


def _problem(run: Mapping[str, Any]) -> str:
    """Return why the file is not loaded, or the code of a loaded file's first bad row."""
    code = run["code"] or ""
    return f"bad rows ({code})" if code and run["state"] not in BAD_STATES else code


def print_status(status: Status, *, as_json: bool) -> None:
    """Print a run in full."""
    if as_json:
        print_json(status)
        return
    print_lines(*lines_of(status))


def lines_of(status: Status) -> Iterator[str]:
    """Describe a run in a few lines."""
    rows, chunks = status["rows"], status["chunks"]
    took = status["seconds"].get("total", 0.0)
    percent = "" if status["state"] in BAD_STATES else f"  {status['percent']:.0f} %"  # 100 % would look like success
    yield f"{named(status)}  {status['state']}{percent}  (run {status['run_id']})"
    working = f", {chunks['staging']} at work" if chunks["staging"] else ""
    done = status["bytes"]
    whole = chunks["total"] and chunks["staged"] == chunks["total"]  # all but the header, which is in no chunk
    of = size(done["total"]) if whole else f"{size(done['staged'])} of {size(done['total'])}"
    yield f"  chunks  {chunks['staged']} of {chunks['total']} staged{working}; {of} in {seconds(took)}"
    if at := status.get("loads_at"):
        yield f"  waits   for the end of its load window at {at}"
    good = f"{rows['good']:,} good" + (f" + {rows['corrected']:,} corrected" if rows.get("corrected") else "")
    yield f"  rows    {rows['read']:,} read = {good} + {rows['rejected']:,} rejected"
    if status["state"] == "LOADED":
        parts = ("inserted", "updated", "unchanged", "duplicate", "superseded")
        applied = " + ".join(f"{rows[name]:,} {name}" for name in parts if rows[name])
        yield f"          {good} = {applied or 0}"
    if left_out := listed(status.get("left_out", {})):
        yield f"  left out  {left_out}"
    if altered := listed(status.get("altered", {})):
        yield f"  altered   {altered}"
    if export := status.get("export"):
        since = f", rows as of {export['as_of']}" if export["as_of"] else ""
        why = f": {export['error']['message']} ({export['error']['code']})" if export["error"] else ""
        yield f"  export  {export['file']}  {export['state']}{since}{why}"
    if by := status.get("accepted_by"):
        yield f"  bad rows accepted by {by}"
    if problem := status["first_error"]:
        place = f"line {problem['line']}"
        where = f"{place}: " if problem["line"] and f"{place}:" not in problem["message"] else ""
        came = " as it came" if rows.get("corrected") else ""  # it may be among the corrected
        what = f"first bad row{came}" if status["state"] == "LOADED" else "problem"
        yield f"  {what}: {where}{problem['message']} ({problem['code']})"
    if same := [other for other in status.get("others", ()) if other["file"] != status["file"]]:
        yield "  others  " + ", ".join(f"{named(other)} (run {other['run_id'][:SHORT_ID]})" for other in same)
    if status["rejects"]:
        yield f"  rejects {status['rejects']}"
        yield f"          landfall rejects {argument(status)}"


def argument(status: Status) -> str:
    """Return the file's name for a command line: its key, or the run id if a screen cannot show the key."""
    plain = printable(status["file"]) and not status.get("corrects")
    return shlex.quote(status["file"] if plain else status["run_id"])


def missing(api: Api, name: str) -> str:
    """Return the message for a file without a run."""
    local = api.deployment.api_url.startswith(LOOPBACK)
    look = "`landfall up` repairs an incomplete stack, and its logs are in .landfall/logs" if local else LOOK_AT
    return f"{name} did not arrive: no event for it was seen within {ARRIVAL_SECONDS:.0f} s; {look}"


def follow(look: Callable[[], Status], missing: str, *, quiet: bool, patience: float = ARRIVAL_SECONDS) -> Status:
    """Watch a run until it ends; with a bar on a terminal, else a line for each change.

    Raises CommandError: with `missing` as its message if there is no run after `patience` seconds, and with the API's
    fault if the API does not answer for as long.
    """
    began = answered = time.monotonic()
    with Meter(quiet=quiet) as meter:
        watch = _Watch(meter, quiet=quiet)
        while True:
            try:
                status = look()
            except NotThereError:
                answered = time.monotonic()
                watch.waiting("waiting for it to arrive ...")
                if answered - began > patience:
                    raise NotThereError(missing, ExitCode.ABSENT) from None
            except NoAnswerError as fault:
                watch.waiting(f"{fault.message}; trying again ...")
                if time.monotonic() - answered > patience:
                    raise
            else:
                answered = time.monotonic()
                watch.show(status)
                if status["state"] in END_STATES:
                    return status
            time.sleep(POLL_SECONDS)


def patiently(look: Callable[[], Status]) -> Status:
    """Repeat a call until the API answers. Raises CommandError at once, NoAnswerError after ANSWER_SECONDS."""
    give_up = time.monotonic() + ANSWER_SECONDS
    while True:
        try:
            return look()
        except NoAnswerError:
            if time.monotonic() > give_up:
                raise
            time.sleep(POLL_SECONDS)


def version_of(api: Api, key: str, etag: str) -> Callable[[], Status]:
    """Return a look at the run of one content of a key. It raises NotThereError while only an older one has arrived."""

    def look() -> Status:
        status = api.get(f"/status/{segment(key)}")
        if etag and status["version"]["etag"] != etag:
            raise NotThereError(f"the newest known version of {key} is an older one", ExitCode.ABSENT)
        return status

    return look


def rerun(api: Api, target: str, request: Mapping[str, Any], *, as_json: bool) -> ExitCode:
    """Run a file, or an object's files, again. `request` is the API's. Raises CommandError."""
    order, dry_run = dict(request), request["dry_run"]
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
        print_json({"object": answer["object"], "runs": started, "skipped": skipped, "dry_run": dry_run})
    else:
        for run in started:
            print_lines(f"{'would start' if dry_run else 'started'} {run['file']} (run {run['run_id']})")
        for run in skipped:
            print_lines(f"skipped {run['file']}: {run['message']}")
        if not started and not skipped:
            print_lines(f"{target} has nothing to run again")
        if started and not dry_run:
            which = "it" if len(started) == 1 else "the last"
            print_lines(f"`landfall status {started[-1]['run_id']} --wait` follows {which}")
    return ExitCode.BAD if skipped and not started else ExitCode.OK


def cancel(api: Api, name: str, *, wait: bool, as_json: bool) -> ExitCode:
    """Stop a file's run. Raises CommandError, also if it has ended already."""
    found = api.get(f"/status/{segment(name)}")
    run_id, others = found["run_id"], {other["file"] for other in found.get("others", ())} - {found["file"]}
    if others:
        keys = ", ".join(sorted({found["file"], *others}))
        raise usage(f"several files are called {name}: use one of the keys {keys}")
    answer = api.delete(f"/runs/{run_id}")
    if wait and answer["state"] not in END_STATES:
        look: Callable[[], Status] = lambda: api.get(f"/status/{run_id}")  # noqa: E731
        answer = {**answer, "state": follow(look, missing(api, name), quiet=as_json)["state"]}
    if as_json:
        print_json(answer)
    elif answer["state"] == "CANCELLED":
        print_lines(f"cancelled {answer['file']} (run {run_id})")
    elif answer["state"] in END_STATES:
        print_lines(f"too late: {answer['file']} is {answer['state']} (run {run_id})")
    else:
        print_lines(f"its load is being stopped: {answer['file']}; `landfall status {run_id}` shows how it ended")
    return ExitCode.BAD if answer["state"] in END_STATES and answer["state"] != "CANCELLED" else ExitCode.OK


class _Watch:
    """A run's progress on stderr: a bar on a terminal, else a line for each change."""

    def __init__(self, meter: Meter, *, quiet: bool) -> None:
        self._meter, self._quiet, self._last = meter, quiet, ""

    def show(self, status: Status) -> None:
        """Show the run's progress."""
        state, chunks = status["state"], status["chunks"]
        eta = f", {seconds(status['eta_seconds'])} to go" if status["eta_seconds"] else ""
        eta = f", loads at {at}" if (at := status.get("loads_at")) else eta
        counts = f"{chunks['staged']}/{chunks['total']} chunks  {status['rows']['read']:,} rows{eta}"
        self._line(
            f"{state}  {counts}", None if state in BAD_STATES else status["percent"], f"{status['file']}: {state}"
        )

    def waiting(self, text: str) -> None:
        """Show why there is no progress: there is no run yet, or no answer."""
        self._line(text, None, text)

    def _line(self, text: str, percent: float | None, plain: str) -> None:
        self._meter.show(text, percent)
        if not (self._quiet or self._meter.shown or plain == self._last):
            print_lines(plain, stderr=True)
        self._last = plain
