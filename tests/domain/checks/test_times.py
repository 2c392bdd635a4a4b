"""Dates and timestamps: what COPY accepts, and with which code it rejects the rest."""

from __future__ import annotations

import pytest

from tests.domain.checks.values import TYPES, assert_bad, assert_good, codes

GOOD = {
    "date": "2024-02-29 0001-01-01 9999-12-31 2000-02-29",
    "timestamp": "2024-02-29T23:59:59 2024-01-01T00:00:00.123456",
    "timestamptz": "2024-02-29T23:59:59Z 2024-01-01T00:00:00.1-08 2024-01-01T00:00:00+05:30 2024-01-01T00:00:00+0530",
}
BAD = {
    (
        "date",
        1205,
    ): "2023-02-29 1900-02-29 2024-13-01 2024-00-10 2024-01-32 2024-1-5 20240105 2024/01/05 0000-01-01 05.01.2025",
    ("timestamp", 1206): "2024-01-01 2024-01-01T24:00:00 2024-01-01T00:60:00 2024-01-01T00:00:60 2024-01-01T00:00:00. "
    "2024-01-01T00:00:00.1234567 2024-01-01T00:00:00Z 2024-02-30T00:00:00 2024-01-01t00:00:00",
    (
        "timestamptz",
        1206,
    ): "2024-01-01T00:00:00+16 2024-01-01T00:00:00+01:60 2024-01-01T00:00:00z 2024-01-01T00:00:00+1",
}


@pytest.mark.parametrize("quoted", [False, True])
@pytest.mark.parametrize("name", GOOD)
def test_good_values(name, quoted):
    assert_good(name, GOOD[name], quoted=quoted)


@pytest.mark.parametrize("quoted", [False, True])
@pytest.mark.parametrize(("name", "code"), BAD)
def test_bad_values(name, code, quoted):
    assert_bad(name, code, BAD[name, code], quoted=quoted)


def test_a_timestamp_may_have_a_space():
    assert codes(TYPES["timestamp"], ["2024-01-01 10:00:00", "2024-01-01  10:00:00"], quoted=False) == [-1, 1206]
