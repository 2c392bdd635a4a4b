"""Amazon Connect: what is asked of it, what lands, and its refusals."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import botocore.endpoint
import pytest

from chalicelib.adapters.memory import MemoryClock
from chalicelib.domain.source.position import at_seconds
from chalicelib.errors import Refused, Retryable
from chalicelib.sources.connect.source import PAUSE, WAITS
from chalicelib.sources.source import Paused, TokenExpired, Window
from tests.sources.connect_server import ID, INSTANCE, Connect, Refusal, Row, invalid, served_connect
from tests.sources.connect_world import ENDED, ConnectWorld
from tests.sources.site import Site

NOW = 1_800_000_000.0
HOUR = 3_600
THROTTLED = Refusal("ThrottlingException", "Rate exceeded")
METRICS = """
dataset = "metrics"
interval = "{interval}"
timezone = "{zone}"
groupings = ["QUEUE"]
filters = {{ QUEUE = ["sales", "support"], CHANNEL = ["VOICE"] }}
[source.connect.metrics]
handled = {{ name = "CONTACTS_HANDLED" }}
handle_time = {{ name = "AVG_HANDLE_TIME" }}
quick = {{ name = "SERVICE_LEVEL", threshold = 20 }}
slow = {{ name = "SERVICE_LEVEL", threshold = 60.5, comparison = "GT" }}
called = {{ name = "CONTACTS_HANDLED", filters = {{ INITIATION_METHOD = ["OUTBOUND", "API"] }} }}
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Connect]:
    yield from served_connect()


@pytest.fixture
def make(server: Connect, monkeypatch: pytest.MonkeyPatch) -> Callable[..., ConnectWorld]:
    monkeypatch.setattr(botocore.endpoint.time, "sleep", lambda _: None)
    return lambda *more: ConnectWorld(MemoryClock(NOW), server, *more)


@pytest.fixture
def world(make: Callable[..., ConnectWorld]) -> ConnectWorld:
    world = make()
    for number in range(5):
        world.add(NOW - 600 + number, f"c{number}")
    return world


def window(hours: float) -> Window:
    return Window(start=at_seconds(NOW - hours * HOUR), stop=at_seconds(NOW))


def read(world: ConnectWorld, hours: float = 1, token: str = "") -> list[Row]:
    pages = Site(world).source().pages(window(hours), token)
    return [json.loads(line) for page in pages for line in page.content.decode().splitlines()]


ALL = [f"c{number}" for number in range(5)]


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def test_rows_land_as_they_are_written(world: ConnectWorld) -> None:
    """Numbers keep their digits, fields that are newer than the model stay, and times are ISO 8601."""
    world.instance.unknown = {"Newer": '{"n": 0.10, "t": 1.5E9}'}
    more = {"QueueInfo": {"Id": "q", "EnqueueTimestamp": moment(NOW - 600.877)}, "Tags": {"a": "ø"}}
    world.instance.contacts[0] |= more
    (body, *_) = (page.content for page in Site(world).source().pages(window(1), ""))
    first = body.splitlines()[0]
    assert b'"DisconnectTimestamp":"2027-01-15T07:50:00.000000Z"' in first
    assert b'"EnqueueTimestamp":"2027-01-15T07:49:59.123000Z"' in first
    assert b'"n": 0.10, "t": 1.5E9' in first
    assert json.loads(first)["Tags"] == {"a": "ø"}


def test_contacts_are_searched_a_day_at_a_time(world: ConnectWorld) -> None:
    world.add(NOW - 70 * HOUR, "old")
    assert [row["Id"] for row in read(world, 100 * 24)] == ["old", *ALL]
    spans = [sent["TimeRange"] for _, sent in world.instance.requests if "NextToken" not in sent]
    assert (spans[0]["StartTime"], spans[-1]["EndTime"]) == (moment(NOW - 2400 * HOUR), moment(NOW))
    assert [one["EndTime"] for one in spans[:-1]] == [other["StartTime"] for other in spans[1:]]
    assert len(spans) == 100


def test_a_reading_continues_after_any_page(world: ConnectWorld) -> None:
    """Searches after the first one begin with their first page."""
    for days in range(1, 4):
        for number in range(3):
            world.add(NOW - days * 24 * HOUR, f"d{days}-{number}")
    source = Site(world).source()
    pages = list(source.pages(window(100), ""))
    assert len(pages) > 7
    for number, page in enumerate(pages[:-1], 1):
        rest = [page.content for page in source.pages(window(100), page.token)]
        assert rest == [page.content for page in pages[number:]], number
    assert pages[-1].token == ""


