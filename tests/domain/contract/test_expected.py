"""Deadlines: which one was last, and from when on a file counts for it."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.contract.expected import DAYS, Expected

HOUR = 3600.0


def at(text: str) -> float:
    """A moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("by", "days", "now", "counts_from"),
    [
        ("06:30", (), "2026-03-04 06:30", "2026-03-03 18:30"),  # from the minute itself on
        ("06:30", (), "2026-03-04 06:29", "2026-03-02 18:30"),  # a minute before, yesterday's is the last
        ("00:00", (), "2026-03-04 00:00", "2026-03-03 12:00"),
        ("23:59", (), "2026-03-05 00:00", "2026-03-04 11:59"),
        ("06:30 Europe/Berlin", (), "2026-03-04 05:30", "2026-03-03 17:30"),  # winter time
        ("06:30 Europe/Berlin", (), "2026-07-04 04:30", "2026-07-03 16:30"),  # summer time
        ("06:30 Europe/Berlin", (), "2026-03-29 04:30", "2026-03-28 17:00"),  # that night has 23 hours
        ("02:30 Europe/Berlin", (), "2026-03-29 02:00", "2026-03-28 13:30"),  # an hour that the clocks skip
        ("06:30 Asia/Tokyo", (), "2026-03-03 21:30", "2026-03-03 09:30"),  # it is tomorrow there
        ("06:30", ("mon", "tue", "wed", "thu", "fri"), "2026-03-02 07:00", "2026-02-28 18:30"),  # a weekend between
        ("06:30", ("sun",), "2026-03-04 07:00", "2026-02-25 18:30"),
    ],
)
def test_a_file_counts_from_half_way_between_two_deadlines(
    by: str, days: tuple[str, ...], now: str, counts_from: str
) -> None:
    assert Expected.parse(by, days).counts_from(at(now)) == at(counts_from)


@given(
    moment=st.integers(1_577_836_800, 2_051_222_400),
    clock=st.times(),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Pacific/Kiritimati", "Asia/Kathmandu"]),
    days=st.sets(st.sampled_from(DAYS)),
)
def test_what_comes_at_a_deadline_counts_for_it_alone(moment: float, clock: time, zone: str, days: set[str]) -> None:
    expected = Expected.parse(f"{clock:%H:%M} {zone}", tuple(days))
    since = expected.counts_from(moment)
    assert moment - timedelta(days=11).total_seconds() < since < moment - 5 * HOUR
    last = next(expected._backwards(datetime.fromtimestamp(moment, UTC)))
    assert since < last <= moment
    before = next(expected._backwards(datetime.fromtimestamp(last - 1, UTC)))
    assert before < since
