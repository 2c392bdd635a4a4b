"""Pages of a file's rejects. JSON lines are read by ranges, so a page costs only its own size."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from chalicelib.domain.run import keys
from chalicelib.domain.run.cursors import bad_cursor, is_count, is_text, read_cursor, write_cursor
from chalicelib.domain.run.model import Chunk, Run, SourceObject
from chalicelib.ports import ObjectStore

WINDOW_BYTES = 1 << 18
"""One ranged GET."""
PAGE_BYTES = 5 << 20
"""The largest page: a Lambda response has at most 6 MB."""
Shown = Callable[[dict[str, Any]], dict[str, Any]]
"""Turns a stored reject into the one that its reader sees."""

POSITION = {"load": is_text, "key": is_text, "at": is_count}


@dataclass(frozen=True, kw_only=True)
class RejectPage:
    """Some rejects in file order, and the cursor of the next page (empty at the end)."""

    rejects: tuple[dict[str, Any], ...]
    cursor: str = ""


def reject_page(
    objects: ObjectStore, run: Run, shown: Shown, *, cursor: str, limit: int, without: frozenset[int] = frozenset()
) -> RejectPage:
    """Read at most `limit` rejects after `cursor`, each passed through `shown`. Offsets in `without` are left out.

    Raises Refused (BAD_CURSOR) for a cursor of another load.
    """
    found: list[dict[str, Any]] = []
    size = 0
    for key, start, line in _lines(objects, run, *_position(run, cursor)):
        entry = _entry(line)
        if entry.get("byte_offset") in without:
            continue
        entry = shown(entry)
        size += sent_bytes(entry)
        if len(found) == limit or (found and size > PAGE_BYTES):
            return RejectPage(rejects=tuple(found), cursor=write_cursor({"load": run.load_id, "key": key, "at": start}))
        found.append(entry)
    return RejectPage(rejects=tuple(found))


def sent_bytes(entry: Mapping[str, Any]) -> int:
    """Return the bytes in Lambda's response: JSON with the body as a string, so quotes and backslashes grow twice."""
    body = json.dumps(entry, ensure_ascii=False)
    return len(json.dumps(body, ensure_ascii=False).encode("utf-8", "backslashreplace"))


def _position(run: Run, cursor: str) -> tuple[str, int]:
    position = read_cursor(cursor, POSITION)
    if not position:
        return "", 0
    key, start = position["key"], position["at"]
    if position["load"] != run.load_id:
        raise bad_cursor()
    return key, start


def _lines(objects: ObjectStore, run: Run, from_key: str, from_byte: int) -> Iterator[tuple[str, int, bytes]]:
    """Yield every line from a position on: (key, byte offset in that object, line)."""
    for part in objects.list(run.source.bucket, keys.reject_parts(run)):
        if part.key >= from_key:
            start = from_byte if part.key == from_key else 0
            yield from ((part.key, at, line) for at, line in _part_lines(objects, part, start))


def rejects_at(objects: ObjectStore, run: Run, chunks: Sequence[Chunk], offsets: Set[int]) -> dict[int, dict[str, Any]]:
    """Read the rejects that start at these bytes of the file. Parts of other chunks are not read."""
    found: dict[int, dict[str, Any]] = {}
    others = {keys.rejects(run, c.number) for c in chunks if not any(c.start <= offset < c.end for offset in offsets)}
    for part in objects.list(run.source.bucket, keys.reject_parts(run)):
        if part.key not in others:
            entries = (_entry(line) for _, line in _part_lines(objects, part, 0))
            found |= {entry["byte_offset"]: entry for entry in entries if entry["byte_offset"] in offsets}
    return found


def _part_lines(objects: ObjectStore, part: SourceObject, start: int) -> Iterator[tuple[int, bytes]]:
    """Yield the lines of one part from a byte on, holding one window and one line at most."""
    held, held_at, position = b"", start, start
    while position < part.size:
        piece = objects.read(part, position, min(WINDOW_BYTES, part.size - position))
        position += len(piece) or part.size  # an empty read would loop for ever
        *whole, held = (held + piece).split(b"\n")
        for line in whole:
            yield held_at, line
            held_at += len(line) + 1
    if held:
        yield held_at, held


def _entry(line: bytes) -> dict[str, Any]:
    try:
        entry = json.loads(line)
    except ValueError as error:
        raise bad_cursor() from error
    if not isinstance(entry, dict):
        raise bad_cursor()
    return entry
