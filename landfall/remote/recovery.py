"""`landfall backfill` and `redrive`: bring back files whose events or workers were lost, through the REST API."""

from __future__ import annotations

from typing import Any

from landfall.faults import ExitCode
from landfall.remote.api import Api
from landfall.screen import print_json, print_lines
from landfall.text import plural


def backfill(api: Api, prefix: str, object: str, *, dry_run: bool, as_json: bool) -> ExitCode:
    """Start landed files that have no run. Raises CommandError."""
    order = {name: value for name, value in (("prefix", prefix), ("object", object)) if value}
    answer = _all(api, "/backfill", {**order, "dry_run": dry_run}, ("seen", "archived", "ignored", "failed"))
    if as_json:
        print_json(answer)
        return _exit(answer)
    _show(answer["runs"], "would start" if dry_run else "started")
    print_lines(f"{plural(answer['seen'], 'file')} looked at: {len(answer['runs'])} without a run")
    if answer["archived"]:
        put = "would be put" if dry_run else "put"
        print_lines(f"{plural(answer['archived'], 'second drop')} of loaded files {put} into the archive")
    if answer["ignored"]:
        print_lines(f"{plural(answer['ignored'], 'file')} beside the data ignored")
    if answer["failed"]:
        print_lines(f"{answer['failed']} could not be looked at: see the log of the function api_handler")
    return _exit(answer)


def _exit(answer: dict[str, Any]) -> ExitCode:
    return ExitCode.BAD if answer["failed"] else ExitCode.OK


def redrive(api: Api, *, dry_run: bool, as_json: bool) -> ExitCode:
    """Start runs again that dead letters ended. Raises CommandError."""
    answer = _all(api, "/redrive", {"dry_run": dry_run}, ("messages",))
    if as_json:
        print_json(answer)
    else:
        _show(answer["runs"], "would start" if dry_run else "started")
        for run in answer["skipped"]:
            print_lines(f"skipped {run['file']}: {run['message']}")
        if answer["messages"]:
            print_lines(f"{plural(answer['messages'], 'message')} moved back from the dead-letter queues")
        if not (answer["runs"] or answer["skipped"] or answer["messages"]):
            print_lines("there are no dead letters, and no run ended by one")
    return ExitCode.BAD if answer["skipped"] and not answer["runs"] else ExitCode.OK


def _all(api: Api, path: str, order: dict[str, Any], counts: tuple[str, ...]) -> dict[str, Any]:
    """Make as many calls as needed, and return their answers as one."""
    skipped: dict[str, Any] = {"skipped": []} if "messages" in counts else {}
    whole: dict[str, Any] = {"runs": [], **skipped, **dict.fromkeys(counts, 0)}
    while True:
        answer = api.post(path, order)
        for name in whole:
            whole[name] += answer[name]
        if not answer["cursor"] and not answer.get("more_messages"):
            return {**whole, "dry_run": order["dry_run"]}
        order["cursor"] = answer["cursor"]


def _show(runs: list[dict[str, Any]], what: str) -> None:
    for run in runs:
        unrouted = "" if run["object"] else "; no contract matches its key"
        print_lines(f"{what} {run['file']} (run {run['run_id']}{unrouted})")
