"""`landfall sources` and `fetch`: how far sources have been read, and reading them now, through the REST API."""

from __future__ import annotations

from typing import Any

from landfall.faults import ExitCode, usage
from landfall.remote.api import Api, segment
from landfall.screen import print_json, print_lines


def sources(api: Api, *, as_json: bool) -> ExitCode:
    """Show all sources. Raises CommandError."""
    found = api.get("/sources")["sources"]
    if as_json:
        print_json({"sources": found})
    elif not found:
        print_lines("no contract has a source")
    else:
        for one in found:
            print_lines(_line(one), *_faults(one))
    return ExitCode.BAD if any(one["behind"] for one in found) else ExitCode.OK


def fetch(api: Api, object: str, start: str, until: str, *, as_json: bool) -> ExitCode:
    """Read a source now, or a window of it again. Raises CommandError."""
    if bool(start) != bool(until):
        raise usage("--from and --to belong together: they are the ends of a window that is read again")
    found = api.post(f"/sources/{segment(object)}", {"from": start, "to": until} if start else {})
    if as_json:
        print_json(found)
    else:
        print_lines(f"requested: {_line(found)}")
    return ExitCode.OK


def _line(one: dict[str, Any]) -> str:
    behind = ", behind its schedule" if one["behind"] else ""
    read = f"read up to {one['read_up_to']}" if one["read_up_to"] else "not read yet"
    return f"{one['object']} ({one['kind']}): {one['state']}, {read}, next at {one['next_at']}{behind}"


def _faults(one: dict[str, Any]) -> list[str]:
    error = one["error"]
    return [f"  {error['message']} ({error['code']}; {one['tries']} tries)"] if error else []
