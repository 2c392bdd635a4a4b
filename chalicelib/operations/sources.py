"""What the operator can do with sources: list them, read one now, or read a window of it again.

Guarantees that a window that is read again does not move the source's position, and that a source is not disturbed
while a worker reads it.
"""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.domain.source.position import PositionError
from chalicelib.domain.source.progress import Progress, bookmark_of
from chalicelib.domain.source.settings import SourceSettings
from chalicelib.errors import LandfallError
from chalicelib.operations.commands import BadRequest, NotFound
from chalicelib.pipeline.context import Context
from chalicelib.ports import Conflict


class Reading(LandfallError):
    """A worker is reading the source; request it again once the worker is done."""

    code = "SOURCE_BUSY"


@dataclass(frozen=True, kw_only=True)
class SourceState:
    """A source, and how far it has been read."""

    object: str
    settings: SourceSettings
    progress: Progress
    behind: bool
    """Whether two moments of its schedule have passed without a success."""
    next_at: float
    """The next moment of its schedule."""
    now: float


@dataclass(frozen=True, kw_only=True)
class WindowRequest:
    """The ends of a window, as the operator wrote them; both empty to read what is new."""

    start: str = ""
    until: str = ""


def list_sources(ctx: Context) -> list[SourceState]:
    """Return all sources, by object."""
    return [
        _state(name, settings, Progress.read(ctx.bookmarks.get(bookmark_of(name))), ctx.clock.now())
        for name, contract in sorted(ctx.contracts.items())
        if (settings := contract.source)
    ]


def start_source(ctx: Context, name: str, wanted: WindowRequest) -> SourceState:
    """Have a source read now, or a window of it again. Raises NotFound, BadRequest, Reading, Conflict."""
    contract = ctx.contracts.get(name)
    if contract is None or contract.source is None:
        raise NotFound("no object of that name has a source; GET /sources lists those that have")
    seen, now = ctx.bookmarks.get(bookmark_of(name)), ctx.clock.now()
    progress = Progress.read(seen)
    if progress.lease_until > now:
        raise Reading("a worker is reading this source; try again once it is done")
    requested = progress.requested(_window(contract.source, progress, wanted), now)
    if not ctx.bookmarks.move(bookmark_of(name), seen, requested.text):
        raise Conflict(f"the record of the source {name} changed meanwhile")
    ctx.queue.send_source(name)
    return _state(name, contract.source, requested, now)


def _state(name: str, settings: SourceSettings, progress: Progress, now: float) -> SourceState:
    return SourceState(
        object=name,
        settings=settings,
        progress=progress,
        behind=progress.is_behind(settings.schedule, now),
        next_at=settings.schedule.next(now),
        now=now,
    )


def _window(settings: SourceSettings, progress: Progress, wanted: WindowRequest) -> tuple[str, str] | None:
    if not (wanted.start or wanted.until):
        return None
    if not (wanted.start and wanted.until):
        raise BadRequest('"from" and "to" belong together; send both, or neither to read what is new')
    try:
        start, until = settings.cursor.position(wanted.start), settings.cursor.position(wanted.until)
    except PositionError as error:
        raise BadRequest(f'"from" or "to": {error}') from None
    if not start <= until <= progress.done:
        read = f"has been read up to {progress.done}" if progress.done else "has not been read yet"
        raise BadRequest(f'"from" must not be after "to", nor "to" after what was read; the source {read}')
    return start, until
