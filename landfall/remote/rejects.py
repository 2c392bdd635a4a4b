"""`landfall rejects` and `resubmit`: show a file's bad rows, write them for correction, and send them back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

from chalicelib.api.requests import MOST_CORRECTED_BYTES
from chalicelib.operations.commands import MOST_CORRECTED
from chalicelib.visible import visible
from landfall.faults import ExitCode, usage
from landfall.remote.api import Api, segment
from landfall.remote.letter import causes_of, letter
from landfall.remote.reject_file import Fix, Sheet, read_fixes, write_rejects
from landfall.remote.runs import BAD_STATES, END_STATES, SHORT_ID, exit_of, follow, print_status
from landfall.screen import Grid, console, print_json, print_lines, show
from landfall.text import plural

SHOWN_REJECTS = 20
NAMED_LINES = 10
IGNORED = {
    True: "_record is not read; the row is sent as its own columns have it",
    False: "_record is not read, and the row is left out; fill in its own columns to send it",
}
"""Notes on rows with a value in `_record`, by whether the row is sent."""
EACH_ROW = 64
"""Bytes of a row in a request, beside its values."""


def write_letter(api: Api, name: str) -> ExitCode:
    """Print the letter to a file's supplier; without a fault of the file, report why there is none."""
    status = api.get(f"/status/{segment(name)}")
    pages = api.answers(f"/rejects/{segment(status['run_id'])}", limit=200)
    causes = causes_of(reject for page in pages for reject in page["rejects"])
    if not causes and status["state"] != "REJECTED":
        print_lines(f"{status['file']}: {_why_none(api, status['run_id'])}", stderr=True)
        return ExitCode.OK
    print_lines(*letter(status, causes))
    return ExitCode.OK


def rejects(api: Api, name: str, out: Path | None, *, as_json: bool) -> ExitCode:
    """Show a file's bad rows, or write them for the operator to correct. Raises CommandError."""
    pages = api.answers(f"/rejects/{segment(name)}", limit=200)
    page = next(pages)
    found = chain(page["rejects"], (reject for later in pages for reject in later["rejects"]))
    first = list(islice(found, SHOWN_REJECTS + 1))
    if not first:
        print_lines(f"{page['file']}: {_why_none(api, name)}", stderr=True)
    if out and first:
        count = write_rejects(out, _sheet(page), chain(first, found))
        print_lines(f"{plural(count, 'reject')} of {page['file']} written to {out}", stderr=True)
        if page["state"] == "REJECTED":
            whole = "fix it as a whole and push it again; resubmit is for rows of LOADED files"
            print_lines(f"the file is REJECTED: {whole}", stderr=True)
    elif as_json:
        for reject in chain(first, found):
            print_json(reject)
    elif first:
        print_lines(f"{page['file']} (run {page['run_id'][:SHORT_ID]})", stderr=True)
        _show_rejects(first)
    return ExitCode.OK


def _sheet(page: Mapping[str, Any]) -> Sheet:
    run_id = page["corrects"] or page["run_id"]
    return Sheet(load=f"{run_id}-{page['generation']}", columns=page["columns"])


def _show_rejects(first: list[dict[str, Any]]) -> None:
    """Print rejects as a table if it fits, else in a few lines each."""
    rows = [(str(r["line"]), r["column"], str(r["code"]), r["reason"], _one_line(r["record"])) for r in first]
    columns = ("line", "column", "code", "reason", "record")
    table, screen = Grid(columns=columns, rows=rows[:SHOWN_REJECTS], right=("line", "code")), console()
    if screen.is_terminal and table.width > screen.width:
        for line, _, code, reason, record in table.rows:
            print_lines(f"line {line}: {reason} (code {code})", f"  {record}")
    else:
        show(screen, table)
    if len(first) > SHOWN_REJECTS:
        print_lines("and more: --out FILE.csv or --json writes all")


