"""What is counted on from any source: nothing is lost, whoever is killed, and the record never moves back."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from chalicelib.adapters.memory import MemoryClock
from chalicelib.orchestration.extraction import extract
from tests.sources.connect_server import Connect, served_connect
from tests.sources.connect_world import ConnectWorld
from tests.sources.google_server import Google, served_google
from tests.sources.http_world import HttpWorld, Served, served
from tests.sources.mysql_world import MysqlWorld
from tests.sources.postgresql_world import PostgresqlWorld
from tests.sources.sheets_world import SheetsWorld
from tests.sources.site import THING, KilledError, MemoryWorld, Site, World

PAGED = (("page", "bearer"), ("offset", "header"), ("cursor", "oauth2"), ("link", "basic"), ("next_url", "none"))
MEMBERS = ("memory", "postgresql", "mysql", "sheets", "connect", *(f"http by {paging}" for paging, _ in PAGED))
FILE_A_PAGE, PAGES_JOINED, ONE_FILE = 0.000001, 0.0001, 16.0
CASES = (("memory", FILE_A_PAGE), ("memory", ONE_FILE), *((name, PAGES_JOINED) for name in MEMBERS))
HOUR = 60
CLAIMED = 6
"""The first moment at which the first worker has the lease."""
BEGIN = 1_800_000_000.0
ROWS = [(BEGIN - 600, "a"), (BEGIN - 600, "b"), (BEGIN - 500, "c"), (BEGIN - 400, "d"), (BEGIN - 400, "e")]


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    yield from served()


@pytest.fixture(scope="module")
def google() -> Iterator[Google]:
    yield from served_google()


@pytest.fixture(scope="module")
def instance() -> Iterator[Connect]:
    yield from served_connect()


@pytest.fixture(params=CASES, ids=str)
def case(request: pytest.FixtureRequest) -> tuple[str, float]:
    """A member, and the size of files in MB."""
    name, mb = request.param
    return str(name), float(mb)


@pytest.fixture
def mb(case: tuple[str, float]) -> float:
    return case[1]


@pytest.fixture
def make(request: pytest.FixtureRequest, case: tuple[str, float]) -> Callable[[], World]:
    """Makes a world without a row."""
    if case[0] == "memory":
        return lambda: MemoryWorld(MemoryClock(BEGIN))
    if case[0] == "postgresql":
        postgres = request.getfixturevalue("postgres")
        return lambda: PostgresqlWorld(MemoryClock(BEGIN), postgres)
    if case[0] == "mysql":
        mysql = request.getfixturevalue("mysql")
        return lambda: MysqlWorld(MemoryClock(BEGIN), mysql)
    if case[0] == "sheets":
        google = request.getfixturevalue("google")
        return lambda: SheetsWorld(MemoryClock(BEGIN), google)
    if case[0] == "connect":
        instance = request.getfixturevalue("instance")
        return lambda: ConnectWorld(MemoryClock(BEGIN), instance)
    paging, server = case[0].rpartition(" ")[2], request.getfixturevalue("server")
    return lambda: HttpWorld(MemoryClock(BEGIN), server, paging, dict(PAGED)[paging])


def filled(world: World) -> World:
    for moment, name in ROWS:
        world.add(moment, name)
    return world


def names(rows: list[tuple[float, str]]) -> set[str]:
    return {name for _, name in rows}


def test_a_source_without_a_row_lands_nothing(make: Callable[[], World], mb: float) -> None:
    site = Site(make(), mb=mb)
    site.ticks(HOUR)
    assert (site.files(), site.progress.code) == ([], "")


def test_all_rows_land_once(make: Callable[[], World], mb: float) -> None:
    site = Site(filled(make()), mb=mb)
    site.tick()
    assert sorted(site.landed()) == sorted(names(ROWS))
    assert {key.rpartition("/")[0] for key in site.files()} == {"incoming/thing"}


def test_window_after_window_equals_one_full_read(make: Callable[[], World], mb: float) -> None:
    site = Site(make(), mb=mb)
    for number in range(30):
        site.world.add(site.clock.now() - 30, f"r{number}")
        site.tick()
    site.ticks(10)
    assert set(site.landed()) == {f"r{number}" for number in range(30)}
    assert site.done == sorted(site.done)


def test_what_is_committed_late_is_found_within_the_lag(make: Callable[[], World], mb: float) -> None:
    """A transaction of 50 seconds: the row's moment lies before rows that were seen already."""
    site = Site(filled(make()), mb=mb)
    for number in range(30):
        site.tick()
        site.world.add(site.clock.now() - 50, f"late{number}")
        site.world.add(site.clock.now() - 1, f"quick{number}")
    site.ticks(10)
    assert names(ROWS) | {f"{kind}{n}" for kind in ("late", "quick") for n in range(30)} == set(site.landed())


