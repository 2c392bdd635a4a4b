"""The interface of a source of data: it reports its position, and reads one window as pages.

A source does nothing else. `land` writes its pages to the bucket, and from there on they are files like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol

from chalicelib.domain.contract.column import Column
from chalicelib.domain.source.settings import SourceSettings
from chalicelib.errors import Broken, Refused, Retryable


@dataclass(frozen=True, kw_only=True)
class Window:
    """A span of a source, both ends included. Its end is fixed before it is read."""

    start: str
    """The end of the window before; empty at the beginning of the source."""
    stop: str


@dataclass(frozen=True, kw_only=True)
class Page:
    """Some rows of a window."""

    content: bytes
    """One JSON object a line, each line with its end. Numbers have the digits that the source wrote."""
    token: str = ""
    """What `pages` continues with after this page; empty if it can only begin again."""


class Paused(Retryable):
    """The source requests a pause, which is no failure."""

    code = "SOURCE_PAUSED"

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds


class TokenExpired(Retryable):
    """The source does not continue with a token: the window is read again from its start, into the same files."""

    code = "SOURCE_TOKEN_EXPIRED"


class InvalidRequest(Refused):
    """AWS refuses a parameter of a request."""

    code = "SOURCE_REFUSED"


Aws = Callable[[str, str, str, Mapping[str, Any]], bytes]
"""Calls an operation of AWS: the service, the region, the operation and the request.

Returns the response's JSON as written, with times in ISO 8601. Raises Throttled, Retryable, InvalidRequest, Refused.
"""


def no_aws(service: str, *_: object) -> NoReturn:
    """Refuse a call where there is no AWS. Raises Broken."""
    raise Broken(f"this source may not call {service}")


class Source(Protocol):
    """A table, an API or a sheet outside.

    Guarantees that a window holds every row whose position is in it, once the source's position is at the window's
    end or after it. Does not promise that the rows of two windows differ: a row at a common end is in both.
    """

    def position(self) -> str:
        """Return the source's position, as text that sorts as the rows' positions do. Empty if it has no row.

        It lies before every row that may still be committed. Raises Paused, Retryable, Refused.
        """

    def pages(self, window: Window, token: str) -> Iterator[Page]:
        """Yield the rows of a window, after the page with that token.

        Raises Paused, TokenExpired, Retryable, Refused.
        """

    def close(self) -> None:
        """Release what is open."""


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What a source is made of."""

    object: str
    settings: SourceSettings
    secret: Callable[[], Mapping[str, str]]
    """Reads the secret. It is empty if the contract names none."""
    now: Callable[[], float]
    """The time, in seconds since 1970."""
    columns: Sequence[Column] = ()
    """The contract's columns, for a source whose values have a form that depends on their type."""
    aws: Aws = no_aws
    """Calls AWS with the role of the function, for a source whose policy allows it."""
    loopback: bool = False
    """Whether plain http to this machine is allowed: on a laptop, never in a function."""


Factory = Callable[[Surroundings], Source]
