"""The deadline of an object's file.

A file counts for its nearest deadline, so a file that is some hours late does not count for the next day.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from chalicelib.domain.contract.time_zone import is_time_zone

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class ExpectedError(ValueError):
    """An invalid deadline; the message names the fault and the fix."""


@dataclass(frozen=True, kw_only=True)
class Expected:
    """A deadline on some or all days of the week."""

    by: time
    zone: str = "UTC"
    """A zone of the IANA time zone database."""
    days: tuple[str, ...] = DAYS

    @classmethod
    def parse(cls, text: str, days: Sequence[str]) -> Expected:
        """Read `HH:MM`, or `HH:MM Area/City`, and days of the week (none: each day). Raises ExpectedError."""
        clock, _, zone = text.partition(" ")
        try:
            by = datetime.strptime(clock, "%H:%M").time()  # noqa: DTZ007 - a time of day, its zone stands beside it
        except ValueError:
            raise ExpectedError(f'"{text}" is not a time of day; write "06:30" or "06:30 Europe/Berlin"') from None
        if zone and not is_time_zone(zone):
            raise ExpectedError(
                f'"{zone}" is not a time zone; write one such as Europe/Berlin, or leave it out for UTC'
            )
        if wrong := [day for day in days if day not in DAYS]:
            raise ExpectedError(f'"{wrong[0]}" is not a day; use {", ".join(DAYS)}')
        return cls(by=by, zone=zone or "UTC", days=tuple(days) or DAYS)

    def counts_from(self, now: float) -> float:
        """Return the time from which a file counts for the last deadline before `now`; both in seconds since 1970."""
        deadlines = self._backwards(datetime.fromtimestamp(now, UTC))
        last, before = next(deadlines), next(deadlines)
        return (last + before) / 2

    def _backwards(self, now: datetime) -> Iterator[float]:
        day = now.astimezone(ZoneInfo(self.zone)).date()
        while True:
            if DAYS[day.weekday()] in self.days and (deadline := self._on(day)) <= now.timestamp():
                yield deadline
            day -= timedelta(days=1)

    def _on(self, day: date) -> float:
        """Return the deadline on a day.

        A time that the clocks skip is that much later; of a time that they show twice the first counts.
        """
        return datetime.combine(day, self.by, ZoneInfo(self.zone)).timestamp()
