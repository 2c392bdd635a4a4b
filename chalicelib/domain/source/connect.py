"""The settings of a source that is an instance of Amazon Connect, and the spans in which it is read.

Names in capitals are Amazon Connect's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from zoneinfo import ZoneInfo


class Dataset(Enum):
    """What is read of an instance."""

    USERS = "users"  # all users, each time
    QUEUES = "queues"  # all standard queues, each time
    CONTACTS = "contacts"  # the contacts of a window, by one of their times
    METRICS = "metrics"  # the historical metrics of a window's intervals


class ContactTime(Enum):
    """The time by which contacts are in a window."""

    INITIATION = "INITIATION_TIMESTAMP"
    SCHEDULED = "SCHEDULED_TIMESTAMP"
    CONNECTED_TO_AGENT = "CONNECTED_TO_AGENT_TIMESTAMP"
    DISCONNECT = "DISCONNECT_TIMESTAMP"


class Interval(Enum):
    """The time that one row of metrics is about."""

    FIFTEEN_MIN = "FIFTEEN_MIN"
    THIRTY_MIN = "THIRTY_MIN"
    HOUR = "HOUR"
    DAY = "DAY"

    @property
    def longest_span(self) -> timedelta:
        """Return the longest time that one request is about: Connect takes less than 35 days, or less than 3."""
        return timedelta(days=34 if self is Interval.DAY else 1)

    def begin(self, moment: datetime, zone: ZoneInfo) -> datetime:
        """Return the begin of the interval that a moment is in. Days are those of the zone."""
        if self is Interval.DAY:
            local = moment.astimezone(zone)
            return local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0).astimezone(UTC)
        utc, minutes = moment.astimezone(UTC), MINUTES[self]
        return utc.replace(minute=utc.minute // minutes * minutes, second=0, microsecond=0)

    def end(self, moment: datetime, zone: ZoneInfo) -> datetime:
        """Return the first begin of an interval that is not before a moment."""
        begin = self.begin(moment, zone)
        return begin if begin == moment else self.begin(begin + timedelta(minutes=MINUTES[self]), zone)


MINUTES = {Interval.FIFTEEN_MIN: 15, Interval.THIRTY_MIN: 30, Interval.HOUR: 60, Interval.DAY: 25 * 60}
"""The longest time of an interval: a day may have 25 hours."""
CONTACTS_SPAN = timedelta(days=1)
"""The time that one search of contacts is about. Connect takes at most eight weeks; short searches have fewer pages."""


INTERVAL_FIELDS = ("StartTime", "EndTime", "Interval")
"""Fields of a row of metrics that say what time it is about."""
RESOURCES = {
    "QUEUE": "queue",
    "ROUTING_PROFILE": "routing-profile",
    "AGENT": "agent",
    **dict.fromkeys(
        (f"AGENT_HIERARCHY_LEVEL_{number}" for number in ("ONE", "TWO", "THREE", "FOUR", "FIVE")), "agent-group"
    ),
}
"""Filters of which a request of metrics needs one, and how ARNs name what they filter by."""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One metric."""

    alias: str
    """The field of a row that has its value."""
    name: str
    threshold: float | None = None
    """Of a service level, such as 60 seconds."""
    comparison: str = "LT"
    """How contacts compare with the threshold."""
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def identity(self) -> tuple[object, ...]:
        """Return what tells a metric from others of the same name."""
        level = None if self.threshold is None else (self.comparison, self.threshold)
        return self.name, level, frozenset((key, frozenset(values)) for key, values in self.filters.items())


@dataclass(frozen=True, kw_only=True)
class ConnectSettings:
    """An instance, and what is read of it."""

    instance: str
    """Its ARN."""
    dataset: Dataset
    time: ContactTime = ContactTime.INITIATION
    interval: Interval = Interval.FIFTEEN_MIN
    timezone: str = "UTC"
    """The time zone of days."""
    groupings: tuple[str, ...] = ()
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    metrics: tuple[Metric, ...] = ()

    @property
    def region(self) -> str:
        return self.instance.split(":")[3]

    @property
    def instance_id(self) -> str:
        return self.instance.rpartition("/")[2]

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def reads_all(self) -> bool:
        """Whether each reading reads everything: neither users nor queues can be found by the time of a change."""
        return self.dataset in (Dataset.USERS, Dataset.QUEUES)