def interrupted(world: World, mb: float, number: int, deed: Callable[[Site], None]) -> Site:
    """A site on which something happens once, at one moment between two effects."""
    once = iter([True])

    def before(now: int) -> None:
        if now == number and next(once, False):
            deed(site)

    site = Site(world, before, mb=mb)
    return site


def kill(_site: Site) -> None:
    raise KilledError


def come_second(site: Site) -> None:
    extract(site.ctx, site.world.connect, THING, "another")


def come_after_an_hour(site: Site) -> None:
    site.clock.advance(3_600)
    site.world.add(site.clock.now() - 120, "more")
    come_second(site)


def moments(make: Callable[[], World], mb: float) -> int:
    numbers: list[int] = []
    Site(filled(make()), numbers.append, mb=mb).tick()
    return len(numbers)


def test_a_kill_at_any_moment_loses_nothing(make: Callable[[], World], mb: float) -> None:
    """Rows that are added after the kill belong to the next window: the open one keeps its end, and its keys."""
    calm = Site(filled(make()), mb=mb)
    calm.tick()
    for number in range(1, moments(make, mb) + 1):
        site = interrupted(filled(make()), mb, number, kill)
        with pytest.raises(KilledError):
            site.tick()
        fixed = site.progress.open or site.progress.done
        site.world.add(BEGIN + 90, "later")
        site.ticks(HOUR)
        assert set(site.landed()) == names(ROWS) | {"later"}, number
        assert site.done == sorted(site.done)
        same = not isinstance(site.world, SheetsWorld)  # a sheet has no history: what is read again may have changed
        assert set(site.files()) >= set(calm.files()) or not fixed or not same, number


def test_two_workers_read_nothing_twice(make: Callable[[], World], mb: float) -> None:
    """worker 1: is between two effects | worker 2: gets the same message, and finds the lease"""
    for number in range(1, moments(make, mb) + 1):
        site = interrupted(filled(make()), mb, number, come_second)
        site.ticks(10)
        assert sorted(site.landed()) == sorted(names(ROWS)), number
        assert site.done == sorted(site.done)
        assert "lease_lost" not in dict(site.notes) or number < CLAIMED, number


def test_a_worker_that_outlives_its_lease_changes_nothing(make: Callable[[], World], mb: float) -> None:
    """worker 1: stands still for an hour | worker 2: reads on, and more rows come | worker 1: stops"""
    for number in range(4, moments(make, mb) + 1):
        site = interrupted(filled(make()), mb, number, come_after_an_hour)
        site.ticks(20)
        assert set(site.landed()) == names(ROWS) | {"more"}, number
        assert site.done == sorted(site.done)


def test_a_reading_without_time_goes_on_in_the_next_message(make: Callable[[], World], mb: float) -> None:
    """Each message lands what is read of one page. What a source cannot continue is read to its end."""
    calm = Site(filled(make()), mb=mb)
    calm.tick()
    site = Site(filled(make()), mb=mb, budget=0.0)
    site.tick()
    assert sorted(site.landed()) == sorted(calm.landed()) == sorted(names(ROWS))
    assert site.progress.done == calm.progress.done
