"""What SQL may not do here, whichever way it comes: reach files and programs of this machine, or other roles."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from local.redshift import roles
from local.redshift.roles import limit_role
from tests.support.redshift.desk import Desk

ATTACKS = {
    "copy to program": "copy (select 1) to program 'id > {trace}'",
    "copy from program": "copy victim from program 'touch {trace}; echo 1'",
    "copy a file in": "copy victim from '/etc/passwd'",
    "copy a file out": "copy victim to '{trace}'",
    "copy a query out": "copy (select 1) to '{trace}'",
    "pg_read_file": "select pg_read_file('/etc/passwd')",
    "pg_catalog.pg_read_file": "select pg_catalog.pg_read_file('/etc/passwd', 0, 10)",
    "pg_read_binary_file": "select pg_read_binary_file('/etc/passwd')",
    "pg_ls_dir": "select pg_ls_dir('/')",
    "pg_ls_logdir": "select * from pg_ls_logdir()",
    "pg_ls_waldir": "select * from pg_ls_waldir()",
    "pg_stat_file": "select * from pg_stat_file('/etc/passwd')",
    "lo_import": "select lo_import('/etc/passwd')",
    "lo_export": "select lo_export(1, '{trace}')",
    "lo_create": "select lo_create(0)",
    "lo_from_bytea": "select lo_from_bytea(0, 'x')",
    "lo_get": "select lo_get(1)",
    "dblink": "select dblink('dbname=dev', 'select 1')",
    "extension": "create extension vector",
    "extension dblink": "create extension dblink",
    "foreign data": "create foreign data wrapper evil",
    "server": "create server evil foreign data wrapper evil",
    "subscription": "create subscription evil connection 'host=127.0.0.1' publication p",
    "language": "create language plpython3u",
    "trusted language": "create or replace trusted language plperl",
    "c function": "create function evil() returns int as '/lib/x86_64-linux-gnu/libc.so.6', 'system' language c",
    "plpython function": "create function evil() returns int as 'return 1' language plpython3u",
    "alter system": "alter system set archive_command = 'touch {trace}'",
    "archive command": "set archive_command = 'touch {trace}'",
    "preload": "set session_preload_libraries = '/tmp/evil.so'",
    "load": "load '/tmp/evil.so'",
    "log statements": "set log_statement = 'all'",
    "log errors": "set log_min_error_statement = 'error'",
    "session authorization": "set session authorization landfall_manager",
    "role": "set role landfall_manager",
    "role of files": "set role pg_read_server_files",
    "create role": "create role evil superuser",
    "create user": "create user evil",
    "alter own role": "alter role awsuser superuser",
    "alter user": "alter user awsuser createrole",
    "the manager's login": "alter role landfall_manager valid until '2000-01-01'",
    "membership": "grant pg_execute_server_program to awsuser",
    "read files": "grant pg_read_server_files to awsuser",
    "database": "create database evil",
    "tablespace": "create tablespace evil location '/tmp'",
    "pg_authid": "select * from pg_authid",
    "pg_shadow": "select passwd from pg_shadow",
    "login rules": "select * from pg_hba_file_rules",
    "settings of files": "select * from pg_file_settings",
    "where its files are": "show data_directory",
    "reload": "select pg_reload_conf()",
    "do": "do $x$ begin perform 1; end $x$",
    "do as a string": "do 'begin end'",
    "catalog": "create or replace function pg_catalog.getdate() returns timestamp language sql as 'select 1'",
    "event trigger": "create event trigger evil on ddl_command_end execute function local_redshift.count_bytes()",
    "drop event trigger": "drop event trigger local_redshift_refuse_command",
    "drop our schema": "drop schema local_redshift cascade",
}

BY_ROLE_ALONE = {"do", "do as a string"}
"""A block of SQL that was put together at run time runs, with no more rights than what put it together."""

NAMES = count(1)
CATALOG = Path(roles.__file__).with_name("catalog.sql")


@pytest.fixture(scope="module")
def victim(desk: Desk) -> None:
    desk.ok("create table if not exists victim (line varchar(1000))")


@pytest.fixture
def trace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A file in a folder where everyone may write: it is there once an attack has got through."""
    folder = Path(tmp_path_factory.mktemp("trace"))
    folder.chmod(0o777)
    path = Path("/tmp") / f"landfall-trace-{folder.name}-{next(NAMES)}"
    yield path
    assert not path.exists()


def _wire(desk: Desk) -> psycopg.Connection[Any]:
    at = {"host": "127.0.0.1", "port": desk.redshift.wire_port, "user": desk.redshift.user}
    return psycopg.connect(**at, password=desk.redshift.password, dbname="dev", autocommit=True)


def _by_data_api(desk: Desk, sql: str) -> None:
    found = desk.run(sql)
    assert found["Status"] == "FAILED"
    assert found["Error"].startswith("ERROR: ")


def _by_data_api_in_a_batch(desk: Desk, sql: str) -> None:
    assert desk.run("select 1", sql)["Status"] == "FAILED"


def _by_wire(desk: Desk, sql: str) -> None:
    with _wire(desk) as session, pytest.raises(psycopg.Error):
        session.execute(sql.encode())


def _by_wire_as_a_script(desk: Desk, sql: str) -> None:
    with _wire(desk) as session, pytest.raises(psycopg.Error):
        session.execute(f"select 1; {sql}".encode())


def _past_the_rewriter(desk: Desk, sql: str) -> None:
    """Straight to PostgreSQL, where nothing is refused for its text: the role's rights alone."""
    with psycopg.connect(desk.redshift.dsn, autocommit=True) as session, pytest.raises(psycopg.Error):
        session.execute(sql.encode())


