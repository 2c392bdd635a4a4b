"""A real PostgreSQL per test worker, in Redshift's clothes, with sql/ applied to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from chalicelib.domain.model import digest
from cli.migrate import migrate
from local.redshift.postgres import Postgres
from tests.sql.house import ROOT, House, Redshift


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The server's address; the database of that address has Redshift's functions and nothing else."""
    postgres = Postgres(tmp_path_factory.mktemp("warehouse"))
    postgres.start()
    try:
        with psycopg.connect(postgres.dsn, autocommit=True) as session:
            session.execute((ROOT / "local/redshift/catalog.sql").read_bytes())
        yield postgres.dsn
    finally:
        postgres.stop()


@pytest.fixture(scope="session")
def migrated(server: str) -> str:
    with Redshift(server) as session:
        migrate(session, ROOT / "sql", {})
    return server


@pytest.fixture
def house(migrated: str, request: pytest.FixtureRequest) -> House:
    """An object of its own in a warehouse that is ready."""
    return House.build(migrated, name="t_" + digest(request.node.nodeid))


@pytest.fixture
def empty(server: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """A database that nothing was applied to."""
    name = "fresh_" + request.node.originalname[:50]
    with psycopg.connect(server, autocommit=True) as session:
        session.execute(f'create database "{name}"'.encode())
    dsn = server.replace("dbname=dev", f"dbname={name}")
    with psycopg.connect(dsn, autocommit=True) as session:
        session.execute((Path(ROOT) / "local/redshift/catalog.sql").read_bytes())
    yield dsn
    with psycopg.connect(server, autocommit=True) as session:
        session.execute(f'drop database "{name}" with (force)'.encode())
