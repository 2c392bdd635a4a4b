"""A PostgreSQL table as a source: the digits and the names of this database."""

from __future__ import annotations

import json

import pytest

from chalicelib.adapters.memory import MemoryClock
from local.redshift.postgres import Postgres
from tests.sources.database_world import BEGIN, WINDOW, lines, source
from tests.sources.postgresql_world import PostgresqlWorld


@pytest.fixture
def world(postgres: Postgres) -> PostgresqlWorld:
    return PostgresqlWorld(MemoryClock(BEGIN), postgres)


def test_values_are_as_the_database_shows_them(world: PostgresqlWorld) -> None:
    world.run(
        "alter table shop.thing add n numeric, add f float8, add t text, add j json, add d timestamp, add b boolean",
        "insert into shop.thing values ('a', '2026-01-31 12:00:00.123456+05', 12345678901234567890.1234567890123456789,"
        " 0.1, E'a\\nb\"', '{\"x\": 1.10,\n \"x\": 2}', '2026-01-31 12:00', null)",
    )
    (line,) = lines(source(world).pages(WINDOW, ""))
    assert line == (
        '{"id":"a","updated_at":"2026-01-31T07:00:00.123456+00:00","n":12345678901234567890.1234567890123456789,'
        '"f":0.1,"t":"a\\nb\\"","j":{"x": 1.10,  "x": 2},"d":"2026-01-31T12:00:00","b":null}'
    )


def test_a_query_may_have_colons_and_percents(postgres: Postgres) -> None:
    query = "SELECT id, updated_at::timestamp AS updated_at, ':x 50%' AS c FROM shop.thing WHERE id LIKE 'a%'"
    world = PostgresqlWorld(MemoryClock(BEGIN), postgres, f'query = "{query}"')
    world.add(BEGIN, "a1")
    world.add(BEGIN, "b1")
    (line,) = lines(source(world).pages(WINDOW, ""))
    assert json.loads(line) == {"id": "a1", "updated_at": "2027-01-15T08:00:00", "c": ":x 50%"}


def test_a_name_is_quoted(postgres: Postgres) -> None:
    world = PostgresqlWorld(MemoryClock(BEGIN), postgres, 'table = "shop.Th\\"ing; drop"')
    world.run('create table if not exists shop."Th""ing; drop" (id int, updated_at timestamptz)')
    assert source(world).position() == ""
