"""Cursors: the position where a paged response continues, as opaque text."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.errors import Refused

MOST = 1 << 53
"""Above this, some JSON parsers lose digits."""
_SURROGATE = re.compile("[\ud800-\udfff]")


def write_cursor(position: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode()


def read_cursor(cursor: str, fits: Mapping[str, Callable[[Any], bool]]) -> dict[str, Any]:
    """Return the position, with exactly the names and values that fit; empty for an empty cursor. Raises Refused.

    Anyone can write such a text. So a value that fits may still be a position where no page ended.
    """
    if not cursor:
        return {}
    try:
        found = json.loads(base64.b64decode(cursor.encode(), altchars=b"-_", validate=True))
    except (ValueError, RecursionError) as error:
        raise bad_cursor() from error
    if not isinstance(found, dict) or set(found) != set(fits) or not all(fits[name](found[name]) for name in fits):
        raise bad_cursor()
    return found


def bad_cursor() -> Refused:
    """Return the error for a cursor that does not come from a page of this list."""
    text = "the cursor does not come from a page of this search; leave it out to begin with the first page"
    return Refused(text, code="BAD_CURSOR")


# ---- what a cursor may hold -----------------------------------------------------------------------------------------


def is_text(value: Any) -> bool:
    """Return whether the value is a text that UTF-8 can encode."""
    return isinstance(value, str) and not _SURROGATE.search(value)


def is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < MOST


def is_moment(value: Any) -> bool:
    return type(value) in (int, float) and 0 <= value < MOST
