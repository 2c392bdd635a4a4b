"""A table of a real MariaDB, which a user may only read. Without a server on this machine its tests are skipped."""

from __future__ import annotations

import getpass
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pymysql
import pytest

from chalicelib.adapters.memory import MemoryClock
from chalicelib.domain.source.position import at_seconds
from chalicelib.domain.source.settings import SourceSettings
from chalicelib.sources.registry import connect
from chalicelib.sources.source import Source, Surroundings

DATABASE, USER, PASSWORD = "shop", "reader", "reader's own"
PATHS = "/usr/local/sbin:/usr/sbin:/usr/local/bin:/usr/bin:/bin"
"""Where distributions have servers, and a user's own path may have none."""
MISSING = "there is no MariaDB on this machine (Debian: apt-get install mariadb-server)"
OPENED: list[Source] = []
"""The sources of the worlds before, whose transactions would hold the table."""
START_SECONDS = 60.0
SETUP = (
    f"create database {DATABASE} character set utf8mb4",
    f"create user {USER}@'%' identified by '{PASSWORD.replace(chr(39), chr(39) * 2)}'",
    f"grant select on {DATABASE}.* to {USER}@'%'",
)


@dataclass(frozen=True, kw_only=True)
class Mysql:
    """A server that runs."""

    socket: Path
    port: int

    def run(self, *statements: str) -> list[tuple[Any, ...]]:
        """Run statements as the owner of the tables. Return the rows of the last one."""
        rows: Any = ()
        session = pymysql.connect(unix_socket=str(self.socket), user=getpass.getuser(), autocommit=True)
        with session, session.cursor() as cursor:
            cursor.execute("set lock_wait_timeout = 5, time_zone = '+00:00'")
            for statement in statements:
                cursor.execute(statement)
                rows = cursor.fetchall()
        return list(rows)


def server() -> str:
    """Return the path of the server's program; empty if there is none."""
    return shutil.which("mariadbd", path=PATHS) or ""


def started(folder: Path, *more: str) -> Iterator[Mysql]:
    """Start a server with a folder of its own, on loopback. Skip the test if there is no program."""
    if not server():
        pytest.skip(MISSING)
    folder.mkdir(parents=True, exist_ok=True)
    me, data = getpass.getuser(), folder / "data"
    install = str(shutil.which("mariadb-install-db", path=PATHS))
    options = ("--no-defaults", f"--datadir={data}", f"--user={me}")
    owner = ("--auth-root-authentication-method=socket", f"--auth-root-socket-user={me}")
    subprocess.run((install, *options, *owner, "--skip-test-db"), check=True, capture_output=True)
    found = Mysql(socket=folder / "s", port=_free_port())
    log = (folder / "log").open("wb")
    process = subprocess.Popen(
        (server(), *options, f"--socket={found.socket}", f"--port={found.port}", "--bind-address=127.0.0.1",
         "--skip-log-bin", "--innodb-flush-log-at-trx-commit=0", *more),
        stdout=log, stderr=log,
    )  # fmt: skip
    try:
        _wait(found, process, folder / "log")
        found.run(*SETUP)
        yield found
    finally:
        process.terminate()
        process.wait(30)
        log.close()


def _wait(found: Mysql, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while not found.socket.exists():  # it comes last
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < until, log.read_text()
        time.sleep(0.05)
    found.run()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class MysqlWorld:
    """A new table."""

    def __init__(self, clock: MemoryClock, mysql: Mysql, more: str = "", cursor: str = "time") -> None:
        self.clock, self.mysql, self.password = clock, mysql, PASSWORD
        while OPENED:
            OPENED.pop().close()
        mysql.run(
            f"create or replace table {DATABASE}.thing (id varchar(40) primary key, updated_at timestamp(6) null)"
        )
        self.source_toml = f"""
kind = "mysql"
every = "5m"
secret = "thing"
cursor = "{cursor}"

[source.mysql]
host = "127.0.0.1"
port = {mysql.port}
database = "{DATABASE}"
key = ["id"]
page_rows = 2
{more or 'table = "thing"'}
{"" if "watermark" in more else 'watermark = "updated_at"'}
"""

    def add(self, moment: float, name: str) -> None:
        at = at_seconds(moment).replace("T", " ").rstrip("Z")
        self.mysql.run(f"insert into {DATABASE}.thing values ('{name}', '{at}')")

    def connect(self, object: str, settings: SourceSettings) -> Source:
        secret = {"username": USER, "password": self.password}
        around = Surroundings(
            object=object, settings=settings, secret=lambda: secret, now=self.clock.now, loopback=True
        )
        OPENED.append(connect(around))
        return OPENED[-1]
