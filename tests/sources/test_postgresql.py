"""A PostgreSQL table as a source: digits, snapshots, pages without ties, and faults without a value."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from chalicelib.adapters.memory import MemoryClock
from chalicelib.errors import LandfallError, Refused, Retryable
from chalicelib.sources.database.postgresql import PostgresqlSource
from chalicelib.sources.source import Page, Window
from local.redshift.postgres import Postgres
from local.redshift.roles import USER
from tests.sources.postgresql_world import PostgresqlWorld, run, started
from tests.sources.site import Site

BEGIN = 1_800_000_000.0
WINDOW = Window(start="", stop="2030-01-01T00:00:00.000000Z")


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    yield from started(tmp_path_factory.mktemp("postgres"))


@pytest.fixture
def world(postgres: Postgres) -> PostgresqlWorld:
    return PostgresqlWorld(MemoryClock(BEGIN), postgres)


def source(world: PostgresqlWorld) -> PostgresqlSource:
    found = Site(world).source()
    assert isinstance(found, PostgresqlSource)
    return found


def lines(pages: Iterator[Page]) -> list[str]:
    return [line for page in pages for line in page.content.decode().splitlines()]


def ids(pages: Iterator[Page]) -> list[str]:
    return [json.loads(line)["id"] for line in lines(pages)]


def idle(postgres: Postgres) -> int:
    """Sessions of the source's user."""
    with psycopg.connect(postgres.manager_dsn) as session:
        rows = session.execute("select count(*) from pg_stat_activity where usename = %s", (USER,)).fetchall()
    return int(rows[0][0])


def test_values_are_as_the_database_shows_them(world: PostgresqlWorld) -> None:
    run(
        world.postgres,
        "alter table shop.thing add n numeric, add f float8, add t text, add j json, add d timestamp, add b boolean",
        "insert into shop.thing values ('a', '2026-01-31 12:00:00.123456+05', 12345678901234567890.1234567890123456789,"
        " 0.1, E'a\\nb\"', '{\"x\": 1.10,\n \"x\": 2}', '2026-01-31 12:00', null)",
    )
    (line,) = lines(source(world).pages(WINDOW, ""))
    assert line == (
        '{"id":"a","updated_at":"2026-01-31T07:00:00.123456+00:00","n":12345678901234567890.1234567890123456789,'
        '"f":0.1,"t":"a\\nb\\"","j":{"x": 1.10,  "x": 2},"d":"2026-01-31T12:00:00","b":null}'
    )


def test_ties_of_the_watermark_are_ordered_by_the_key(world: PostgresqlWorld) -> None:
    names = [f"r{number}" for number in range(9)]
    for name in names:
        world.add(BEGIN - 600, name)
    tokens = [""]
    for page in source(world).pages(WINDOW, ""):
        tokens.append(page.token)
    assert len(tokens) == 6
    for number, token in enumerate(tokens):
        assert ids(source(world).pages(WINDOW, token)) == names[number * 2 :]


def test_a_window_is_read_in_one_snapshot(world: PostgresqlWorld) -> None:
    """Rows that change meanwhile have a later watermark, and are in the next window."""
    for number in range(6):
        world.add(BEGIN - 600 + number, f"r{number}")
    found = source(world)
    position = found.position()
    pages = found.pages(Window(start="", stop=position), "")
    first = next(pages)
    run(world.postgres, f"update shop.thing set updated_at = to_timestamp({BEGIN}) where id = 'r5'")
    run(world.postgres, "delete from shop.thing where id = 'r4'")
    assert ids(iter([first, *pages])) == [f"r{number}" for number in range(6)]


def test_the_transaction_ends_with_the_reading(world: PostgresqlWorld) -> None:
    """Otherwise it would keep the database from removing old rows."""
    for number in range(6):
        world.add(BEGIN - 600 + number, f"r{number}")
    Site(world).ticks(3)
    Site(world, budget=0.0).ticks(3)
    assert idle(world.postgres) == 0


def test_it_cannot_write(world: PostgresqlWorld) -> None:
    run(world.postgres, f"grant insert on shop.thing to {USER}")
    found = source(world)
    found.position()
    with pytest.raises(Exception, match="read-only transaction"):
        found._connected().exec_driver_sql("insert into shop.thing values ('x')")
    found.close()


def test_rows_without_a_watermark_are_not_passed_over(world: PostgresqlWorld) -> None:
    world.add(BEGIN - 600, "a")
    run(world.postgres, "insert into shop.thing values ('b', null)")
    with pytest.raises(Refused, match="rows have no updated_at") as caught:
        list(source(world).pages(WINDOW, ""))
    assert caught.value.code == "SOURCE_NO_WATERMARK"


