"""A source of the operator's own: on local stacks it lies in the app's folder `chalicelib/sources`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import urllib3

from chalicelib.domain.source.position import at_seconds
from chalicelib.errors import Retryable
from chalicelib.sources.source import Page, Surroundings, Window


class Own:
    """An API on this machine, each page of which names the next one."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._settings = surroundings.settings
        self._position = at_seconds(surroundings.now() - self._settings.lag)

    def position(self) -> str:
        return self._position

    def pages(self, window: Window, token: str) -> Iterator[Page]:
        found = self._page(window, token)
        while found:
            token = found["meta"].get("after", "")
            rows = "".join(f"{json.dumps(row)}\n" for row in found["data"]["items"])
            yield Page(content=rows.encode(), token=token)
            found = self._page(window, token) if token else {}

    def close(self) -> None:
        """Release nothing."""

    def _page(self, window: Window, after: str) -> dict[str, Any]:
        since, until = (end.replace(".000000Z", "Z") for end in (window.start, window.stop))
        fields = {"since": since, "until": until, "after": after, **self._settings.options}
        response = urllib3.request("GET", fields.pop("url"), fields=fields)
        if response.status != 200:
            raise Retryable(f"the API answered {response.status}")
        found: dict[str, Any] = json.loads(response.data)
        return found
