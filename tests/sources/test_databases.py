"""Tables of databases as sources: snapshots, pages without ties, and faults without a value."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from chalicelib.adapters.memory import MemoryClock
from chalicelib.errors import LandfallError, Refused, Retryable
from chalicelib.sources.source import Window
from tests.sources.database_world import BEGIN, WINDOW, DatabaseWorld, from_each_token, ids, source
from tests.sources.mysql_world import MysqlWorld
from tests.sources.postgresql_world import PostgresqlWorld
from tests.sources.site import Site

Make = Callable[..., DatabaseWorld]
"""Makes a world with more lines of its contract, and a cursor."""


@pytest.fixture(params=["postgresql", "mysql"])
def make(request: pytest.FixtureRequest) -> Make:
    if request.param == "mysql":
        server = request.getfixturevalue("mysql")
        return lambda *more: MysqlWorld(MemoryClock(BEGIN), server, *more)
    postgres = request.getfixturevalue("postgres")
    return lambda *more: PostgresqlWorld(MemoryClock(BEGIN), postgres, *more)


@pytest.fixture
def world(make: Make) -> DatabaseWorld:
    return make()


def test_ties_of_the_watermark_are_ordered_by_the_key(world: DatabaseWorld) -> None:
    names = [f"r{number}" for number in range(9)]
    for name in names:
        world.add(BEGIN - 600, name)
    found = from_each_token(world)
    assert len(found) == 6
    assert found == [names[number * 2 :] for number in range(6)]


def test_a_window_is_read_in_one_snapshot(world: DatabaseWorld) -> None:
    """Rows that change meanwhile have a later watermark, and are in the next window."""
    for number in range(6):
        world.add(BEGIN - 600 + number, f"r{number}")
    found = source(world)
    position = found.position()
    pages = found.pages(Window(start="", stop=position), "")
    first = next(pages)
    world.run(f"update shop.thing set updated_at = {world.at(BEGIN)} where id = 'r5'")
    world.run("delete from shop.thing where id = 'r4'")
    assert ids(iter([first, *pages])) == [f"r{number}" for number in range(6)]


def test_the_transaction_ends_with_the_reading(world: DatabaseWorld) -> None:
    """Otherwise it would keep the database from removing old rows."""
    for number in range(6):
        world.add(BEGIN - 600 + number, f"r{number}")
    Site(world).ticks(3)
    Site(world, budget=0.0).ticks(3)
    assert world.sessions() == 0


def test_a_server_that_has_gone_hides_no_fault(world: DatabaseWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """It cannot end the transaction either."""
    world.add(BEGIN - 600, "r")
    read = source(world)
    read.position()
    session = read._session
    assert session

    def gone() -> None:
        raise OperationalError("rollback", {}, Exception("the server has gone"))

    monkeypatch.setattr(session, "close", gone)
    with pytest.raises(Retryable, match="did not answer"), read._translated():
        raise OperationalError("select", {}, Exception("the server has gone"))
    assert read._session is None
    monkeypatch.undo()
    session.close()
    assert world.sessions() == 0


def test_it_cannot_write(world: DatabaseWorld) -> None:
    world.run(f"grant insert on shop.thing to {world.user}")
    found = source(world)
    found.position()
    with pytest.raises(Exception, match=r"(?i)read.only transaction"):
        found._connected().exec_driver_sql("insert into shop.thing values ('x', null)")
    found.close()


def test_rows_without_a_watermark_are_not_passed_over(world: DatabaseWorld) -> None:
    world.add(BEGIN - 600, "a")
    world.run("insert into shop.thing values ('b', null)")
    with pytest.raises(Refused, match="rows have no updated_at") as caught:
        list(source(world).pages(WINDOW, ""))
    assert caught.value.code == "SOURCE_NO_WATERMARK"


@pytest.mark.parametrize("name", ["a", "b"])
def test_a_row_without_a_key_does_not_end_the_reading(make: Make, name: str) -> None:
    """After NULL there is no row, as the database compares. One sorts it first, and the other last."""
    world = make(f"query = \"SELECT nullif(id, '{name}') AS id, updated_at FROM shop.thing\"\npage_rows = 1")
    world.source_toml = world.source_toml.replace("page_rows = 2\n", "")
    for added in ("a", "b"):
        world.add(BEGIN - 600, added)
    with pytest.raises(Refused, match="a row has no id") as caught:
        list(source(world).pages(WINDOW, ""))
    assert caught.value.code == "SOURCE_NO_KEY"


def test_a_number_is_a_watermark(make: Make) -> None:
    """9 is before 10, and a look-back finds numbers that were committed late."""
    query = "SELECT id, length(id) AS size, updated_at FROM shop.thing"
    world = make(f'query = "{query}"\nwatermark = "size"', "number")
    world.source_toml = world.source_toml.replace("secret =", "look_back = 3\nsecret =")
    site = Site(world)
    for size in (8, 9, 10, 11):
        world.add(BEGIN, "x" * size)
        site.ticks(5)
    assert site.progress.done == "11".zfill(20)
    assert {"x" * size for size in (8, 9, 10, 11)} <= set(site.landed())
    world.add(BEGIN, "y" * 9)
    world.add(BEGIN, "y" * 12)
    site.ticks(5)
    assert {"y" * 9, "y" * 12} <= set(site.landed())


def test_a_watermark_of_another_kind_is_named(make: Make) -> None:
    world = make('table = "shop.thing"\nwatermark = "id"')
    world.add(BEGIN, "SECRET-ROW")
    with pytest.raises(Refused, match="is no time") as caught:
        source(world).position()
    assert "SECRET-ROW" not in str(caught.value)


def test_without_a_watermark_all_is_read_each_time(world: DatabaseWorld) -> None:
    world.source_toml = world.source_toml.replace('watermark = "updated_at"', "")
    world.add(BEGIN, "a")
    world.run("insert into shop.thing values ('b', null)")
    site = Site(world)
    site.ticks(11)
    assert site.landed().count("a") == site.landed().count("b") >= 2


@pytest.mark.parametrize(
    ("old", "new", "code", "kind"),
    [
        ('"shop.thing"', '"shop.nothing"', "SOURCE_REFUSED", Refused),
        ('watermark = "updated_at"', 'watermark = "nothing"', "SOURCE_REFUSED", Refused),
        ('table = "shop.thing"', 'query = "SELEC 1"', "SOURCE_REFUSED", Refused),
        ("port = ", "port = 1 # ", "SOURCE_SILENT", Retryable),
        ("database = ", 'database = "nothing" # ', "SOURCE_REFUSED", Refused),
    ],
)
def test_faults_are_named(world: DatabaseWorld, old: str, new: str, code: str, kind: type[LandfallError]) -> None:
    assert old in world.source_toml
    world.source_toml = world.source_toml.replace(old, new)
    with pytest.raises(kind) as caught:
        source(world).position()
    assert caught.value.code == code


def test_a_wrong_password_is_named(world: DatabaseWorld) -> None:
    world.password = "WRONG-PASSWORD"
    with pytest.raises(Refused) as caught:
        source(world).position()
    assert caught.value.code == "SOURCE_BAD_SECRET"
    assert "WRONG-PASSWORD" not in str(caught.value)


def test_a_fault_while_reading_quotes_no_row(make: Make, world: DatabaseWorld) -> None:
    world = make(f'query = "{world.failing}"')
    world.add(BEGIN - 100, "SECRET-ROW")
    site = Site(world)
    site.ticks(30)
    told: Any = [site.notes, site.notifier.failures, site.progress.text]
    assert site.progress.code == "SOURCE_SILENT"
    assert "SECRET-ROW" not in json.dumps(told, default=str)


def test_a_database_elsewhere_is_asked_by_tls_only(world: DatabaseWorld) -> None:
    """A server without TLS gets no password."""
    found = source(world)
    found._surroundings = replace(found._surroundings, loopback=False)
    with pytest.raises(Retryable):
        found.position()
