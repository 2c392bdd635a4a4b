"""Records in a JSON response, as the server wrote them: digits, escapes and the order of names are not changed."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from chalicelib.errors import Refused

BAD = "SOURCE_BAD_RESPONSE"
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LIST = msgspec.json.Decoder(list[msgspec.Raw])


def records_at(body: bytes, path: str) -> list[bytes]:
    """Return the records of the list at a path. Raises Refused if there is no list of objects."""
    found = value_at(body, path)
    if found is None:
        raise Refused(f'the response has no "{path}"; correct the path of records', code=BAD)
    if found == b"null":
        return []
    items = [bytes(item) for item in _decoded(_LIST, found, f'"{path}" of the response is not a list')]
    if any(not item.startswith(b"{") for item in items):
        raise Refused(f'"{path or "the response"}" has a record that is not an object', code=BAD)
    return items


def lines(records: list[bytes]) -> bytes:
    """Return records as lines. A line break is never inside a string: JSON does not allow it."""
    return b"".join(record.replace(b"\r", b" ").replace(b"\n", b" ") + b"\n" for record in records)


def scalar_at(body: bytes, path: str) -> Any:
    """Return the text, boolean or whole number, as written, at a path; None if there is none.

    Raises Refused if it is anything else.
    """
    found = value_at(body, path)
    value = None if found is None else json.loads(found, parse_int=str)
    if isinstance(value, dict | list | float):
        raise Refused(f'"{path}" of the response is no text, whole number or boolean', code=BAD)
    return value


def value_at(body: bytes, path: str) -> bytes | None:
    """Return the value at a path as written; None if a name on the path is missing. Raises Refused."""
    found = body.strip()
    for name in path.split(".") if path else ():
        inner = _decoded(_OBJECT, found, f'the response has no object on the path "{path}"').get(name)
        if inner is None:
            return None
        found = bytes(inner).strip()
    return found


def _decoded(decoder: Any, text: bytes, fault: str) -> Any:
    """Decode without the decoder's own message, which may quote the response."""
    try:
        return decoder.decode(text)
    except (msgspec.DecodeError, RecursionError):
        raise Refused(f"{fault}, or is not JSON", code=BAD) from None
