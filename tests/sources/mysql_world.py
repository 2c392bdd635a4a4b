"""A table of a real MariaDB, which a user may only read. Without a server on this machine its tests are skipped."""

from __future__ import annotations

import getpass
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pymysql
import pytest

from chalicelib.adapters.memory import MemoryClock
from local.redshift.postgres import free_port
from tests.sources.database_world import DatabaseWorld, close_sources

DATABASE, USER, PASSWORD = "shop", "reader", "reader's own"
PATHS = "/usr/local/sbin:/usr/sbin:/usr/local/bin:/usr/bin:/bin"
"""Where distributions have servers, and a user's own path may have none."""
MISSING = "there is no MariaDB on this machine (Debian: apt-get install mariadb-server)"
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
    found = Mysql(socket=folder / "s", port=free_port())
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
        close_sources()
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


class MysqlWorld(DatabaseWorld):
    """A new table."""

    kind, database, user = "mysql", DATABASE, USER
    failing = "SELECT id, updated_at, json_value(id, (SELECT id FROM thing UNION ALL SELECT 1)) AS n FROM thing"

    def __init__(self, clock: MemoryClock, mysql: Mysql, more: str = "", cursor: str = "time") -> None:
        self.mysql = mysql
        super().__init__(clock, mysql.port, PASSWORD, more, cursor)

    def make(self) -> None:
        self.run("create or replace table shop.thing (id varchar(40) primary key, updated_at timestamp(6) null)")

    def run(self, *statements: str) -> None:
        self.mysql.run(*statements)

    def sessions(self) -> int:
        counted = self.mysql.run(f"select count(*) from information_schema.processlist where user = '{USER}'")
        return int(counted[0][0])

    def at(self, moment: float) -> str:
        return super().at(moment).replace("T", " ").replace("Z", "")
