"""Where a paged answer goes on, as text that means nothing to its reader."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from chalicelib.errors import Refused


def write_cursor(place: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


def read_cursor(cursor: str) -> dict[str, Any]:
    """The place, empty for an empty cursor. Raises Refused for a text that is no cursor of ours."""
    if not cursor:
        return {}
    try:
        place = json.loads(base64.urlsafe_b64decode(cursor.encode()))
    except (ValueError, binascii.Error) as error:
        raise Refused("the cursor is not one that a page gave", code="BAD_CURSOR") from error
    if not isinstance(place, dict):
        raise Refused("the cursor is not one that a page gave", code="BAD_CURSOR")
    return place
