"""The operator's requests as values. The API reads them from HTTP, the command line from its arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chalicelib.domain.run.model import RunState
from chalicelib.errors import LandfallError

MOST_CORRECTED = 10_000
"""Rows of one resubmit."""
USUAL_PER_PAGE = 50


class BadRequest(LandfallError):
    """The request is not valid; the message names the field and how to write it."""

    code = "BAD_REQUEST"


class NotFound(LandfallError):
    """There is no such run, file or object."""

    code = "NOT_FOUND"


@dataclass(frozen=True, kw_only=True)
class RerunRequest:
    """The body of a rerun."""

    file: str | None = None
    """The key of one file of the object."""
    period: frozenset[str] | Mapping[str, str] = field(default_factory=frozenset)
    """Values that a file's captures must hold: anywhere, or by the capture's name. Folded."""
    failed_only: bool | None = None
    accepted_by: str = ""
    """Who has the good rows of a file loaded that was refused for its bad ones; empty if that is not requested."""
    restore: bool = False
    """Whether archived files are restored from cold storage, if they must be."""
    dry_run: bool = False
    cursor: str = ""

    @property
    def only_failed(self) -> bool:
        """Whether only failed files are run again: by default if the request names neither file nor period."""
        return not (self.file or self.period) if self.failed_only is None else self.failed_only


@dataclass(frozen=True, kw_only=True)
class ResubmitRequest:
    """The body of a resubmit."""

    generation: int
    """The file's generation when its rejects were listed."""
    columns: tuple[str, ...]
    rows: Mapping[int, tuple[str, ...]]
    """Values, one for each column, by the byte offset of the row."""


@dataclass(frozen=True, kw_only=True)
class BackfillRequest:
    """The body of a backfill."""

    prefix: str = ""
    """Only keys with this prefix."""
    object: str = ""
    """Only files of this contract."""
    dry_run: bool = False
    cursor: str = ""


@dataclass(frozen=True, kw_only=True)
class RedriveRequest:
    """The body of a redrive."""

    dry_run: bool = False
    cursor: str = ""


@dataclass(frozen=True, kw_only=True)
class RunQuery:
    """The selection of runs to list."""

    object: str = ""
    state: RunState | None = None
    since: float = 0.0
    limit: int = USUAL_PER_PAGE
    cursor: str = ""


@dataclass(frozen=True, kw_only=True)
class PageQuery:
    """The selection of a page."""

    limit: int = USUAL_PER_PAGE
    cursor: str = ""


def fold(value: str) -> str:
    """Return a captured value without case and outer spaces, for comparison."""
    return value.strip().casefold()
