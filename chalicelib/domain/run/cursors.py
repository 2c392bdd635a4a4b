"""Where a paged answer goes on, as text that means nothing to its reader."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.errors import Refused

MOST = 1 << 53
"""Beyond it numbers are no longer exact everywhere."""
_SURROGATE = re.compile("[\ud800-\udfff]")


def write_cursor(place: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


def read_cursor(cursor: str, fits: Mapping[str, Callable[[Any], bool]]) -> dict[str, Any]:
    """The place, with just those names and values that fit; empty for an empty cursor. Raises Refused.

    Anyone can write such a text, so a value that fits may still be no place that a page ended at.
    """
    if not cursor:
        return {}
    try:
        place = json.loads(base64.b64decode(cursor.encode(), altchars=b"-_", validate=True))
    except (ValueError, RecursionError) as error:
        raise bad_cursor() from error
    if not isinstance(place, dict) or set(place) != set(fits) or not all(fits[name](place[name]) for name in fits):
        raise bad_cursor()
    return place


def bad_cursor() -> Refused:
    """The error for a cursor that no page of this list gave."""
    text = "the cursor does not come from a page of this search; leave it out to begin with the first page"
    return Refused(text, code="BAD_CURSOR")


# ---- what a cursor may hold -----------------------------------------------------------------------------------------


def is_text(value: Any) -> bool:
    """A text that UTF-8 can write."""
    return isinstance(value, str) and not _SURROGATE.search(value)


def is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < MOST


def is_moment(value: Any) -> bool:
    return type(value) in (int, float) and 0 <= value < MOST
