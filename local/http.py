"""Small HTTP calls to the stack's own processes, never through the user's proxy."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def fetch(url: str, headers: Mapping[str, str], *, method: str = "GET", seconds: float = 5.0) -> Any:
    """Return the JSON of a URL. Raises OSError if the call fails."""
    with _opener.open(urllib.request.Request(url, headers=dict(headers), method=method), timeout=seconds) as response:
        return json.loads(response.read() or b"null")


def answers(url: str, headers: Mapping[str, str]) -> bool:
    """Return whether a URL answers with success."""
    try:
        with _opener.open(urllib.request.Request(url, headers=dict(headers)), timeout=2) as response:
            return bool(response.status < 300)
    except (OSError, urllib.error.URLError):
        return False
