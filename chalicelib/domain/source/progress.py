"""How far a source has been read: its record, and every change of it.

A record changes only by compare and swap, so that of two workers that change it at once one has no effect. A window's
end is fixed before it is read. `done` moves to that end only after the window's last file has landed.

worker 1: claims, fixes window 1, lands file 1, is killed   | record: window 1 is open, file 1 has landed, leased
worker 2: claims after the lease, goes on with file 2       | record: done up to the end of window 1
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, replace

from chalicelib.domain.source.schedule import Schedule

LEASE_SECONDS = 900.0
"""The timeout of the function that reads sources: a worker lives no longer than its lease."""
ASKED_SECONDS = 300.0
"""For so long after a source's message was sent, the clock sends no other."""
LONGEST_PAUSE = 3_600.0


def bookmark_of(object: str) -> str:
    """Return the name of the bookmark that holds a source's record."""
    return f"source/{object}"


@dataclass(frozen=True, kw_only=True)
class Progress:
    """The record of a source."""

    done: str = ""
    """The end of the last window whose pages have all landed."""
    start: str = ""
    until: str = ""
    """The end of the window that is being read; empty if no window is being read."""
    again: bool = False
    """Whether the open window was requested by the operator. It does not move `done`."""
    files: int = 0
    """Files of the open window that have landed."""
    token: str = ""
    """What the source continues with after those files."""
    steps: int = 0
    """How often `token` was stored in the open window."""
    marked: str = ""
    """The token of the last step whose number is a power of two: pages that lead in a circle come back to it."""
    wanted: tuple[str, str] | None = None
    """A window that the operator requested, to be opened next."""
    wanted_now: bool = False
    """Whether the operator requested to read the source now."""
    due: float = 0.0
    """The moment of the schedule for which the source was last read."""
    asked_until: float = 0.0
    lease_until: float = 0.0
    holder: str = ""
    """The delivery of the message whose worker has the lease: two workers never store the same record."""
    tries: int = 0
    """Tries in a row that failed, or whose worker was killed."""
    not_before: float = 0.0
    """The end of the pause after a failed try."""
    notified: bool = False
    """Whether support knows of the failure."""
    code: str = ""
    message: str = ""
    """The last failure; empty after a success."""
    since: float = 0.0
    """When the source was first looked at."""
    succeeded_at: float = 0.0
    """When the source was last read up to its position."""
    landed_files: int = 0
    """Files of the last window."""

    @classmethod
    def read(cls, text: str) -> Progress:
        """Return the record of a bookmark's text.

        After a rollback it may be a newer version's. Fields that this version does not have are left out: the newer one
        takes a record without them, as it takes those from before it.
        """
        stored = json.loads(text) if text else {}
        known = {field.name: stored[field.name] for field in fields(cls) if field.name in stored}
        wanted = known.get("wanted")
        return cls(**{**known, "wanted": tuple(wanted) if wanted else None})

    @property
    def text(self) -> str:
        return json.dumps(asdict(self))

    @property
    def open(self) -> bool:
        """Whether a window is being read."""
        return bool(self.until)

    def rests(self, now: float) -> bool:
        """Return whether a worker may be at work, or the source is paused."""
        return max(self.lease_until, self.not_before) > now

    def has_work(self, moment: float) -> bool:
        """Return whether there is something to read, by the schedule's last moment."""
        return self.open or self.wanted is not None or self.wanted_now or self.due < moment

    def is_due(self, moment: float, now: float) -> bool:
        """Return whether the clock should send a message."""
        return not self.rests(now) and self.asked_until <= now and self.has_work(moment)

    def is_behind(self, schedule: Schedule, now: float) -> bool:
        """Return whether two moments of the schedule have passed since the last success."""
        known = self.succeeded_at or self.since
        return bool(known) and known < schedule.last(schedule.last(now) - 1)

    def asked(self, now: float) -> Progress:
        return replace(self, asked_until=now + ASKED_SECONDS, since=self.since or now)

    def requested(self, wanted: tuple[str, str] | None, now: float) -> Progress:
        """Return the record of a source that the operator wants to be read now, or a window of it again."""
        due = replace(self, wanted=wanted or self.wanted, wanted_now=True, not_before=0.0)
        return replace(due, asked_until=now + ASKED_SECONDS, since=self.since or now)

    def claimed(self, now: float, holder: str) -> Progress:
        """Return the record of a worker that begins. The try counts now: a worker that is killed cannot count."""
        leased = replace(self, lease_until=now + LEASE_SECONDS, holder=holder)
        return replace(leased, tries=self.tries + 1, since=self.since or now)

    def opened(self, start: str, until: str, *, again: bool = False) -> Progress:
        wanted = None if again else self.wanted
        return replace(self.restarted(), start=start, until=until, again=again, wanted=wanted)

    def landed(self, files: int, token: str) -> Progress:
        """Return the record after a file. Without a token a killed worker begins the window again."""
        return replace(self.at(token), files=files) if token else self

    def at(self, token: str) -> Progress:
        """Return the record after pages without a row.

        Source: R. P. Brent, An improved Monte Carlo factorization algorithm, BIT 20 (1980): a circle of any length is
        met with one token kept.
        """
        steps = self.steps + self._moves(token)
        return replace(self, token=token, steps=steps, marked=self.marked if steps & self.steps else token)

    def repeats(self, place: str) -> bool:
        """Return whether the source goes back to where it was before, so that its pages would not end."""
        return self._moves(place) and place == self.marked

    def _moves(self, place: str) -> bool:
        return place not in ("", self.token)

    def restarted(self) -> Progress:
        """Return the record of a window that is read again from its start, into the same files."""
        return replace(self, files=0, token="", steps=0, marked="")  # nosec B106

    def closed(self, files: int) -> Progress:
        """Return the record after the last file of the window."""
        done = self.done if self.again else self.until
        return replace(self.restarted(), done=done, start="", until="", again=False, landed_files=files)

    def succeeded(self, moment: float, now: float) -> Progress:
        """Return the record of a source that was read up to its position."""
        read = replace(self, due=max(self.due, moment), wanted_now=False, succeeded_at=now)
        return replace(read.released(), notified=False)

    def released(self) -> Progress:
        """Return the record after a try that was no failure, though there may be more to read."""
        return replace(self, lease_until=0.0, asked_until=0.0, tries=0, not_before=0.0, code="", message="")

    def paused(self, until: float) -> Progress:
        """Return the record of a source that requests a pause. That is no failure."""
        return replace(self, lease_until=0.0, asked_until=0.0, tries=max(self.tries - 1, 0), not_before=until)

    def was_notified(self) -> Progress:
        return replace(self, notified=True)

    def failed(self, code: str, message: str, until: float) -> Progress:
        return replace(self, lease_until=0.0, asked_until=0.0, not_before=until, code=code, message=message)
