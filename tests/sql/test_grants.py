"""The load's user loads, and can do nothing else: not by a statement of its own, and not by a data check."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from psycopg import errors

from chalicelib.domain.run.ids import digest
from chalicelib.domain.warehouse.copy_faults import COPY_FAULTS
from chalicelib.domain.warehouse.ddl import gate
from chalicelib.domain.warehouse.ledger import render_fence
from landfall.migration.grants import Grants
from landfall.migration.sql import create_user
from tests.sql.things import CONTRACTS, THINGS, row
from tests.support.paths import ROOT
from tests.support.redshift.desk import Desk
from tests.support.redshift.house import House, Redshift, ready
from tests.support.redshift.loader import loader_of
from tests.support.redshift.migration import SQL, apply

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


def test_the_loads_user_reads_what_copy_refused(loader: House) -> None:
    with Redshift(loader.dsn) as session:
        session.cursor().execute(COPY_FAULTS.replace(":query_id", "1"))
        assert session.fetchall() == []


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
            assert apply(session, {"zoo": later}) == ["created landing.zoo"]
        assert House(dsn=dsn, contract=later, numbers=itertools.count(1)).load(row("a"), age=1).inserted == 1


def test_a_procedure_that_came_later_may_be_called(desk: Desk, empty: str) -> None:
    with loader_of(desk, empty, CONTRACTS) as dsn:
        with Redshift(empty) as session:
            cursor = session.cursor()
            cursor.execute("create procedure etl.later_v1() as $$ begin end; $$ language plpgsql")
            cursor.execute("create procedure public.theirs() as $$ begin end; $$ language plpgsql")
            session.commit()
        with psycopg.connect(dsn, autocommit=True) as session:
            session.execute("call etl.later_v1()")
            assert refused(session, "call public.theirs()")


def test_rights_are_granted_once_and_again_for_a_new_table(desk: Desk, empty: str) -> None:
    """Also the first time, when there is no such user."""
    user = f"IAMR:landfall-{digest(empty)[:8]}-advance_run"
    grants = Grants(user=user, database=re.findall(r"dbname=(\S+)", empty)[0])
    granted = f"granted the rights of a load to {user}"
    with Redshift(empty) as session:
        assert apply(session, CONTRACTS, grants=grants)[-1] == granted
        assert apply(session, CONTRACTS, grants=grants) == []
        more = {**CONTRACTS, "zoo": replace(THINGS, name="zoo", table="zoo")}
        assert apply(session, more, grants=grants) == ["created landing.zoo", granted]
    with psycopg.connect(empty) as session:
        held = session.execute("select has_table_privilege(%s, 'landing.zoo', 'insert')", [user.lower()]).fetchone()
        assert held == (True,)


def test_the_documents_show_the_grants() -> None:
    text = (SQL / "grants/loads.sql").read_text(encoding="utf-8")
    grants = Grants.of_stage("dev", "dev")
    shown = f"{create_user(grants.user)};\n{grants.rendered(text, [])}"
    assert f"```sql\n{shown}```" in (ROOT / "docs/operate/deploy.md").read_text(encoding="utf-8")


def refused(session: psycopg.Connection[Any], statement: str) -> bool:
    try:
        session.execute(statement.encode())
    except (errors.InsufficientPrivilege, errors.InvalidSchemaName):
        return True
    return False


def test_the_loads_user_is_refused_anything_else(loader: House) -> None:
    with psycopg.connect(loader.dsn, autocommit=True) as session:
        assert [statement for statement in REFUSED if not refused(session, statement)] == []
