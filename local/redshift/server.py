"""The complete local Redshift: PostgreSQL, the Data API and the wire protocol, all on loopback."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

import psycopg

from local.access.signatures import Credentials
from local.redshift.copy.load import Loader
from local.redshift.data_api import DataApi
from local.redshift.endpoints import client
from local.redshift.engine import Engine
from local.redshift.events import Notifier
from local.redshift.http_server import HttpServer
from local.redshift.postgres import Postgres
from local.redshift.roles import DATABASE, LOADER, USER, limit_role
from local.redshift.statements import Statements
from local.redshift.wire import Wire

_CATALOG = Path(__file__).with_name("catalog.sql")


class LocalRedshift:
    """A context manager. `api_url`, `dsn` and `wire_port` are valid between enter and exit."""

    user, database, wire_host = USER, DATABASE, "127.0.0.1"

    def __init__(
        self,
        data: Path | str,
        *,
        s3_endpoint: str,
        events_endpoint: str | None = None,
        api_port: int = 0,
        wire_port: int = 0,
        credentials: Credentials | None = None,
    ) -> None:
        self.credentials = credentials or Credentials.fresh()
        self._s3, self._bell = client("s3", s3_endpoint, self.credentials), Notifier(events_endpoint, self.credentials)
        self._postgres = Postgres(Path(data).resolve())
        self._ports = api_port, wire_port
        self._statements = Statements()
        self._engine: Engine | None = None
        self._http: HttpServer | None = None
        self._wire: Wire | None = None

    @property
    def api_url(self) -> str:
        return self._http.url if self._http else ""

    @property
    def dsn(self) -> str:
        """A direct connection to PostgreSQL, which rewrites and refuses nothing."""
        return self._postgres.dsn

    @property
    def wire_port(self) -> int:
        return self._wire.port if self._wire else 0

    @property
    def password(self) -> str:
        return self._postgres.password

    @property
    def loader_login(self) -> dict[str, str]:
        """The login of direct loads, as Secrets Manager keeps it."""
        return {"username": LOADER, "password": self._postgres.passwords[LOADER]}

    def start(self) -> None:
        try:
            self._postgres.start()
            with psycopg.connect(self._postgres.manager_dsn, autocommit=True) as session:
                session.execute(_CATALOG.read_bytes())
                limit_role(session)
            self._engine = Engine(self.dsn, Loader(self.dsn, self._s3), self._bell)
            self._wire = Wire(self._postgres.port, port=self._ports[1], database=DATABASE)
            self._wire.start()
            self._http = HttpServer(DataApi(self._engine, self._statements), self.credentials, self._ports[0])
            self._http.start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop in order: refuse new requests, cancel and roll back running statements, stop PostgreSQL."""
        if self._http is not None:
            self._http.stop()
        if self._wire is not None:
            self._wire.stop()
        if self._engine is not None:
            running = [work for work in self._statements.newest_first() if work.cancel()]
            self._engine.close(running)
        self._postgres.stop()
        self._http = self._wire = self._engine = None

    def __enter__(self) -> LocalRedshift:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
