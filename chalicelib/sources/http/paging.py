"""The way from one page of an HTTP source to the next. It is pure: it reads responses and returns requests.

Guarantees that a reading ends, and that it does not end before the last page in silence: pages by number or offset end
with an empty page, because a server may send fewer records than it was asked for.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from chalicelib.domain.source.settings import HttpSettings, Paging
from chalicelib.errors import Refused
from chalicelib.sources.http.client import Response, same_origin
from chalicelib.sources.http.records import BAD, scalar_at

_LINK = re.compile(r'<([^>]*)>\s*((?:;[^,;"]*(?:"[^"]*")?[^,;"]*)+)')
_NEXT = re.compile(r';\s*rel\s*=\s*(?:"(?:[^"]*\s)?next(?:\s[^"]*)?"|next\b)', re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Step:
    """The next request: a number or a token for the page's parameter, or an address."""

    number: int = 0
    text: str = ""

    @property
    def token(self) -> str:
        return json.dumps([self.number, self.text])

    @classmethod
    def read(cls, token: str) -> Step:
        number, text = json.loads(token)
        return cls(number=number, text=text)


def first_step(settings: HttpSettings) -> Step:
    return Step(number=settings.first_page if settings.paging is Paging.PAGE else 0)


def address(settings: HttpSettings, parameters: dict[str, str], step: Step) -> str:
    """Return the address of a page. Each has all parameters, so that each has the window's ends."""
    if settings.paging in (Paging.LINK, Paging.NEXT_URL) and step.text:
        return step.text
    sent = dict(parameters)
    if settings.paging in (Paging.PAGE, Paging.OFFSET):
        sent[settings.page_parameter] = str(step.number)
    elif settings.paging is Paging.CURSOR and step.text:
        sent[settings.page_parameter] = step.text
    if settings.size_parameter:
        sent[settings.size_parameter] = str(settings.page_size)
    return f"{settings.url}?{urlencode(sent)}" if sent else settings.url


def next_step(settings: HttpSettings, response: Response, records: int, step: Step) -> Step | None:
    """Return the request of the next page; None after the last one. Raises Refused."""
    if settings.paging is Paging.NONE or _ends(settings, response.body):
        return None
    if settings.paging in (Paging.PAGE, Paging.OFFSET):
        by = 1 if settings.paging is Paging.PAGE else records
        return replace(step, number=step.number + by) if records else None
    text = _next_text(settings, response)
    if not text:
        if settings.more:
            raise Refused(f'"{settings.more}" announces another page, but "{settings.next}" is empty', code=BAD)
        return None
    if text == step.text:
        raise Refused("the response names itself as the next page", code="SOURCE_REPEATS")
    return Step(text=text)


def _ends(settings: HttpSettings, body: bytes) -> bool:
    for path, last in ((settings.more, False), (settings.end, True)):
        if path:
            value = scalar_at(body, path)
            if not isinstance(value, bool):
                raise Refused(f'the response has no boolean at "{path}"; correct the path', code=BAD)
            if value is last:
                return True
    return False


def _next_text(settings: HttpSettings, response: Response) -> str:
    if settings.paging is Paging.LINK:
        target = next_link(response.headers.get("link", ""))
        return same_origin(settings.url, target) if target else ""
    value = scalar_at(response.body, settings.next)
    if value is None or value is False or value == "":
        return ""
    return same_origin(settings.url, str(value)) if settings.paging is Paging.NEXT_URL else str(value)


def next_link(header: str) -> str:
    """Return the address of the relation `next` in a Link header; empty if it has none (RFC 8288)."""
    return next((url for url, parameters in _LINK.findall(header) if _NEXT.search(parameters)), "")
