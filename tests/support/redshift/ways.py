"""The two ways of `landfall migrate` into a database of the local Redshift."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from landfall.migration.data_api import DataApi
from landfall.migration.warehouse import Rows, Warehouse
from landfall.migration.wire import Wire
from local.redshift import data_api
from local.redshift.copy.load import Loader
from local.redshift.engine import Engine
from local.redshift.events import Notifier
from local.redshift.http_server import HttpServer
from local.redshift.requests import ADMINISTRATOR
from local.redshift.statements import Statements
from tests.support.redshift.desk import Desk, data_client
from tests.support.redshift.house import Redshift

Opened = Callable[[], AbstractContextManager[Warehouse]]


@contextmanager
def over_the_wire(desk: Desk, dsn: str) -> Iterator[Opened]:
    """By a connection each."""

    @contextmanager
    def opened() -> Iterator[Warehouse]:
        with Redshift(dsn) as session:
            yield Wire(session)

    yield opened


@contextmanager
def by_the_data_api(desk: Desk, dsn: str) -> Iterator[Opened]:
    """By a Data API of the database's own, as its administrator."""
    credentials, unheard = desk.redshift.credentials, Notifier(None, desk.redshift.credentials)
    engine = Engine(dsn, Loader(dsn, None), unheard)
    server = HttpServer(data_api.DataApi(engine, Statements()), credentials)
    server.start()
    client = data_client(server.url, credentials)

    @contextmanager
    def opened() -> Iterator[Warehouse]:
        yield DataApi(client, {"WorkgroupName": "local", "Database": "dev", "SecretArn": ADMINISTRATOR})

    yield opened
    client.close()
    server.stop()
    engine.close(())


WAYS = {"wire": over_the_wire, "data-api": by_the_data_api}


class Recorded:
    """A warehouse that keeps what it was given."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        self.statements: list[str] = []

    def query(self, statement: str) -> Rows:
        self.statements.append(statement)
        return self._warehouse.query(statement)

    def run(self, statements: Sequence[str]) -> None:
        self.statements += statements
        self._warehouse.run(statements)
