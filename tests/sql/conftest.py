"""The local Redshift, one per test worker, with sql/ applied to it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from chalicelib.domain.run.ids import digest
from local.redshift import LocalRedshift
from local.redshift.roles import limit_role
from tests.support.paths import ROOT
from tests.support.redshift.desk import Desk, data_client
from tests.support.redshift.house import House, Redshift
from tests.support.redshift.migration import apply
from tests.support.redshift.outside import Outside, OutsideServer

CATALOG = ROOT / "local/redshift/catalog.sql"


@pytest.fixture(scope="session")
def desk() -> Iterator[Desk]:
    """In a folder that PostgreSQL's user reaches: pytest's own are closed to all but their owner."""
    folder = Path(tempfile.mkdtemp(prefix="landfall-sql-"))
    folder.chmod(0o755)
    outside = Outside()
    stores = OutsideServer(outside)
    try:
        with LocalRedshift(folder / "data", s3_endpoint=outside.url) as redshift:
            api = data_client(redshift.api_url, redshift.credentials)
            yield Desk(redshift=redshift, outside=outside, api=api)
            api.close()
    finally:
        stores.stop()
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def server(desk: Desk) -> str:
    """PostgreSQL's own address. The database there has Redshift's functions; statements are to be rewritten."""
    return desk.redshift.dsn


@pytest.fixture(scope="session")
def migrated(server: str) -> str:
    with Redshift(server) as session:
        apply(session, {})
    return server


@pytest.fixture
def house(migrated: str, request: pytest.FixtureRequest) -> House:
    """An object of its own in a warehouse that is ready."""
    return House.build(migrated, name="t_" + digest(request.node.nodeid))


@pytest.fixture
def empty(desk: Desk, request: pytest.FixtureRequest) -> Iterator[str]:
    """A database that nothing was applied to."""
    name = "fresh_" + request.node.originalname[:50]
    manager = desk.redshift._postgres.manager_dsn
    with psycopg.connect(manager, autocommit=True) as session:
        session.execute(f'create database "{name}"'.encode())
    with psycopg.connect(manager, dbname=name, autocommit=True) as session:
        session.execute(CATALOG.read_bytes())
        limit_role(session)
    yield desk.redshift.dsn.replace("dbname=dev", f"dbname={name}")
    with psycopg.connect(manager, autocommit=True) as session:
        session.execute(f'drop database "{name}" with (force)'.encode())
