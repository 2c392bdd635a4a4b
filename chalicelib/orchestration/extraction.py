"""Reads sources: the clock sends a message for each source that is due, and a worker reads its next windows.

Guarantees that a source whose message is lost, or whose worker is killed, is read again by the clock. A source that
fails is read again after a growing pause, and support is notified once, until it succeeds. Two workers never read the
same source at once: a lease keeps the second one out, and each change of the record is a compare and swap.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from chalicelib.domain.run.lifecycle import DEAD_LETTER, pause
from chalicelib.domain.run.notices import source_notice
from chalicelib.domain.source.progress import LONGEST_PAUSE, Progress, bookmark_of
from chalicelib.domain.source.settings import SourceSettings
from chalicelib.errors import Broken, LandfallError, Retryable
from chalicelib.orchestration.traces import trace
from chalicelib.pipeline.context import Context
from chalicelib.sources.landing import Landing, LeaseLost
from chalicelib.sources.source import Paused, Source

Connect = Callable[[str, SourceSettings], Source]
"""Returns the source of an object."""


@dataclass(kw_only=True)
class Lease:
    """The record of a source, as this worker read it."""

    ctx: Context
    object: str
    progress: Progress
    seen: str
    """The text that is stored. Another release may have written it, with other fields."""

    @classmethod
    def read(cls, ctx: Context, object: str) -> Lease:
        seen = ctx.bookmarks.get(bookmark_of(object))
        return cls(ctx=ctx, object=object, progress=Progress.read(seen), seen=seen)

    def change(self, progress: Progress) -> None:
        """Store the record, if it is still the one that was read. Raises LeaseLost."""
        text = progress.text
        if not self.ctx.bookmarks.move(bookmark_of(self.object), self.seen, text):
            raise LeaseLost(self.object)
        self.progress, self.seen = progress, text


def start_due(ctx: Context) -> int:
    """Send a message for each source that is due. Return how many. A source that cannot be started hides no other."""
    started = behind = 0
    for name, contract in ctx.contracts.items():
        if settings := contract.source:
            try:
                lease, now = Lease.read(ctx, name), ctx.clock.now()
                behind += lease.progress.is_behind(settings.schedule, now)
                started += _start(ctx, lease, settings.schedule.last(now), now)
            except Exception as error:  # noqa: BLE001 - the next tick tries again
                ctx.note("source_not_started", {"object": name, "error": type(error).__name__})
    ctx.note("clock", {"started": started, "behind": behind})
    return started


def _start(ctx: Context, lease: Lease, moment: float, now: float) -> bool:
    """Send a message if the source is due. The record says so before: a lost message is sent again later."""
    if not lease.progress.is_due(moment, now):
        return False
    try:
        lease.change(lease.progress.asked(now))
    except LeaseLost:
        return False
    ctx.queue.send_source(lease.object)
    return True


def extract(ctx: Context, connect: Connect, name: str, holder: str) -> None:
    """Read a source for as long as the function may run. `holder` names the delivery of the message."""
    contract, lease, now = ctx.contracts.get(name), Lease.read(ctx, name), ctx.clock.now()
    if contract is None or contract.source is None or lease.progress.rests(now):
        return
    settings = contract.source
    moment = settings.schedule.last(now)
    if not lease.progress.has_work(moment):
        return
    try:
        lease.change(lease.progress.claimed(now, holder))
        try:
            _notify_of_kills(ctx, lease)
            _read(ctx, lease, settings, connect, moment)
        except Paused as pause_:
            lease.change(lease.progress.paused(ctx.clock.now() + pause_.seconds))
            ctx.note("source_paused", {"object": name, "seconds": pause_.seconds})
        except LeaseLost:
            raise
        except Exception as error:  # noqa: BLE001 - the clock tries again
            _failed(ctx, lease, error)
    except LeaseLost:
        ctx.note("lease_lost", {"object": name})


def _read(ctx: Context, lease: Lease, settings: SourceSettings, connect: Connect, moment: float) -> None:
    until = ctx.clock.now() + ctx.settings.extract_budget_seconds
    source = connect(lease.object, settings)
    landing = Landing(
        object=lease.object,
        settings=settings,
        source=source,
        put=partial(ctx.objects.put, ctx.settings.bucket),
        record=lease,
        has_time=lambda: ctx.clock.now() < until,
        file_bytes=ctx.settings.source_file_mb * 1e6,
    )
    try:
        while more := landing.window():
            if not landing.has_time():
                break
    finally:
        source.close()
    if more:
        lease.change(lease.progress.released())
        ctx.queue.send_source(lease.object)
        return
    lease.change(lease.progress.succeeded(moment, ctx.clock.now()))
    ctx.note("source_read", {"object": lease.object, "files": lease.progress.landed_files})


def _notify_of_kills(ctx: Context, lease: Lease) -> None:
    """Notify of a source whose workers were stopped at each try: none of them could."""
    if lease.progress.tries > ctx.settings.max_attempts and not lease.progress.notified:
        fault = "AWS stopped its worker at each try (memory, time, or a crash); read the worker's log"
        _notify(ctx, lease, Broken(fault, code=DEAD_LETTER))


def _failed(ctx: Context, lease: Lease, error: Exception) -> None:
    """Record a failure. Support is notified of the first one that will not pass, or that did not pass in four tries."""
    known = error if isinstance(error, LandfallError) else Broken(f"unexpected {type(error).__name__}", code="INTERNAL")
    seconds = min(pause(ctx.settings.backoff_seconds, lease.progress.tries, random.random()), LONGEST_PAUSE)  # noqa: S311  # nosec B311
    where = {} if isinstance(error, LandfallError) else {"trace": trace(error)}
    ctx.note("source_failed", {"object": lease.object, "code": known.code, "tries": lease.progress.tries, **where})
    lasts = lease.progress.tries >= ctx.settings.max_attempts or not isinstance(known, Retryable)
    if lasts and not lease.progress.notified:
        _notify(ctx, lease, known)
    lease.change(lease.progress.failed(known.code, known.message, ctx.clock.now() + seconds))


def _notify(ctx: Context, lease: Lease, error: LandfallError) -> None:
    ctx.notifier.failure(source_notice(lease.object, lease.progress, error))
    lease.change(lease.progress.was_notified())
