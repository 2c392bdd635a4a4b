"""Tables of real databases that sources of a local stack read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg

from chalicelib.adapters.memory import MemoryClock
from chalicelib.domain.source.position import at_seconds
from local.redshift.postgres import Postgres
from local.redshift.roles import USER
from tests.sources.mysql_world import PASSWORD, Mysql, MysqlWorld
from tests.sources.mysql_world import started as started_mysql
from tests.sources.postgresql_world import PostgresqlWorld, run, started
from tests.sources.stack_world import PAGE, StackWorld

READING = "select 1 from pg_stat_activity where application_name = 'landfall' and xact_start is not null"


class OnPostgresql(StackWorld):
    """A table of a database."""

    name = "from_postgresql"

    def __init__(self, postgres: Postgres) -> None:
        super().__init__()
        self.postgres, self.secret = postgres, {"username": USER, "password": postgres.password}
        toml = PostgresqlWorld(MemoryClock(), postgres).source_toml
        self.source_toml = toml.replace("page_rows = 2", f"page_rows = {PAGE}")

    def commit(self, key: str, moment: int, *, new: bool) -> None:
        row = f"insert into shop.thing values ('{key}', '{at_seconds(moment)}')"
        run(self.postgres, f"{row} on conflict (id) do update set updated_at = excluded.updated_at")

    def is_read(self) -> bool:
        with psycopg.connect(self.postgres.manager_dsn, autocommit=True) as session:
            return session.execute(READING).fetchone() is not None


class OnMysql(StackWorld):
    """A table of a MySQL database."""

    name = "from_mysql"

    def __init__(self, mysql: Mysql) -> None:
        super().__init__()
        self._world, self.secret = MysqlWorld(MemoryClock(), mysql), {"username": MysqlWorld.user, "password": PASSWORD}
        self.source_toml = self._world.source_toml.replace("page_rows = 2", f"page_rows = {PAGE}")

    def commit(self, key: str, moment: int, *, new: bool) -> None:
        row = f"insert into shop.thing values ('{key}', from_unixtime({moment}))"
        self._world.run(f"{row} on duplicate key update updated_at = values(updated_at)")

    def is_read(self) -> bool:
        return self._world.sessions() > 0


def on_postgresql(folder: Path) -> Iterator[StackWorld]:
    yield from map(OnPostgresql, started(folder / "shop"))


def on_mysql(folder: Path) -> Iterator[StackWorld]:
    yield from map(OnMysql, started_mysql(folder / "mysql"))
