"""PostgreSQL's log holds no statement and no value; its files are closed to others."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from local.redshift import LocalRedshift
from tests.support.redshift.desk import Desk, data_client
from tests.support.redshift.outside import Outside

CANARY = "canary-9f3a-value"


@pytest.fixture(scope="module")
def own(reachable: Path, outside: Outside) -> Iterator[tuple[Desk, Path]]:
    folder = reachable / "logged"
    with LocalRedshift(folder, s3_endpoint=outside.url) as redshift:
        api = data_client(redshift.api_url, redshift.credentials)
        yield Desk(redshift=redshift, outside=outside, api=api), folder
        api.close()


FAULTS = (
    "insert into seen values ('{0}', 1)",  # too long
    "insert into seen values ('{0}'::int, 1)",
    "select '{0}'::int",
    "select cast('{0}' as date)",
    "select nothing from seen where a = '{0}'",
    "this is no sql '{0}'",
    "insert into once values ('{0}')",
    'select 1/0 as "{0}"',
)


def test_a_value_that_fails_is_in_no_log(own: tuple[Desk, Path]) -> None:
    desk, folder = own
    desk.ok("create table seen (a varchar(3), b int)")
    with psycopg.connect(desk.redshift.dsn, autocommit=True) as session:
        session.execute("create table once (a varchar(40) unique)")
        session.execute("insert into once values (%s)", (CANARY,))
        for fault in FAULTS:
            with pytest.raises(psycopg.Error):
                session.execute(fault.format(CANARY).encode())
        with pytest.raises(psycopg.Error):
            session.execute("insert into seen values (%s, %s)", (CANARY, 1), prepare=True)
        with pytest.raises(psycopg.Error):
            session.execute("insert into seen (b) values (%s::int)", (CANARY,), prepare=True)
    for fault in FAULTS[:-2]:
        desk.error(fault.format(CANARY))
    copied = desk.copy("seen", f"{CANARY},{CANARY}\n")
    assert copied["Status"] == "FAILED"
    log = (folder / "postgres.log").read_text()
    assert "ready to accept connections" in log, "it is the log, and it is written"
    assert CANARY not in log
    assert "insert" not in log.lower()


def test_a_wrong_password_is_reported_without_it(own: tuple[Desk, Path]) -> None:
    desk, folder = own
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(desk.redshift.dsn.replace(desk.redshift.password, "wrong-" + CANARY))
    log = (folder / "postgres.log").read_text()
    assert "password authentication failed" in log
    assert CANARY not in log
    assert desk.redshift.password not in log


def test_its_files_are_closed(own: tuple[Desk, Path]) -> None:
    desk, folder = own
    home = desk.redshift._postgres.home
    assert (folder / "postgres.log").stat().st_mode & 0o077 == 0
    for root, folders, files in os.walk(home):
        for name in (*folders, *files):
            assert (Path(root) / name).lstat().st_mode & 0o077 == 0, name
    assert home.stat().st_mode & 0o077 == 0
    text = "".join(path.read_text(errors="replace") for path in Path(folder).rglob("*") if path.is_file())
    assert desk.redshift.password not in text, "it is nowhere but in the memory of the process"
