"""The schedule of a source: the moments at which it is read.

The moments of a period are counted from 1970, so that they do not depend on when a reading ended.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_DURATION = re.compile(r"([0-9]{1,6})([smhd])")


class ScheduleError(ValueError):
    """An invalid schedule or duration; the message names the fault and the fix."""


def duration(text: str) -> float:
    """Return the seconds of a text such as `90s`, `15m`, `2h` or `7d`. Raises ScheduleError."""
    found = _DURATION.fullmatch(text)
    if not found:
        raise ScheduleError(f'"{text}" is not a duration; write one such as 30s, 15m, 2h or 7d')
    return int(found[1]) * UNITS[found[2]]


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """A period, or a cron expression with its time zone."""

    every: float = 0.0
    """The period in seconds; 0 if there is a cron expression."""
    cron: str = ""
    zone: str = "UTC"

    def last(self, now: float) -> float:
        """Return the last moment of the schedule that is not after `now`; seconds since 1970. Raises ScheduleError."""
        return self._nearest(now, back=True)

    def next(self, now: float) -> float:
        """Return the first moment of the schedule after `now`. Raises ScheduleError."""
        return self._nearest(now, back=False)

    def _nearest(self, now: float, *, back: bool) -> float:
        if self.every:
            return now // self.every * self.every + (0 if back else self.every)
        from cronsim import CronSim, CronSimError  # only schedules with cron need it

        at = datetime.fromtimestamp(int(now) + int(back), ZoneInfo(self.zone))  # reading back excludes its beginning
        try:
            return float(next(CronSim(self.cron, at, reverse=back)).timestamp())
        except (CronSimError, StopIteration):
            fault = f'"{self.cron}" is not a cron expression with a moment; write five fields such as "30 6 * * 1-5"'
            raise ScheduleError(fault) from None
