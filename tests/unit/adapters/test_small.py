"""Clients, clocks and cursors."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.adapters.clients import client, config
from chalicelib.adapters.clock import SystemClock
from chalicelib.adapters.memory import MemoryClock, MemoryRuns, MemorySearch, MemoryTable
from chalicelib.domain.run.cursors import read_cursor, write_cursor
from chalicelib.domain.run.model import Run, RunState, Source
from chalicelib.errors import Refused


@pytest.mark.parametrize("service", ["s3", "dynamodb", "redshift-data", "sqs", "sns", "secretsmanager"])
def test_every_call_has_an_end_and_a_few_tries(service: str) -> None:
    made = config(service)
    assert 0 < made.connect_timeout <= 5
    assert 0 < made.read_timeout <= 60
    assert made.retries == {"mode": "standard", "total_max_attempts": 4}


def test_a_client_goes_where_it_is_told() -> None:
    made = client(
        "sqs",
        region_name="eu-west-1",
        endpoint_url="http://127.0.0.1:9",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    assert made.meta.endpoint_url == "http://127.0.0.1:9"
    assert made.meta.config.connect_timeout == 3.0


def test_the_systems_clock_tells_unix_time() -> None:
    assert abs(SystemClock().now() - time.time()) < 5


@given(st.dictionaries(st.sampled_from(["pk", "sk"]), st.text() | st.floats(allow_nan=False), min_size=1))
def test_a_cursor_comes_back_as_it_was(place: dict[str, object]) -> None:
    assert read_cursor(write_cursor(place), dict.fromkeys(place, anything)) == place
    for fits in ({"other": anything}, dict.fromkeys(place, nothing)):
        with pytest.raises(Refused):
            read_cursor(write_cursor(place), fits)


def anything(_value: object) -> bool:
    return True


def nothing(_value: object) -> bool:
    return False


@given(st.text(min_size=1))
def test_a_text_that_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        read_cursor(text, {"pk": anything, "sk": anything})


def test_searches_in_memory_may_lag() -> None:
    clock = MemoryClock()
    table = MemoryTable(clock, lag=10)
    runs, search = MemoryRuns(table), MemorySearch(table)
    source = Source(bucket="b", key="k/a.csv", etag="e", size=1)
    now = clock.now()
    run = Run(run_id="r", object="o", source=source, state=RunState.ARRIVED, arrived_at=now, updated_at=now)
    runs.create(run)
    assert search.by_name("a.csv") == []
    assert runs.get("r") == run
    clock.advance(10)
    staging = runs.change(run, state=RunState.STAGING)
    assert search.by_name("a.csv") == [run]
    clock.advance(10)
    assert search.by_name("a.csv") == [staging]
