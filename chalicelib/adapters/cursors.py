"""Where a paged answer goes on, as text that means nothing to its reader."""

from __future__ import annotations

import base64
import json
from collections.abc import Collection
from typing import Any

from chalicelib.errors import Refused


def write_cursor(place: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


def read_cursor(cursor: str, names: Collection[str]) -> dict[str, Any]:
    """The place, with just those names; empty for an empty cursor. Raises Refused for a text that is none of ours."""
    if not cursor:
        return {}
    try:
        place = json.loads(base64.urlsafe_b64decode(cursor.encode()))
    except ValueError as error:
        raise Refused("the cursor is not one that a page gave", code="BAD_CURSOR") from error
    if not isinstance(place, dict) or set(place) != set(names):
        raise Refused("the cursor is not one that a page of this search gave", code="BAD_CURSOR")
    return place