def test_a_part_of_a_second_at_the_end_is_read(world: ConnectWorld) -> None:
    stop = at_seconds(NOW).replace("00.000000Z", "00.500000Z")
    list(Site(world).source().pages(Window(start=at_seconds(NOW), stop=stop), ""))
    assert world.instance.requests[-1][1]["TimeRange"]["EndTime"] == moment(NOW + 1)


@pytest.mark.parametrize(
    ("dataset", "key", "operation"), [("users", "Id", "SearchUsers"), ("queues", "QueueId", "SearchQueues")]
)
def test_all_users_and_queues_are_read_each_time(
    make: Callable[..., ConnectWorld], dataset: str, key: str, operation: str
) -> None:
    world = make(f'dataset = "{dataset}"', "")
    changed = {"LastModifiedTime": moment(NOW - 5)} if dataset == "queues" else {"Username": "ann"}
    rows: list[Row] = getattr(world.instance, dataset)
    rows += [{key: f"r{number}", **changed} for number in range(5)]
    site = Site(world)
    site.ticks(7)
    assert {name for name, _ in world.instance.requests} == {operation}
    assert sorted(row[key] for row in site.rows()) == sorted([f"r{number}" for number in range(5)] * 2)
    assert all(sent["InstanceId"] == ID for _, sent in world.instance.requests)


def called(world: ConnectWorld, seconds: float, queue: str, number: int = 1) -> None:
    for _ in range(number):
        one = {"InitiationTimestamp": moment(seconds), "QueueInfo": {"Id": queue}}
        world.instance.contacts.append({"Id": str(len(world.instance.contacts)), **one})


def test_metrics_are_rows_by_interval_and_group(make: Callable[..., ConnectWorld]) -> None:
    world = make(METRICS.format(interval="HOUR", zone="UTC"))
    called(world, NOW - 5 * HOUR - 1, "sales", 3)
    called(world, NOW - 5 * HOUR, "support")
    called(world, NOW - 2 * HOUR, "sales", 2)
    rows = read(world, 48)
    named = {"EndTime", "Interval", "QUEUE", "StartTime", "called", "handle_time", "handled", "quick", "slow"}
    assert all(set(row) == named for row in rows)
    assert [(row["StartTime"][11:16], row["QUEUE"], row["handled"], row["handle_time"]) for row in rows] == [
        ("02:00", "sales", 3, None),
        ("03:00", "support", 1, None),
        ("06:00", "sales", 2, None),
    ]
    sent = world.instance.requests[0][1]
    assert sent["ResourceArn"] == INSTANCE
    assert sent["Metrics"][3]["Threshold"] == [{"Comparison": "GT", "ThresholdValue": 60.5}]
    assert sent["Metrics"][4]["MetricFilters"][0]["MetricFilterValues"] == ["OUTBOUND", "API"]


@pytest.mark.parametrize(("interval", "days"), [("FIFTEEN_MIN", 4), ("THIRTY_MIN", 4), ("HOUR", 4), ("DAY", 120)])
def test_metrics_are_requested_for_whole_intervals(make: Callable[..., ConnectWorld], interval: str, days: int) -> None:
    """The server refuses others. What began before the window is read in whole, and nothing twice."""
    world = make(METRICS.format(interval=interval, zone="Europe/Berlin" if interval == "DAY" else "UTC"))
    moments = [NOW - hours * HOUR - 61 for hours in range(0, days * 24, 7)]
    for one in moments:
        called(world, one, "sales")
    rows = read(world, days * 24 - 23.7)
    first = min(datetime.fromisoformat(row["StartTime"]) for row in rows)
    assert sum(row["handled"] for row in rows) == sum(moment(one) >= first for one in moments) >= 24 * (days - 1) // 7
    assert len({row["StartTime"] for row in rows}) == len(rows)


def test_metrics_wait_for_the_end_of_their_interval(make: Callable[..., ConnectWorld]) -> None:
    world = make(METRICS.format(interval="HOUR", zone="UTC"))
    called(world, NOW + 30, "sales")
    site = Site(world)
    site.ticks(55)
    assert not site.files()
    called(world, site.clock.now(), "sales")
    site.ticks(10)
    assert [row["handled"] for row in site.rows()] == [2]


def test_a_metric_that_was_not_requested_is_refused(make: Callable[..., ConnectWorld]) -> None:
    def other(answer: Row) -> Row:
        answer["MetricResults"][0]["Collections"][2]["Metric"]["Threshold"][0]["ThresholdValue"] = 21.0
        return answer

    world = make(METRICS.format(interval="HOUR", zone="UTC"))
    called(world, NOW - HOUR, "sales")
    world.instance.instead = [other]
    with pytest.raises(Refused, match="a metric SERVICE_LEVEL that was not requested"):
        read(world)


