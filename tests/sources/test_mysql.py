"""A MySQL table as a source: values as the server shows them, keys of each kind, the login and its TLS."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from chalicelib.adapters.memory import MemoryClock
from chalicelib.errors import Refused, Retryable
from tests.sources.database_world import BEGIN, WINDOW, from_each_token, lines, source
from tests.sources.mysql_world import PASSWORD, USER, Mysql, MysqlWorld, started

VALUES = [
    ("bigint unsigned", "18446744073709551615", "18446744073709551615"),
    ("int(6) zerofill", "42", '"000042"'),
    ("tinyint(1)", "true", "1"),
    ("decimal(65,30)", "12345678901234567890123456789012345.123456789012345678901234567890", None),
    ("decimal(5,2)", "-0.5", "-0.50"),
    ("double", "0.1", "0.1"),
    ("double", "1e300", "1e300"),
    ("float", "16777217", "16777216"),
    ("float", "0.1", "0.10000000149011612"),
    ("float(7,4)", "1.2345", "1.2345"),
    ("year", "2026", "2026"),
    ("bit(9)", "b'100000001'", "257"),
    ("date", "'2026-02-28'", '"2026-02-28"'),
    ("date", "'0000-00-00'", '"0000-00-00"'),
    ("datetime", "'2026-00-00 00:00:00'", '"2026-00-00 00:00:00"'),
    ("datetime(6)", "'9999-12-31 23:59:59.999999'", '"9999-12-31 23:59:59.999999"'),
    ("time(3)", "'-838:59:59.5'", '"-838:59:59.500"'),
    ("text", r"'a\n\"\\\'/'", r'"a\n\"\\' + "'" + '/"'),
    ("text", "'\U0001f600 \x7f'", '"\U0001f600 \x7f"'),
    ("varchar(9) character set latin1", "'é'", '"é"'),
    ("char(4)", "'ab'", '"ab"'),
    ("varchar(4)", "''", '""'),
    ("enum('a','b')", "'b'", '"b"'),
    ("set('a','b')", "'a,b'", '"a,b"'),
    ("varbinary(4)", "x'00ff10'", '"00ff10"'),
    ("blob", "x''", '""'),
    ("uuid", "'123e4567-e89b-12d3-a456-426655440000'", '"123e4567-e89b-12d3-a456-426655440000"'),
    ("text", "null", "null"),
]


@pytest.fixture
def world(mysql: Mysql) -> MysqlWorld:
    return MysqlWorld(MemoryClock(BEGIN), mysql)


def test_values_are_as_the_server_shows_them(world: MysqlWorld) -> None:
    columns = ", ".join(f"add c{number} {kind}" for number, (kind, _, _) in enumerate(VALUES))
    values = ", ".join(value for _, value, _ in VALUES)
    world.run(
        "set sql_mode = ''",
        f"alter table shop.thing {columns}",
        f"insert into shop.thing values ('a', '2026-01-31 07:00:00.123456', {values})",
    )
    (line,) = lines(source(world).pages(WINDOW, ""))
    wanted = ",".join(f'"c{n}":{value if shown is None else shown}' for n, (_, value, shown) in enumerate(VALUES))
    assert line == f'{{"id":"a","updated_at":"2026-01-31 07:00:00.123456",{wanted}}}'


def test_a_geometry_is_refused_by_name(world: MysqlWorld) -> None:
    world.run("alter table shop.thing add shape point")
    with pytest.raises(Refused, match="shape is a geometry, which has no text; use a query with ST_AsText"):
        list(source(world).pages(WINDOW, ""))


@pytest.mark.parametrize(
    ("kind", "keys"),
    [
        ("bigint unsigned", [f"{18446744073709551607 + number}" for number in range(9)]),
        ("decimal(30,10)", [f"{number}.0000000001" for number in range(9)]),
        ("float", [f"{number}.1" for number in range(9)]),
        ("binary(16)", [f"x'00{number:02x}ff{'27' * 13}'" for number in range(9)]),
        ("int(6) zerofill", [f"{number}" for number in range(9)]),
    ],
)
def test_ties_of_the_watermark_are_ordered_by_the_key(world: MysqlWorld, kind: str, keys: list[str]) -> None:
    """Numbers beyond 2^53 next to each other, too: MySQL compares a number and a text as doubles."""
    world.run(f"alter table shop.thing modify id {kind}")
    for key in keys:
        world.run(f"insert into shop.thing values ({key}, '2026-01-31')")
    found = from_each_token(world)
    assert len(found) == 6
    assert len(set(found[0])) == 9
    assert found == [found[0][number * 2 :] for number in range(6)]


def test_a_moment_is_in_utc_whatever_the_zone_of_the_server(world: MysqlWorld) -> None:
    world.run("set global time_zone = '+05:00'")
    try:
        world.add(BEGIN - 600, "a")
        assert source(world).position() == "2027-01-15T07:50:00.000000Z"
    finally:
        world.run("set global time_zone = 'SYSTEM'")


def test_a_query_may_have_colons_and_percents(mysql: Mysql) -> None:
    query = "SELECT id, updated_at, ':x 50%' AS c FROM thing WHERE id LIKE 'a%'"
    world = MysqlWorld(MemoryClock(BEGIN), mysql, f'query = "{query}"')
    world.add(BEGIN, "a1")
    world.add(BEGIN, "b1")
    (line,) = lines(source(world).pages(WINDOW, ""))
    assert json.loads(line) == {"id": "a1", "updated_at": "2027-01-15 08:00:00.000000", "c": ":x 50%"}


def test_a_name_is_quoted(mysql: Mysql) -> None:
    world = MysqlWorld(MemoryClock(BEGIN), mysql, 'table = "Th`ing; drop"')
    mysql.run("create or replace table shop.`Th``ing; drop` (id int, updated_at timestamp(6))")
    assert source(world).position() == ""


def test_a_table_without_the_right_to_read_is_named(world: MysqlWorld) -> None:
    world.source_toml = world.source_toml.replace('"shop.thing"', '"mysql.user"')
    with pytest.raises(Refused) as caught:
        source(world).position()
    assert caught.value.code == "SOURCE_REFUSED"


def test_an_expired_password_is_named(world: MysqlWorld) -> None:
    world.run(f"alter user {USER}@'%' password expire")
    try:
        with pytest.raises(Refused) as caught:
            source(world).position()
    finally:
        world.run(f"alter user {USER}@'%' identified by '{PASSWORD.replace(chr(39), chr(39) * 2)}'")
    assert caught.value.code == "SOURCE_BAD_SECRET"


@pytest.fixture(scope="module")
def with_tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Mysql, str]]:
    """A server with a certificate for 127.0.0.1 that only itself vouches for."""
    folder = tmp_path_factory.mktemp("tls")
    key, certificate = folder / "key.pem", folder / "cert.pem"
    name = ("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1")
    made = ("-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key, "-out", certificate)
    subprocess.run(("openssl", "req", "-x509", *made, *name), check=True, capture_output=True)
    for server in started(folder, f"--ssl-cert={certificate}", f"--ssl-key={key}"):
        yield server, Path(certificate).read_text()


def test_a_server_elsewhere_is_asked_by_tls_and_is_checked(with_tls: tuple[Mysql, str]) -> None:
    server, certificate = with_tls
    world = MysqlWorld(MemoryClock(BEGIN), server)
    world.add(BEGIN - 600, "a")
    found, secret = source(world), {"username": USER, "password": PASSWORD}
    server.run(f"alter user {USER}@'%' require ssl")
    found._surroundings = replace(found._surroundings, loopback=False, secret=lambda: {**secret, "ca": certificate})
    assert found.position() == "2027-01-15T07:50:00.000000Z"
    found.close()
    found._surroundings = replace(found._surroundings, secret=lambda: secret)
    with pytest.raises(Retryable):
        found.position()