def _why_none(api: Api, name: str) -> str:
    """Return why there are no rejects: the file is good, refused as a whole, or not checked yet."""
    status = api.get(f"/status/{segment(name)}")
    problem, state = status["first_error"], status["state"]
    if state in BAD_STATES and problem:
        return f"no row was rejected: the file as a whole is {state}: {problem['message']} ({problem['code']})"
    if state not in END_STATES:
        return f"no rejects yet: the file is {state}, and they are listed once all of its chunks are staged"
    corrected = f"; {plural(status['rows']['corrected'], 'rejected row')} corrected" if _corrected(status) else ""
    return f"no rejects: the file is {state}{corrected}"


def _corrected(status: Mapping[str, Any]) -> bool:
    return bool(status["rows"].get("corrected"))


def _one_line(record: str) -> str:
    """Return the beginning of a record, with visible signs for characters that are not printable."""
    return visible(record[:200]) + ("…" if len(record) > 200 else "")


# ---- and back -------------------------------------------------------------------------------------------------------


def resubmit(api: Api, path: Path, *, wait: bool, as_json: bool) -> ExitCode:
    """Send corrected rows back; with `wait`, follow them and report the result. Raises CommandError."""
    fixes = read_fixes(path)
    if fixes.left_out:
        print_lines(f"{plural(fixes.left_out, 'row')} without any value left out", stderr=True)
    for sent, numbers in fixes.records.items():
        if numbers:
            print_lines(f"{_lines(numbers)}: {IGNORED[sent]}", stderr=True)
    codes = [ExitCode.OK]
    for load, rows in fixes.rows.items():
        run_id, _, generation = load.partition("-")
        for some in batches(fixes.columns, rows):
            body = {"generation": int(generation), "columns": list(fixes.columns), "rows": [row.body for row in some]}
            started = api.post(f"/rejects/{segment(run_id)}", body)
            codes.append(_waited(api, started, as_json=as_json) if wait else _sent(started, as_json=as_json))
    if len(codes) == 1:
        print_lines("no row to send", stderr=True)
    return max(codes)


def _lines(numbers: Sequence[int]) -> str:
    """Name the first of some lines, and the number of the others."""
    more = len(numbers) - NAMED_LINES
    named = ", ".join(map(str, numbers[:NAMED_LINES])) + (f" and {more:,} more" if more > 0 else "")
    return f"line {named}" if len(numbers) == 1 else f"lines {named}"


def batches(columns: Sequence[str], rows: Sequence[Fix]) -> Iterator[list[Fix]]:
    """Split rows into as few requests as their bytes and number allow. Raises CommandError for a row that fits none."""
    room = MOST_CORRECTED_BYTES - len(json.dumps(columns, ensure_ascii=False).encode()) - EACH_ROW
    some: list[Fix] = []
    left = room
    for row in rows:
        size = len(json.dumps(row.body, ensure_ascii=False).encode()) + EACH_ROW
        if size > room:
            raise usage(f"the row of line {row.line} is too large to send: {size:,} bytes, and the limit is {room:,}")
        if some and (size > left or len(some) == MOST_CORRECTED):
            yield some
            some, left = [], room
        some.append(row)
        left -= size
    if some:
        yield some


def _sent(started: Mapping[str, Any], *, as_json: bool) -> ExitCode:
    if as_json:
        print_json(started)
    else:
        print_lines(f"sent {plural(started['rows'], 'row')}; `landfall status {started['run_id']}` shows their state")
    return ExitCode.OK


def _waited(api: Api, started: Mapping[str, Any], *, as_json: bool) -> ExitCode:
    run_id = started["run_id"]
    status = follow(lambda: api.get(f"/status/{run_id}"), f"run {run_id} is not known", quiet=as_json)
    print_status(status, as_json=as_json)
    left = status["rows"]["rejected"]
    if left and not as_json:
        print_lines(
            f"{plural(left, 'row')} still bad: `landfall rejects {run_id}` shows why, and --out writes them to correct"
        )
    return ExitCode.BAD if left else exit_of(status)
