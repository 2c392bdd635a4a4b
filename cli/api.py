"""Calls of the REST API. Every error becomes a CommandError with the API's own sentence."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from cli.deployment import Deployment
from cli.faults import CommandError, ExitCode, absent

TIMEOUT_SECONDS = 30.0
EXITS = {400: ExitCode.USAGE, 404: ExitCode.ABSENT, 409: ExitCode.BAD}
LOOPBACK = ("http://127.0.0.1", "http://localhost", "http://[::1]")


class NotThereError(CommandError):
    """The API knows no such thing (yet)."""


@dataclass(frozen=True, kw_only=True)
class Api:
    """The REST API of a deployment."""

    deployment: Deployment

    def get(self, path: str, **query: str | int | None) -> dict[str, Any]:
        return self._call("GET", path, query, None)

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return self._call("POST", path, {}, body)

    def pages(self, path: str, items: str, **query: str | int | None) -> Iterator[dict[str, Any]]:
        """All items of all pages."""
        cursor: str | None = None
        while True:
            page = self.get(path, **query, cursor=cursor)
            yield from page[items]
            cursor = page.get("cursor") or None
            if not cursor:
                return

    def _call(
        self, method: str, path: str, query: Mapping[str, str | int | None], body: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        given = urlencode({name: value for name, value in query.items() if value not in (None, "")})
        url = f"{self.deployment.api_url}{path}" + (f"?{given}" if given else "")
        headers = {"Authorization": f"Bearer {self.deployment.token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data=data, method=method, headers=headers)  # noqa: S310
        try:
            with _opener(url).open(request, timeout=TIMEOUT_SECONDS) as answer:
                found: dict[str, Any] = json.load(answer)
                return found
        except urllib.error.HTTPError as error:
            raise _fault(error) from None
        except (OSError, ValueError) as error:
            raise absent(f"the API at {self.deployment.api_url} does not answer: {error}") from None


def segment(text: str) -> str:
    """A key or name as one segment of a path."""
    return quote(text, safe="")


def _opener(url: str) -> urllib.request.OpenerDirector:
    handlers = [urllib.request.ProxyHandler({})] if url.startswith(LOOPBACK) else []
    return urllib.request.build_opener(*handlers)


def _fault(error: urllib.error.HTTPError) -> CommandError:
    try:
        message = json.loads(error.read())["error"]["message"]
    except (ValueError, KeyError, TypeError):
        message = error.reason
    text = f"the API answers {error.code}: {message}"
    if error.code == 404:
        return NotThereError(text, ExitCode.ABSENT)
    return CommandError(text, EXITS.get(error.code, ExitCode.ABSENT))