def test_a_throttle_is_waited_for(world: ConnectWorld) -> None:
    world.instance.instead = [None, *[THROTTLED] * 9]
    assert [row["Id"] for row in read(world)] == ALL
    assert world.slept == [*WAITS[:2]], "four tries of botocore each"


def test_a_throttle_that_lasts_is_a_pause(world: ConnectWorld) -> None:
    world.instance.instead = [THROTTLED] * 16
    with pytest.raises(Paused) as caught:
        read(world)
    assert (caught.value.seconds, world.slept) == (PAUSE, [*WAITS])
    site = Site(world)
    world.instance.instead = [None, None, None, None, *[THROTTLED] * 16]
    site.ticks(10)
    assert (sorted(site.landed()), site.progress.code) == (ALL, "")


def test_a_passing_fault_is_tried_again(world: ConnectWorld) -> None:
    world.instance.instead = [Refusal("InternalServiceException"), None, Refusal("InternalServiceException")]
    assert [row["Id"] for row in read(world)] == ALL
    world.instance.instead = [Refusal("InternalServiceException")] * 4
    with pytest.raises(Retryable, match="connect:SearchContacts: InternalServiceException"):
        read(world)


@pytest.mark.parametrize(
    ("refusal", "fault"),
    [
        (invalid("Metric X is not supported"), "InvalidParameterException: Metric X is not supported"),
        (Refusal("ResourceNotFoundException", "no such instance"), "no such instance"),
        (Refusal("AccessDeniedException", "not authorized to perform"), "AccessDeniedException: not authorized"),
    ],
)
def test_a_refusal_tells_what_to_do(world: ConnectWorld, refusal: Refusal, fault: str) -> None:
    world.instance.instead = [refusal]
    with pytest.raises(Refused, match=fault):
        read(world)


def test_a_token_that_expires_begins_the_window_again(world: ConnectWorld) -> None:
    site = Site(world, mb=0.000001)
    world.instance.instead = [None, None, None, None, *[THROTTLED] * 16]
    site.tick()
    before = site.files()
    assert before
    world.instance.tokens.clear()
    site.ticks(10)
    assert "SOURCE_TOKEN_EXPIRED" in str(site.notes)
    assert (sorted(site.landed()), site.progress.code) == (ALL, "")
    assert set(site.files()) > set(before), "the same content lands in the same files"


def test_a_token_that_expires_meanwhile_is_named(world: ConnectWorld) -> None:
    world.instance.instead = [None, invalid("token")]
    with pytest.raises(TokenExpired):
        read(world)


def test_pages_that_do_not_end_are_refused(world: ConnectWorld) -> None:
    def again(answer: Row) -> Row:
        return {**answer, "NextToken": next(iter(world.instance.tokens))}

    world.instance.instead = [None, again]
    with pytest.raises(Refused) as caught:
        read(world)
    assert caught.value.code == "SOURCE_REPEATS"


def test_empty_and_doubled_pages_are_no_end(world: ConnectWorld) -> None:
    """The merge by key absorbs rows that come twice."""

    def doubled(answer: Row) -> Row:
        sent = {key: given for key, given in world.instance.requests[-1][1].items() if key != "NextToken"}
        return {**answer, "NextToken": world.instance.token(sent, (moment(0), ""))}

    world.instance.instead = [lambda answer: {**answer, "Contacts": []}, doubled]
    assert {row["Id"] for row in read(world)} == set(ALL)


def test_contacts_that_change_meanwhile_are_read_again(make: Callable[..., ConnectWorld]) -> None:
    """worker: has read the page with a | contact a: ends | the next window: looks back, and has its end"""
    world = make('dataset = "contacts"', 'from = 2027-01-12\nlook_back = "2h"')
    for number in range(5):
        one: dict[str, Any] = {"Id": f"c{number}", "InitiationTimestamp": moment(NOW - 600 + number)}
        world.instance.contacts.append(one)

    def ends(answer: Row) -> Row:
        copied = {**answer, "Contacts": [dict(one) for one in answer["Contacts"]]}
        world.instance.contacts[0]["DisconnectTimestamp"] = moment(NOW)
        world.add(NOW - 595, "late")
        return copied

    world.instance.instead = [None, None, None, ends]
    site = Site(world)
    site.ticks(8)
    assert set(site.landed()) == {*ALL, "late"}
    assert {row.get("DisconnectTimestamp") for row in site.rows() if row["Id"] == "c0"} == {
        None,
        "2027-01-15T08:00:00.000000Z",
    }


def test_a_long_lag_is_kept(make: Callable[..., ConnectWorld]) -> None:
    world = make(ENDED, 'from = 2027-01-12\nlag = "10m"')
    assert Site(world).source().position() == at_seconds(NOW - timedelta(minutes=10).total_seconds())
