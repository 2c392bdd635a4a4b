"""An HTTP API as a source: pages of JSON, of which each record lands as the server wrote it.

Guarantees that a window is read to its last page, or that an error says why not. Does not promise that pages of data
that moves meanwhile overlap: choose paging by cursor where the API has it, and a look-back where it has none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from chalicelib.domain.source.position import at_seconds, moment_of
from chalicelib.domain.source.settings import HttpSettings, Paging
from chalicelib.errors import Broken, Refused
from chalicelib.sources.http.auth import Authenticator
from chalicelib.sources.http.client import Client, Response, place
from chalicelib.sources.http.paging import Step, address, first_step, next_step
from chalicelib.sources.http.records import lines, records_at
from chalicelib.sources.secret import BAD_SECRET
from chalicelib.sources.source import Page, Surroundings, TokenExpired, Window

NO_CONTENT = 204


class HttpSource:
    """One endpoint."""

    def __init__(self, surroundings: Surroundings, client: Client | None = None) -> None:
        settings = surroundings.settings.http
        if settings is None:
            raise Broken(f"the source of {surroundings.object} has no [source.http]", code="NO_SUCH_SOURCE")
        self._settings: HttpSettings = settings
        self._position = at_seconds(surroundings.now() - surroundings.settings.lag)
        self._client = client or Client(loopback=surroundings.loopback, now=surroundings.now)
        self._auth = Authenticator(settings, surroundings.secret, self._client, surroundings.now)

    def position(self) -> str:
        return self._position

    def pages(self, window: Window, token: str) -> Iterator[Page]:
        parameters = self._parameters(window)
        step: Step | None = Step.read(token) if token else first_step(self._settings)
        before, seen, left = b"", set[str](), bool(token)
        while step:
            if step.text in seen:
                raise Refused("a next page was named twice; the pages do not end", code="SOURCE_REPEATS")
            seen |= {step.text} - {""}
            response = self._get(address(self._settings, parameters, step), left=left)
            left = False
            if response.status == NO_CONTENT:
                return
            records = records_at(response.body, self._settings.records)
            content = lines(records)
            before = self._unlike(before, content)
            step = next_step(self._settings, response, len(records), step)
            yield Page(content=content, token=step.token if step else "")

    def close(self) -> None:
        self._client.close()

    def _parameters(self, window: Window) -> dict[str, str]:
        ends = {"{start}": self._shown(window.start), "{end}": self._shown(window.stop)}
        return {name: _filled(text, ends) for name, text in self._settings.parameters.items()}

    def _shown(self, position: str) -> str:
        if not position:
            return ""
        if self._settings.epoch:
            return str(int(moment_of(position).timestamp()))
        return position.replace(".000000Z", "Z")

    def _unlike(self, before: bytes, content: bytes) -> bytes:
        """Return the page's hash. Raises Refused if a page by number is the one before it again."""
        found = hashlib.sha256(content).digest() if content else b""
        if found and found == before and self._settings.paging in (Paging.PAGE, Paging.OFFSET):
            parameter = self._settings.page_parameter
            raise Refused(f'two pages are the same; the server ignores "{parameter}"', code="SOURCE_REPEATS")
        return found

    def _get(self, url: str, *, left: bool) -> Response:
        """Request a page. `left`: an earlier worker was given its address, which may have expired."""
        response = self._request(url)
        if response.status == 401 and self._auth.renewable:
            self._auth.renew()
            response = self._request(url)
        if response.status in (401, 403):
            fault = f"{place(url)} refuses the secret ({response.status}); correct the secret, its rights or its quota"
            raise Refused(fault, code=BAD_SECRET)
        if response.status not in (200, NO_CONTENT) and left:
            raise TokenExpired(f"{place(url)} answered {response.status} to the page where the last worker stopped")
        if response.status not in (200, NO_CONTENT):
            raise Refused(f"{place(url)} answered {response.status}; correct the contract", code="SOURCE_REFUSED")
        return response

    def _request(self, url: str) -> Response:
        headers = {"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "landfall"}
        return self._client.request("GET", url, {**headers, **self._settings.headers, **self._auth.headers()})


def _filled(text: str, ends: dict[str, str]) -> str:
    for name, value in ends.items():
        text = text.replace(name, value)
    return text
