"""Hostile data checks sent past the guard, as the load's user: nothing changes. Sound ones are planned."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from chalicelib.domain.contract.contract import DataCheck
from chalicelib.domain.warehouse.ddl import staging_ddl, staging_name
from chalicelib.domain.warehouse.load import explain_check
from local.redshift.sql.rewrite import rewrite
from tests.sql.things import CONTRACTS, THINGS, row
from tests.support.files.made_checks import REPRODUCED, hostile_checks, sound_checks
from tests.support.redshift.desk import Desk
from tests.support.redshift.house import House, Row
from tests.support.redshift.loader import loader_of

GROUP = "0" * 32
STATE = """
select 'table', n.nspname || '.' || c.relname, c.relkind::text, c.relacl::text from pg_class c
  join pg_namespace n on n.oid = c.relnamespace where n.nspname in ('etl', 'landing', 'public')
union all select 'procedure', oid::text, prosrc, proacl::text from pg_proc where pronamespace = 'etl'::regnamespace
union all select 'user', rolname, null, null from pg_roles
union all select 'schema', nspname, nspacl::text, null from pg_namespace where nspname not like 'pg_%'
union all select 'ledger', to_jsonb(l)::text, null, null from etl.ledger l
union all select 'fenced', to_jsonb(f)::text, null, null from etl.fenced f
union all select 'things', to_jsonb(t)::text, null, null from landing.things t
order by 1, 2
"""


@pytest.fixture
def loader(desk: Desk, empty: str) -> Iterator[tuple[House, House]]:
    """As the administrator, and as the load's user."""
    with loader_of(desk, empty, CONTRACTS) as dsn:
        admin, user = (House(dsn=each, contract=THINGS, numbers=iter((1, 2))) for each in (empty, dsn))
        user.load(row("a", amount="1"), row("b"), age=1)
        yield admin, user


def staged(session: psycopg.Connection[Row]) -> None:
    session.execute(rewrite(staging_ddl(THINGS, (), GROUP, "0" * 8)).encode())
    session.execute(f"insert into {staging_name(GROUP)} (id, value) values ('a', 'x')".encode())


def send(dsn: str, condition: str) -> bool:
    """Whether the procedure took it; what it did is committed, as a load would."""
    with psycopg.connect(dsn) as session:
        staged(session)
        try:
            session.execute("call etl.data_check_v1(%s, 'hostile', %s)", (staging_name(GROUP), condition))
        except (psycopg.Error, UnicodeError):
            session.rollback()
            return False
        session.execute(f"drop table {staging_name(GROUP)}".encode())
    return True


def test_200_hostile_checks_past_the_guard_change_nothing(loader: tuple[House, House]) -> None:
    admin, user = loader
    before = admin.ask(STATE)
    for condition in hostile_checks(200):
        send(user.dsn, condition)
    assert admin.ask(STATE) == before


def test_the_cursor_refuses_a_second_statement_to_anyone(loader: tuple[House, House]) -> None:
    admin, _ = loader
    before = admin.ask(STATE)
    assert not send(admin.dsn, REPRODUCED)
    assert not send(admin.dsn, "1 = 1); delete from etl.ledger; select 0 as bad where (1 = 1")
    assert admin.ask(STATE) == before


def test_200_sound_checks_are_planned(loader: tuple[House, House]) -> None:
    with psycopg.connect(loader[1].dsn) as session:
        staged(session)
        for condition in sound_checks(200):
            session.execute(rewrite(explain_check(DataCheck(name="sound", bad_rows=condition), GROUP)).encode())
