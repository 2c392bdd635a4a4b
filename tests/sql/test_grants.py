"""The load's user loads, and can do nothing else: not by a statement of its own, and not by a data check."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from psycopg import errors

from chalicelib.domain.warehouse.ddl import gate
from chalicelib.domain.warehouse.ledger import render_fence
from landfall.migrate import migrate
from tests.sql.things import CONTRACTS, THINGS, row
from tests.support.paths import ROOT
from tests.support.redshift.desk import Desk
from tests.support.redshift.house import House, Redshift, ready
from tests.support.redshift.loader import loader_of

REFUSED = [
    "delete from etl.ledger",
    "update etl.ledger set rows_read = 0",
    "truncate etl.ledger",
    "drop table etl.ledger",
    "delete from etl.corrections",
    "delete from etl.fenced",
    "update etl.fenced set group_id = ''",
    "insert into etl.schema_migrations values ('x', 'x', now())",
    "delete from landing.things",
    "truncate landing.things",
    "drop table landing.things",
    "alter table landing.things add column more text",
    f"insert into {gate('landing.things')} values ('x')",
    f"delete from {gate('landing.things')}",
    "create table etl.made (a integer)",
    "create table landing.made (a integer)",
    "create table public.made (a integer)",
    "create table made (a integer)",
    "create schema made",
    "create or replace view etl.books as select 1",
    "create or replace procedure etl.check_count_v1(a text, b text) as $$ begin end; $$ language plpgsql",
    "create user made",
]


@pytest.fixture
def loader(desk: Desk, empty: str) -> Iterator[House]:
    with loader_of(desk, empty, CONTRACTS) as dsn:
        yield House(dsn=dsn, contract=THINGS, numbers=itertools.count(1))


def test_the_loads_user_loads_and_fences(loader: House) -> None:
    loader.load(row("a"), row("b", amount="1"), age=1)
    assert loader.load(row("a", value="new"), age=2).updated == 1
    assert len(loader.ledger()) == 2
    fence = render_fence("landing.things", "f" * 32)
    with psycopg.connect(loader.dsn) as session:
        for statement in fence.statements:
            session.execute(ready(statement, fence.parameters))


def test_a_contract_that_came_later_is_loaded_too(desk: Desk, empty: str) -> None:
    later = replace(THINGS, name="zoo", table="zoo")
    with loader_of(desk, empty, CONTRACTS) as dsn:
        with Redshift(empty) as session:
            assert migrate(session, ROOT / "sql", {"zoo": later}) == ["created landing.zoo"]
        assert House(dsn=dsn, contract=later, numbers=itertools.count(1)).load(row("a"), age=1).inserted == 1


def refused(session: psycopg.Connection[Any], statement: str) -> bool:
    try:
        session.execute(statement.encode())
    except (errors.InsufficientPrivilege, errors.InvalidSchemaName):
        return True
    return False


def test_the_loads_user_is_refused_anything_else(loader: House) -> None:
    with psycopg.connect(loader.dsn, autocommit=True) as session:
        assert [statement for statement in REFUSED if not refused(session, statement)] == []
