"""Requests: path, query and body as values, or a BadRequest that names the field and how to write it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from chalice.app import Request

from chalicelib.adapters.secrets import Principal
from chalicelib.domain.run.cursors import is_count
from chalicelib.domain.run.model import RunState
from chalicelib.operations.commands import (
    MOST_CORRECTED,
    USUAL_PER_PAGE,
    BackfillRequest,
    BadRequest,
    PageQuery,
    RedriveRequest,
    RerunRequest,
    ResubmitRequest,
    RunQuery,
    fold,
)
from chalicelib.operations.sources import WindowRequest


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request, and who sent it."""

    request: Request
    principal: Principal


LONGEST_BODY = 65_536
NAMELESS = "a token without a name"
MOST_CORRECTED_BYTES = 3_000_000
"""Lambda takes 6 MB, and counts a body's quotes and backslashes twice."""
MOST_PER_PAGE = 200
YEAR_10000 = 253_402_300_800.0


def path_text(segment: str) -> str:
    """Decode a path parameter: it arrives encoded, so `%2F` is a slash and `+` is a plus. Raises BadRequest."""
    try:
        text = unquote(segment, errors="strict")
        text.encode()  # half a character may have been sent as such
    except UnicodeError as error:
        raise BadRequest("the path is not UTF-8; encode each byte of the key's UTF-8 as %XX") from error
    return text


# ---- body ----------------------------------------------------------------------------------------------------------


def rerun_request(raw: bytes | str | None, principal: str) -> RerunRequest:
    """Read the body of POST /runs/{object}, which that principal sent; it may be empty. Raises BadRequest."""
    given = _json_object(raw)
    _only(given, ("file", "period", "failed_only", "accept_rejects", "restore", "dry_run", "cursor"), "field")
    if given.get("file") and given.get("period"):
        raise BadRequest('"file" and "period" exclude each other; send only one of them')
    return RerunRequest(
        file=_text(given, "file") or None,
        period=_period(given.get("period")),
        failed_only=_flag(given, "failed_only"),
        accepted_by=(principal or NAMELESS) if _flag(given, "accept_rejects") else "",
        restore=_flag(given, "restore") or False,
        dry_run=_flag(given, "dry_run") or False,
        cursor=_text(given, "cursor"),
    )


def resubmit_request(raw: bytes | str | None) -> ResubmitRequest:
    """Read the body of POST /rejects/{file}. Raises BadRequest."""
    given = _json_object(raw, MOST_CORRECTED_BYTES)
    _only(given, ("generation", "columns", "rows"), "field")
    generation: Any = given.get("generation")
    columns: Any = given.get("columns")
    rows: Any = given.get("rows")
    if not is_count(generation):
        raise BadRequest('"generation" must be the number that GET /rejects/{file} returned')
    if not _texts(columns) or len(set(columns)) != len(columns):
        raise BadRequest('"columns" must be the list of names that GET /rejects/{file} returned, each name once')
    if not isinstance(rows, list) or not 0 < len(rows) <= MOST_CORRECTED:
        raise BadRequest(f'"rows" must be a list of 1 to {MOST_CORRECTED} rows; send more in parts')
    values = dict(_corrected(row, len(columns)) for row in rows)
    if len(values) != len(rows):
        raise BadRequest('"rows" has two rows with the same "byte_offset"; send each row once')
    return ResubmitRequest(generation=generation, columns=tuple(columns), rows=values)


def _corrected(row: Any, width: int) -> tuple[int, tuple[str, ...]]:
    if isinstance(row, dict) and set(row) == {"byte_offset", "values"}:
        offset, values = row["byte_offset"], row["values"]
        if is_count(offset) and _texts(values) and len(values) == width:
            return offset, tuple(values)
    raise BadRequest(
        'each of "rows" must be {"byte_offset": ..., "values": [...]}: a number that GET /rejects/{file} returned, '
        'and a string for each of "columns"'
    )


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def backfill_request(raw: bytes | str | None) -> BackfillRequest:
    """Read the body of POST /backfill; an empty body means every file. Raises BadRequest."""
    given = _json_object(raw)
    _only(given, ("prefix", "object", "dry_run", "cursor"), "field")
    texts = {name: _text(given, name) for name in ("prefix", "object", "cursor")}
    return BackfillRequest(**texts, dry_run=_flag(given, "dry_run") or False)


def redrive_request(raw: bytes | str | None) -> RedriveRequest:
    """Read the body of POST /redrive. Raises BadRequest."""
    given = _json_object(raw)
    _only(given, ("dry_run", "cursor"), "field")
    return RedriveRequest(dry_run=_flag(given, "dry_run") or False, cursor=_text(given, "cursor"))


