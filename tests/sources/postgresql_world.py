"""A table of an embedded PostgreSQL, which a user may only read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg

from chalicelib.adapters.memory import MemoryClock
from chalicelib.domain.source.position import at_seconds
from chalicelib.domain.source.settings import SourceSettings
from chalicelib.sources.registry import connect
from chalicelib.sources.source import Source, Surroundings
from local.redshift.postgres import Postgres
from local.redshift.roles import DATABASE, USER

SCHEMA = f"""
create schema shop;
grant usage on schema shop to {USER};
alter default privileges in schema shop grant select on tables to {USER};
"""


OPENED: list[Source] = []
"""The sources of the worlds before, whose transactions would hold the table."""


def started(folder: Path) -> Iterator[Postgres]:
    postgres = Postgres(folder)
    postgres.start()
    run(postgres, SCHEMA)
    yield postgres
    postgres.stop()


def run(postgres: Postgres, *statements: str) -> None:
    """Run statements as the owner of the tables."""
    with psycopg.connect(postgres.manager_dsn, autocommit=True) as session:
        session.execute("set lock_timeout = '5s'")
        for statement in statements:
            session.execute(statement)  # type: ignore[call-overload]


class PostgresqlWorld:
    """A new table."""

    def __init__(self, clock: MemoryClock, postgres: Postgres, more: str = "", cursor: str = "time") -> None:
        self.clock, self.postgres = clock, postgres
        self.password = postgres.password
        while OPENED:
            OPENED.pop().close()
        run(
            postgres,
            "drop table if exists shop.thing",
            "create table shop.thing (id varchar(40) primary key, updated_at timestamptz)",
        )
        self.source_toml = f"""
kind = "postgresql"
every = "5m"
secret = "thing"
cursor = "{cursor}"

[source.postgresql]
host = "127.0.0.1"
port = {postgres.port}
database = "{DATABASE}"
key = ["id"]
page_rows = 2
{more or 'table = "shop.thing"'}
{"" if "watermark" in more else 'watermark = "updated_at"'}
"""

    def add(self, moment: float, name: str) -> None:
        run(self.postgres, f"insert into shop.thing values ('{name}', '{at_seconds(moment)}')")

    def connect(self, object: str, settings: SourceSettings) -> Source:
        secret = {"username": USER, "password": self.password}
        around = Surroundings(
            object=object, settings=settings, secret=lambda: secret, now=self.clock.now, loopback=True
        )
        OPENED.append(connect(around))
        return OPENED[-1]
