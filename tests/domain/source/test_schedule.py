"""The moments of a schedule."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.source.position import Cursor, PositionError, at_seconds, earlier
from chalicelib.domain.source.schedule import Schedule, ScheduleError, duration


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


@pytest.mark.parametrize(
    ("schedule", "now", "last", "following"),
    [
        (Schedule(every=900), "2026-01-31T10:20:00Z", "2026-01-31T10:15:00Z", "2026-01-31T10:30:00Z"),
        (Schedule(every=900), "2026-01-31T10:15:00Z", "2026-01-31T10:15:00Z", "2026-01-31T10:30:00Z"),
        (Schedule(cron="30 6 * * *"), "2026-01-31T06:30:00Z", "2026-01-31T06:30:00Z", "2026-02-01T06:30:00Z"),
        (Schedule(cron="30 6 * * *"), "2026-01-31T06:29:59Z", "2026-01-30T06:30:00Z", "2026-01-31T06:30:00Z"),
        (
            Schedule(cron="30 6 * * 1-5", zone="Europe/Berlin"),
            "2026-07-05T12:00:00Z",
            "2026-07-03T04:30:00Z",
            "2026-07-06T04:30:00Z",
        ),
    ],
)
def test_the_moments_around_now(schedule: Schedule, now: str, last: str, following: str) -> None:
    assert (schedule.last(at(now)), schedule.next(at(now))) == (at(last), at(following))


@given(
    st.floats(1e9, 2e9),
    st.sampled_from(["*/7 * * * *", "5 2 * * *", "0 0 1 * *"]),
    st.sampled_from(["UTC", "Europe/Oslo"]),
)
def test_now_is_between_two_moments(now: float, cron: str, zone: str) -> None:
    schedule = Schedule(cron=cron, zone=zone)
    assert schedule.last(now) <= now < schedule.next(now)
    assert schedule.last(schedule.next(now)) == schedule.next(now)


@pytest.mark.parametrize("cron", ["", "x", "* * * *", "61 * * * *", "0 0 31 2 *"])
def test_what_is_no_cron_expression_is_refused(cron: str) -> None:
    with pytest.raises(ScheduleError, match="is not a cron expression"):
        Schedule(cron=cron).last(1e9)


@pytest.mark.parametrize("text", ["", "5", "m", "5 m", "-5m", "1.5h", "5w", "5M"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ScheduleError, match="is not a duration"):
        duration(text)


def test_durations() -> None:
    assert [duration(text) for text in ("30s", "15m", "2h", "7d")] == [30, 900, 7_200, 604_800]


@given(st.integers(0, 10**20 - 1), st.integers(0, 10**20 - 1))
def test_numbers_sort_as_their_positions(one: int, other: int) -> None:
    positions = [Cursor.NUMBER.position(str(number)) for number in (one, other)]
    assert (one < other) == (positions[0] < positions[1])


@given(*[st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))] * 2)  # noqa: DTZ001
def test_moments_sort_as_their_positions(one: datetime, other: datetime) -> None:
    positions = [Cursor.TIME.position(moment.isoformat()) for moment in (one, other)]
    assert (one < other) == (positions[0] < positions[1])


@pytest.mark.parametrize(("cursor", "text"), [(Cursor.NUMBER, "-1"), (Cursor.NUMBER, "1.5"), (Cursor.TIME, "soon")])
def test_what_is_no_position_is_refused(cursor: Cursor, text: str) -> None:
    with pytest.raises(PositionError):
        cursor.position(text)


def test_a_look_back_ends_in_1970() -> None:
    assert earlier(at_seconds(100), 30) == at_seconds(70)
    assert earlier(at_seconds(100), 300) == at_seconds(0)