def _json_object(raw: bytes | str | None, longest: int = LONGEST_BODY) -> dict[str, Any]:
    if not raw or not raw.strip():
        return {}
    if len(raw) > longest:
        advice = "only the documented fields" if longest == LONGEST_BODY else "the rows in parts"
        raise BadRequest(f"the body has more than {longest} bytes; send {advice}")
    try:
        given = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise BadRequest('the body is not JSON; send an object such as {"dry_run": true}, or nothing') from error
    if not isinstance(given, dict):
        raise BadRequest('the body must be a JSON object such as {"dry_run": true}, or nothing')
    return given


def _whole_characters(given: Mapping[str, Any], what: str) -> None:
    """Refuse a text that UTF-8 cannot encode: no key and no value is such a text. Raises BadRequest."""
    try:
        json.dumps(given, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise BadRequest(f"a {what} has half a character (a lone surrogate); send whole characters") from error


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadRequest(f'"{name}" must be a string, such as {{"{name}": "..."}}')
    return value


def _flag(given: Mapping[str, Any], name: str) -> bool | None:
    value = given.get(name)
    if value is not None and not isinstance(value, bool):
        raise BadRequest(f'"{name}" must be true or false, without quotes')
    return value


def _period(value: Any) -> frozenset[str] | Mapping[str, str]:
    if value is None:
        return frozenset()
    if isinstance(value, str) and fold(value):
        return frozenset({fold(value)})
    if isinstance(value, list) and value and all(isinstance(v, str) and fold(v) for v in value):
        return frozenset(fold(v) for v in value)
    if isinstance(value, dict) and value and all(isinstance(v, str) and fold(v) for v in value.values()):
        return {name: fold(v) for name, v in value.items()}
    raise BadRequest(
        '"period" must be a captured value such as "2026", a list of them that must all be there, '
        'or an object by capture such as {"month": "May", "year": "2026"}; values are strings'
    )


def window_request(raw: bytes | str | None) -> WindowRequest:
    """Read the body of POST /sources/{object}; it may be empty. Raises BadRequest."""
    given = _json_object(raw)
    _only(given, ("from", "to"), "field")
    return WindowRequest(start=_text(given, "from"), until=_text(given, "to"))


# ---- query ---------------------------------------------------------------------------------------------------------


def run_query(given: Mapping[str, str] | None) -> RunQuery:
    """Read the query of GET /runs. Raises BadRequest."""
    query = dict(given or {})
    _only(query, ("object", "state", "since", "limit", "cursor"), "query parameter")
    return RunQuery(
        object=query.get("object", ""),
        state=_state(query.get("state", "")),
        since=_since(query.get("since", "")),
        limit=_limit(query.get("limit", "")),
        cursor=query.get("cursor", ""),
    )


def page_query(given: Mapping[str, str] | None) -> PageQuery:
    """Read the query of a route that only has pages. Raises BadRequest."""
    query = dict(given or {})
    _only(query, ("limit", "cursor"), "query parameter")
    return PageQuery(limit=_limit(query.get("limit", "")), cursor=query.get("cursor", ""))


def _only(given: Mapping[str, Any], known: tuple[str, ...], what: str) -> None:
    _whole_characters(given, what)
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise BadRequest(f'unknown {what} "{unknown[0][:64]}"; use one of {", ".join(known)}')


def _state(text: str) -> RunState | None:
    try:
        return RunState(text.upper()) if text else None
    except ValueError as error:
        raise BadRequest(f'"state" must be one of {", ".join(s.value for s in RunState)}') from error


def _limit(text: str) -> int:
    if not text:
        return USUAL_PER_PAGE
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= MOST_PER_PAGE):
        raise BadRequest(f'"limit" must be a number from 1 to {MOST_PER_PAGE}')
    return int(text)


def _since(text: str) -> float:
    """Return seconds since 1970 from ISO 8601 (UTC unless it has a zone), or from seconds. Raises BadRequest."""
    if not text:
        return 0.0
    try:
        seconds = float(text) if text.replace(".", "", 1).isdigit() else _iso(text)
    except (ValueError, OverflowError):
        seconds = YEAR_10000
    if seconds >= YEAR_10000:
        raise BadRequest('"since" must be a time such as 2026-05-31T08:00:00Z, a date, or seconds since 1970')
    return seconds


def _iso(text: str) -> float:
    time = datetime.fromisoformat(text)
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
