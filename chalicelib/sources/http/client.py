"""Requests of an HTTP source: retries, pauses that the server requests, and the limits of what is followed.

Guarantees that the secret is sent to the contract's hosts only: a redirect is followed within the same origin, and
never to another one. Errors name the origin and the path of an address. They never have a query, a header or a body.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from chalicelib.domain.source.settings import LOOPBACK
from chalicelib.errors import Refused, Retryable
from chalicelib.sources.source import Paused

LARGEST = 64 << 20
"""The most bytes of one response."""
TIMEOUT = urllib3.Timeout(connect=10.0, read=60.0)
TRIES = 3
LONGEST_WAIT = 20.0
"""A longer pause is made between two workers, not by one that waits."""
USUAL_PAUSE = 60.0
LONGEST_PAUSE = 86_400.0
MOST_REDIRECTS = 3
MOVED = (301, 302, 303, 307, 308)
PASSING = (408, 425, 500, 502, 503, 504)
LIMITED = (429, 503)
USUAL_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, kw_only=True)
class Response:
    """A response in whole."""

    status: int
    headers: Mapping[str, str]
    """By names in lower case."""
    body: bytes
    url: str


class Client:
    """Sends requests to one origin. `loopback` allows plain http to this machine."""

    def __init__(
        self, *, loopback: bool, now: Callable[[], float], sleep: Callable[[float], None] | None = None
    ) -> None:
        self._pool = urllib3.PoolManager(timeout=TIMEOUT, retries=False)
        self._loopback, self._now, self._sleep = loopback, now, sleep or time.sleep

    def request(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> Response:
        """Return a response of any final status. Raises Paused, Retryable, Refused."""
        first = url
        for _ in range(MOST_REDIRECTS + 1):
            response = self._patient(method, url, headers, body)
            if response.status not in MOVED:
                return response
            url = same_origin(first, response.headers.get("location", ""))
        raise Refused(f"{place(first)} redirects without an end", code="SOURCE_REDIRECTS")

    def close(self) -> None:
        """Close all connections."""
        self._pool.clear()

    def _patient(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Response:
        for attempt in range(1, TRIES + 1):
            wait = 2.0 ** (attempt - 1)
            try:
                response = self._once(method, url, headers, body)
            except HTTPError as error:
                fault = Retryable(f"{place(url)} did not answer: {type(error).__name__}", code="SOURCE_SILENT")
            else:
                pause = self._pause(response)
                if pause is None and response.status not in PASSING:
                    return response
                if pause is not None and (pause > LONGEST_WAIT or attempt == TRIES):
                    raise Paused(f"{place(url)} limits requests", pause)
                fault = Retryable(f"{place(url)} answered {response.status}", code="SOURCE_SILENT")
                wait = wait if pause is None else pause
            if attempt < TRIES:
                self._sleep(wait)
        raise fault

    def _once(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Response:
        self._check(url)
        answer = self._pool.request(
            method, url, headers=dict(headers), body=body, redirect=False, preload_content=False, decode_content=True
        )
        try:
            content = answer.read(LARGEST + 1, decode_content=True)
            while len(content) <= LARGEST and (more := answer.read(LARGEST + 1 - len(content), decode_content=True)):
                content += more
        finally:
            answer.release_conn()
        if len(content) > LARGEST:
            fault = f"{place(url)} answered with over {LARGEST >> 20} MB; request smaller pages"
            raise Refused(fault, code="SOURCE_TOO_LARGE")
        named = {name.lower(): value for name, value in answer.headers.items()}
        return Response(status=answer.status, headers=named, body=content, url=url)

    def _check(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "https" and not (self._loopback and parts.hostname in LOOPBACK):
            raise Refused(f"{place(url)} is not an https address", code="SOURCE_NOT_SECURE")

    def _pause(self, response: Response) -> float | None:
        """Return the seconds that the server requests, as a number or a date; None if it requests none."""
        if response.status not in LIMITED:
            return None
        text = response.headers.get("retry-after", "").strip()
        if text.isascii() and text.isdigit():
            seconds = float(text[:9])
        else:
            try:
                seconds = parsedate_to_datetime(text).timestamp() - self._now()
            except (ValueError, OverflowError):
                return USUAL_PAUSE if response.status == 429 else None
        return min(max(seconds, 0.0), LONGEST_PAUSE)


def place(url: str) -> str:
    """Return an address as errors show it: without user, query and fragment."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname}{port}{parts.path}"


def _origin(url: str) -> tuple[str, str | None, int | None]:
    """Return the origin of an address, which need not name the usual port. Raises ValueError if it is no address."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, USUAL_PORTS.get(parts.scheme) if parts.port is None else parts.port


def same_origin(url: str, target: str) -> str:
    """Return the address that a response of `url` names. Raises Refused if it is of another origin."""
    try:
        found = urljoin(url, target)
        same = _origin(found) == _origin(url) and "@" not in urlsplit(found).netloc
    except ValueError:  # no address at all
        same = False
    if not target or not same:
        fault = f"{place(url)} refers to an address of another origin, to which the secret is not sent"
        raise Refused(f"{fault}; write that address into the contract", code="SOURCE_OTHER_ORIGIN")
    return found
