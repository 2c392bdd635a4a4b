"""A table of an embedded PostgreSQL, which a user may only read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg

from chalicelib.adapters.memory import MemoryClock
from local.redshift.postgres import Postgres
from local.redshift.roles import DATABASE, USER
from tests.sources.database_world import DatabaseWorld, close_sources

SCHEMA = f"""
create schema shop;
grant usage on schema shop to {USER};
alter default privileges in schema shop grant select on tables to {USER};
"""


def started(folder: Path) -> Iterator[Postgres]:
    postgres = Postgres(folder)
    postgres.start()
    run(postgres, SCHEMA)
    yield postgres
    close_sources()
    postgres.stop()


def run(postgres: Postgres, *statements: str) -> None:
    """Run statements as the owner of the tables."""
    with psycopg.connect(postgres.manager_dsn, autocommit=True) as session:
        session.execute("set lock_timeout = '5s'")
        for statement in statements:
            session.execute(statement)  # type: ignore[call-overload]


class PostgresqlWorld(DatabaseWorld):
    """A new table."""

    kind, database, user = "postgresql", DATABASE, USER
    failing = "SELECT id, updated_at, id::int AS n FROM shop.thing"

    def __init__(self, clock: MemoryClock, postgres: Postgres, more: str = "", cursor: str = "time") -> None:
        self.postgres = postgres
        super().__init__(clock, postgres.port, postgres.password, more, cursor)

    def make(self) -> None:
        self.run(
            "drop table if exists shop.thing",
            "create table shop.thing (id varchar(40) primary key, updated_at timestamptz)",
        )

    def run(self, *statements: str) -> None:
        run(self.postgres, *statements)

    def sessions(self) -> int:
        with psycopg.connect(self.postgres.manager_dsn) as session:
            rows = session.execute("select count(*) from pg_stat_activity where usename = %s", (USER,)).fetchall()
        return int(rows[0][0])
