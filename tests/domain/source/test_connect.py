"""The intervals of metrics."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.source.connect import MINUTES, Interval

ZONES = [ZoneInfo(name) for name in ("UTC", "Europe/Berlin", "America/Santiago", "Asia/Kolkata", "Asia/Beirut")]
moments = st.integers(1_577_836_800, 1_893_456_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@given(st.sampled_from(Interval), moments, st.sampled_from(ZONES))
def test_a_moment_is_in_its_interval(interval: Interval, moment: datetime, zone: ZoneInfo) -> None:
    begin = interval.begin(moment, zone)
    after = interval.end(begin + timedelta(seconds=1), zone)
    assert begin <= moment < after
    assert timedelta() < after - begin <= timedelta(minutes=MINUTES[interval])
    assert interval.begin(begin, zone) == interval.end(begin, zone) == begin
    assert interval.end(moment, zone) in (begin, after)


@pytest.mark.parametrize(
    ("interval", "moment", "begin", "end"),
    [
        (Interval.FIFTEEN_MIN, "2026-03-01T10:59:59+00:00", "2026-03-01T10:45:00+00:00", "2026-03-01T11:00:00+00:00"),
        (Interval.FIFTEEN_MIN, "2026-03-01T10:01:00+00:00", "2026-03-01T10:00:00+00:00", "2026-03-01T10:15:00+00:00"),
        (Interval.THIRTY_MIN, "2026-03-01T10:29:00+00:00", "2026-03-01T10:00:00+00:00", "2026-03-01T10:30:00+00:00"),
        (Interval.HOUR, "2026-03-01T10:29:00+00:00", "2026-03-01T10:00:00+00:00", "2026-03-01T11:00:00+00:00"),
        (Interval.DAY, "2026-03-29T21:59:59+00:00", "2026-03-28T23:00:00+00:00", "2026-03-29T22:00:00+00:00"),
        (Interval.DAY, "2026-03-29T22:00:00+00:00", "2026-03-29T22:00:00+00:00", "2026-03-29T22:00:00+00:00"),
        (Interval.DAY, "2026-10-25T22:30:00+00:00", "2026-10-24T22:00:00+00:00", "2026-10-25T23:00:00+00:00"),
    ],
)
def test_days_are_those_of_the_zone(interval: Interval, moment: str, begin: str, end: str) -> None:
    """They have 23 and 25 hours when clocks change."""
    one, zone = datetime.fromisoformat(moment), ZoneInfo("Europe/Berlin")
    assert interval.begin(one, zone) == datetime.fromisoformat(begin)
    assert interval.end(one, zone) == datetime.fromisoformat(end)