def _by_execute(desk: Desk, sql: str) -> None:
    """The text stands in a procedure that runs it."""
    name = f"evil_{next(NAMES)}"
    text = sql.replace("'", "''")
    made = desk.run(f"create procedure {name}() as $body$ begin execute '{text}'; end; $body$ language plpgsql")
    assert made["Status"] == "FAILED" or desk.run(f"call {name}()")["Status"] == "FAILED"


def _by_execute_of_parts(desk: Desk, sql: str) -> None:
    """The same in two halves, which no look at the text can see."""
    name, cut = f"evil_{next(NAMES)}", len(sql.split(maxsplit=1)[0]) - 1
    first, rest = sql[:cut], sql[cut:].replace("'", "''")
    body = f"begin execute '{first}' || '{rest}'; end;"
    made = desk.run(f"create procedure {name}() as $body$ {body} $body$ language plpgsql")
    assert made["Status"] == "FAILED" or desk.run(f"call {name}()")["Status"] == "FAILED"


WAYS: tuple[Callable[[Desk, str], None], ...] = (
    _by_data_api,
    _by_data_api_in_a_batch,
    _by_wire,
    _by_wire_as_a_script,
    _past_the_rewriter,
    _by_execute,
    _by_execute_of_parts,
)


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.usefixtures("victim")
def test_it_is_refused_and_the_server_lives(
    desk: Desk, trace: Path, way: Callable[[Desk, str], None], attack: str
) -> None:
    if attack in BY_ROLE_ALONE and way in (_past_the_rewriter, _by_execute_of_parts):
        pytest.skip("it may run there: the next test shows that it gains nothing")
    way(desk, ATTACKS[attack].replace("{trace}", str(trace)))
    assert desk.rows("select count(*) from victim") == [[0]]


@pytest.mark.parametrize("attack", [name for name in ATTACKS if name not in BY_ROLE_ALONE])
@pytest.mark.usefixtures("victim")
def test_a_block_has_no_more_rights(desk: Desk, trace: Path, attack: str) -> None:
    inner = ATTACKS[attack].replace("{trace}", str(trace)).replace("'", "''")
    _past_the_rewriter(desk, f"do $x$ begin execute '{inner}'; end $x$")


def test_the_roles_are_nobody_in_particular(desk: Desk) -> None:
    flags, roles = "rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls", "('awsuser', 'loader')"
    assert desk.rows(f"select {flags} from pg_roles where rolname in {roles}") == [[False] * 5] * 2
    assert desk.rows(f"select count(*) from pg_auth_members where member::regrole::varchar in {roles}") == [[0]]
    assert desk.rows("select count(*) from pg_extension where extname <> 'plpgsql'") == [[0]]


def test_no_function_of_files_or_large_objects_is_left_to_it(desk: Desk) -> None:
    left = desk.rows(
        "select proname::varchar from pg_proc where has_function_privilege(current_user, oid, 'execute') and "
        "proname ~ '^(lo_|loread|lowrite|pg_read_|pg_ls_|pg_stat_file|pg_file_|pg_logfile|pg_rotate|dblink)'"
    )
    assert left == []


CLOSER = {
    "public.format(text, name) returns text": "'select 1'",
    "public.concat_ws(text, text, text) returns text": "'select 1'",
    "public.current_database() returns name": "'dev'",
    "public.quote_ident(name) returns text": "'x'",
}
"""Functions that fit a call of the manager's scripts more closely than PostgreSQL's own, and what they return."""


def test_the_manager_runs_no_function_of_the_role(desk: Desk) -> None:
    """Each start runs the scripts again, in a database where the role may make what it likes."""
    with psycopg.connect(desk.redshift.dsn, autocommit=True) as role:
        role.execute("create table caught (who text)")
        for head, value in CLOSER.items():
            body = f"begin insert into public.caught select session_user; return {value}; end"
            role.execute(f"create function {head} language plpgsql as $${body}$$".encode())
        role.execute("grant all on caught to public")
    try:
        with psycopg.connect(desk.redshift._postgres.manager_dsn, autocommit=True) as manager:
            manager.execute(CATALOG.read_bytes())
            limit_role(manager)
            manager.execute("create table public.passing (text varchar(3))")
            manager.execute("drop table public.passing")
            assert manager.execute("select count(*) from public.caught where who <> 'awsuser'").fetchone() == (0,)
    finally:
        with psycopg.connect(desk.redshift.dsn, autocommit=True) as role:
            for head in CLOSER:
                role.execute(f"drop function {head.partition(' returns')[0]}".encode())
            role.execute("drop table caught")


@pytest.mark.parametrize(
    ("sql", "reported"),
    [
        ("copy (select 1) to program 'id'", "COPY"),
        ("copy victim from program 'id'", "COPY"),
        ("copy victim from '/etc/passwd'", "COPY"),
        ("select pg_read_file('/etc/passwd')", r"pg_read_file\(\) is not supported by Amazon Redshift"),
        ("select pg_ls_dir('/')", r"pg_ls_dir\(\) is not supported by Amazon Redshift"),
        ("select lo_import('/etc/passwd')", r"lo_import\(\) is not supported by Amazon Redshift"),
        ("set role x", "SET ROLE is not supported by Amazon Redshift"),
        ("set session authorization x", "SET SESSION AUTHORIZATION is not emulated"),
        ("create role x", "CREATE ROLE is not emulated"),
        ("create user x", "CREATE USER other than with PASSWORD DISABLE is not emulated"),
        ("create user x password disable", "CREATE USER of another name than IAM: or IAMR: has is not emulated"),
        ("do $$ begin end $$", "DO is not emulated"),
    ],
)
@pytest.mark.usefixtures("victim")
def test_the_refusal_reports_why(desk: Desk, sql: str, reported: str) -> None:
    assert re.search(reported, desk.error(sql))
