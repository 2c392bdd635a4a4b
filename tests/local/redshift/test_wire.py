"""Redshift's own driver, through the wire."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
import redshift_connector

from tests.support.redshift.desk import Desk


@pytest.fixture
def driver(desk: Desk) -> Iterator[Any]:
    redshift = desk.redshift
    connection = redshift_connector.connect(
        host=redshift.wire_host,
        port=redshift.wire_port,
        user=redshift.user,
        password=redshift.password,
        database=redshift.database,
        ssl=False,
    )
    yield connection
    connection.close()


def test_redshift_ddl_and_rows_go_through(desk: Desk, driver: Any, table: str) -> None:
    cursor = driver.cursor()
    cursor.execute(f"create table {table} (id int encode az64, v varchar(max)) diststyle key distkey(id) sortkey(id)")
    cursor.execute(f"insert into {table} values (%s, %s)", (1, "it's"))
    driver.commit()
    cursor.execute(f"select id, v, nvl(null, 2) from {table}")
    assert [list(row) for row in cursor.fetchall()] == [[1, "it's", 2]]
    assert desk.rows(f"select count(*) from {table}") == [[1]]


def test_a_refusal_is_an_error_of_the_database(desk: Desk, driver: Any, table: str) -> None:
    cursor = driver.cursor()
    cursor.execute(f"create table {table} (id int)")
    with pytest.raises(redshift_connector.error.ProgrammingError, match="ON CONFLICT is not supported"):
        cursor.execute(f"insert into {table} values (1) on conflict do nothing")
    driver.rollback()
    assert desk.rows(f"select count(*) from svv_tables where table_name = '{table}'") == [[0]]


def test_a_script_in_one_message_is_rewritten_too(desk: Desk, table: str) -> None:
    dsn = desk.redshift.dsn.replace(f"port={desk.redshift._postgres.port}", f"port={desk.redshift.wire_port}")
    with psycopg.connect(f"{dsn} sslmode=prefer", autocommit=True) as session:
        session.execute(f"create table {table} (id int) distkey(id); insert into {table} values (1);")
        with pytest.raises(psycopg.errors.FeatureNotSupported, match="CREATE INDEX"):
            session.execute(f"create index on {table} (id)")
        assert session.execute(f"select count(*) from {table}").fetchall() == [(1,)]


def test_a_query_is_cancelled_through_the_wire(desk: Desk) -> None:
    dsn = desk.redshift.dsn.replace(f"port={desk.redshift._postgres.port}", f"port={desk.redshift.wire_port}")
    with psycopg.connect(dsn, autocommit=True) as session:
        session.execute("set statement_timeout to 200")
        with pytest.raises(psycopg.errors.QueryCanceled):
            session.execute("select pg_sleep(20)")
