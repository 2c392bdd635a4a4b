"""The databases that the sources' tests read, each started at its first test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.redshift.postgres import Postgres
from tests.sources import mysql_world, postgresql_world
from tests.sources.mysql_world import Mysql


@pytest.fixture(scope="package")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    yield from postgresql_world.started(tmp_path_factory.mktemp("postgres"))


@pytest.fixture(scope="package")
def mysql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mysql]:
    yield from mysql_world.started(tmp_path_factory.mktemp("mysql"))