def test_a_row_without_a_key_does_not_end_the_reading(postgres: Postgres) -> None:
    """After NULL there is no row, as the database compares."""
    query = "SELECT nullif(id, 'b') AS id, updated_at FROM shop.thing"
    world = PostgresqlWorld(MemoryClock(BEGIN), postgres, f'query = "{query}"')
    for name in ("a", "b"):
        world.add(BEGIN - 600, name)
    with pytest.raises(Refused, match="a row has no id") as caught:
        list(source(world).pages(WINDOW, ""))
    assert caught.value.code == "SOURCE_NO_KEY"


def test_a_number_is_a_watermark(postgres: Postgres) -> None:
    """9 is before 10, and a look-back finds numbers that were committed late."""
    world = PostgresqlWorld(
        MemoryClock(BEGIN),
        postgres,
        'query = "SELECT id, length(id) AS size, updated_at FROM shop.thing"\nwatermark = "size"',
        cursor="number",
    )
    world.source_toml = world.source_toml.replace("secret =", "look_back = 3\nsecret =")
    site = Site(world)
    for size in (8, 9, 10, 11):
        world.add(BEGIN, "x" * size)
        site.ticks(5)
    assert site.progress.done == "11".zfill(20)
    world.add(BEGIN, "y" * 9)
    world.add(BEGIN, "y" * 12)
    site.ticks(5)
    assert {"y" * 9, "y" * 12} <= set(site.landed())


def test_a_watermark_of_another_kind_is_named(postgres: Postgres) -> None:
    world = PostgresqlWorld(MemoryClock(BEGIN), postgres, 'table = "shop.thing"\nwatermark = "id"')
    world.add(BEGIN, "SECRET-ROW")
    with pytest.raises(Refused, match="is no time") as caught:
        source(world).position()
    assert "SECRET-ROW" not in str(caught.value)


def test_without_a_watermark_all_is_read_each_time(postgres: Postgres) -> None:
    world = PostgresqlWorld(MemoryClock(BEGIN), postgres)
    world.source_toml = world.source_toml.replace('watermark = "updated_at"', "")
    world.add(BEGIN, "a")
    run(postgres, "insert into shop.thing values ('b', null)")
    site = Site(world)
    site.ticks(11)
    assert site.landed().count("a") == site.landed().count("b") >= 2


def test_a_query_may_have_colons_and_percents(postgres: Postgres) -> None:
    query = "SELECT id, updated_at::timestamp AS updated_at, ':x 50%' AS c FROM shop.thing WHERE id LIKE 'a%'"
    world = PostgresqlWorld(MemoryClock(BEGIN), postgres, f'query = "{query}"')
    world.add(BEGIN, "a1")
    world.add(BEGIN, "b1")
    (line,) = lines(source(world).pages(WINDOW, ""))
    assert json.loads(line) == {"id": "a1", "updated_at": "2027-01-15T08:00:00", "c": ":x 50%"}


def test_a_name_is_quoted(postgres: Postgres) -> None:
    world = PostgresqlWorld(MemoryClock(BEGIN), postgres, 'table = "shop.Th\\"ing; drop"')
    run(postgres, 'create table if not exists shop."Th""ing; drop" (id int, updated_at timestamptz)')
    assert source(world).position() == ""


@pytest.mark.parametrize(
    ("old", "new", "code", "kind"),
    [
        ('"shop.thing"', '"shop.nothing"', "SOURCE_REFUSED", Refused),
        ('watermark = "updated_at"', 'watermark = "nothing"', "SOURCE_REFUSED", Refused),
        ("port = ", "port = 1 # ", "SOURCE_SILENT", Retryable),
        ('database = "dev"', 'database = "nothing"', "SOURCE_REFUSED", Refused),
    ],
)
def test_faults_are_named(world: PostgresqlWorld, old: str, new: str, code: str, kind: type[LandfallError]) -> None:
    assert old in world.source_toml
    world.source_toml = world.source_toml.replace(old, new)
    with pytest.raises(kind) as caught:
        source(world).position()
    assert caught.value.code == code


def test_a_wrong_password_is_named(world: PostgresqlWorld) -> None:
    world.password = "WRONG-PASSWORD"
    with pytest.raises(Refused) as caught:
        source(world).position()
    assert caught.value.code == "SOURCE_BAD_SECRET"
    assert "WRONG-PASSWORD" not in str(caught.value)


def test_a_fault_while_reading_quotes_no_row(postgres: Postgres) -> None:
    query = "SELECT id, updated_at, id::int AS n FROM shop.thing"
    world = PostgresqlWorld(MemoryClock(BEGIN), postgres, f'query = "{query}"')
    world.add(BEGIN - 100, "SECRET-ROW")
    site = Site(world)
    site.ticks(30)
    told: Any = [site.notes, site.notifier.failures, site.progress.text]
    assert site.progress.code == "SOURCE_SILENT"
    assert "SECRET-ROW" not in json.dumps(told, default=str)


def test_a_database_elsewhere_is_asked_by_tls_only(world: PostgresqlWorld) -> None:
    """A server without TLS gets no password."""
    found = source(world)
    found._surroundings = replace(found._surroundings, loopback=False)
    with pytest.raises(Retryable):
        found.position()
