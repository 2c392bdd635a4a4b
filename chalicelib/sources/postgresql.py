"""A table or a query of PostgreSQL as a source, also of Aurora and RDS.

Guarantees that the position and the pages of a window are read in one snapshot, and that values have the digits that
the database shows: it writes each row as JSON itself. Pages are in the order of watermark and key, and a worker that
continues begins after the last row, not at a number of rows. Memory holds one page.

A transaction may commit a row whose watermark lies before rows that were seen already. The lag must be longer than the
longest such transaction.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool
from sqlalchemy.types import NullType

from chalicelib.domain.source.position import Cursor, PositionError, at_seconds, moment_of
from chalicelib.domain.source.settings import LOOPBACK, PostgresqlSettings
from chalicelib.errors import Broken, LandfallError, Refused, Retryable
from chalicelib.sources.secret import BAD_SECRET, require
from chalicelib.sources.source import Page, Surroundings, Window

ROW = sa.cast(sa.func.row_to_json(sa.literal_column("source")), sa.Text)
SECONDS = 600
"""How long the database may take for one answer."""


class PostgresqlSource:
    """One table or query."""

    def __init__(self, surroundings: Surroundings) -> None:
        settings = surroundings.settings.postgresql
        if settings is None:
            raise Broken(f"the source of {surroundings.object} has no [source.postgresql]", code="NO_SUCH_SOURCE")
        self._settings: PostgresqlSettings = settings
        self._cursor = surroundings.settings.cursor
        self._latest = at_seconds(surroundings.now() - surroundings.settings.lag)
        self._surroundings = surroundings
        self._session: sa.Connection | None = None

    def position(self) -> str:
        if not self._settings.watermark:
            return self._latest
        source = self._source()
        newest = self._first(sa.select(sa.cast(sa.func.max(self._watermark(source)), sa.Text)).select_from(source))
        if newest is None:
            return ""
        position = self._position(newest)
        return min(position, self._latest) if self._cursor is Cursor.TIME else position

    def pages(self, window: Window, token: str) -> Iterator[Page]:
        source = self._source()
        names = [name for name in (self._settings.watermark, *self._settings.key) if name]
        order = [_column(source, name) for name in names]
        wanted: Any = (
            sa.select(ROW, *(sa.cast(column, sa.Text) for column in order)).select_from(source).order_by(*order)
        )
        if self._settings.watermark:
            self._refuse_null(source)
            wanted = self._within(wanted, self._watermark(source), window)
        if token:
            after = [sa.bindparam(None, value, type_=NullType(), unique=True) for value in json.loads(token)]
            wanted = wanted.where(sa.tuple_(*order) > sa.tuple_(*after))
        with self._translated():
            rows = self._connected().execution_options(stream_results=True).execute(wanted)
            for page in rows.partitions(self._settings.page_rows):
                content = "".join(f"{_line(row[0])}\n" for row in page)
                yield Page(content=content.encode(), token=json.dumps(list(page[-1][1:])))
        self.close()

    def close(self) -> None:
        """End the transaction."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def _within(self, wanted: Any, watermark: sa.ColumnElement[Any], window: Window) -> Any:
        read = moment_of if self._cursor is Cursor.TIME else int
        if window.start:
            wanted = wanted.where(watermark >= read(window.start))
        return wanted.where(watermark <= read(window.stop))

    def _refuse_null(self, source: sa.FromClause) -> None:
        """Refuse rows without a watermark: no window would have them."""
        one: Any = (
            sa.select(sa.literal_column("1")).select_from(source).where(self._watermark(source).is_(None)).limit(1)
        )
        if self._first(one) is not None:
            fault = f"rows have no {self._settings.watermark}, so that no window has them; use a query that sets it"
            raise Refused(fault, code="SOURCE_NO_WATERMARK")

    def _position(self, newest: str) -> str:
        try:
            return self._cursor.position(newest)
        except PositionError:
            fault = f"the greatest {self._settings.watermark} is no {self._cursor.value}; correct cursor or watermark"
            raise Refused(fault, code="SOURCE_NO_WATERMARK") from None

    def _source(self) -> sa.FromClause:
        if self._settings.query:
            text = sa.text(self._settings.query.replace(":", "\\:"))  # else a colon would begin a parameter
            return text.columns().subquery("source")
        schema, _, name = self._settings.table.rpartition(".")
        return sa.table(name, schema=schema or None).alias("source")

    def _watermark(self, source: sa.FromClause) -> sa.ColumnElement[Any]:
        return _column(source, self._settings.watermark)

    def _first(self, statement: Any) -> Any:
        with self._translated():
            return self._connected().execute(statement).scalar()

    def _connected(self) -> sa.Connection:
        """Return the session of this reading: a transaction that sees one snapshot, and writes nothing."""
        if self._session is None:
            secret = self._surroundings.secret()
            require(secret, ("username", "password"))
            engine = sa.create_engine(
                self._url(secret), poolclass=NullPool, isolation_level="REPEATABLE READ", connect_args=self._how(secret)
            )
            self._session = engine.connect().execution_options(postgresql_readonly=True)
        return self._session

    def _url(self, secret: Mapping[str, str]) -> sa.URL:
        return sa.URL.create(
            "postgresql+pg8000",
            username=secret["username"],
            password=secret["password"],
            host=self._settings.host,
            port=self._settings.port,
            database=self._settings.database,
        )

    def _how(self, secret: Mapping[str, str]) -> dict[str, Any]:
        """Return how to connect: by TLS with a certificate that is trusted, except to this machine on a laptop."""
        local = self._surroundings.loopback and self._settings.host in LOOPBACK
        tls = None if local else ssl.create_default_context(cadata=secret.get("ca") or None)
        startup = {"TimeZone": "UTC", "DateStyle": "ISO", "extra_float_digits": "1"}
        return {"ssl_context": tls, "timeout": SECONDS, "application_name": "landfall", "startup_params": startup}

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Translate errors of the driver. Their texts are left out, because they may quote a row."""
        try:
            yield
        except (DBAPIError, OSError) as error:
            self.close()
            raise _fault(error, f"{self._settings.host}:{self._settings.port}") from None


def _column(source: sa.FromClause, name: str) -> sa.ColumnElement[Any]:
    return sa.column(name, _selectable=source)


def _line(row: str) -> str:
    """Return a row as one line. A line break is between values, never inside a text of JSON."""
    return row.replace("\r", " ").replace("\n", " ")


def _fault(error: Exception, where: str) -> LandfallError:
    given = getattr(getattr(error, "orig", None), "args", ())
    state = str(given[0].get("C", "")) if given and isinstance(given[0], dict) else ""
    if state[:2] == "28":
        return Refused(f"{where} refuses the secret (SQLSTATE {state}); correct it", code=BAD_SECRET)
    if state[:2] in ("3D", "3F", "42"):
        fault = f"{where} refuses the query (SQLSTATE {state}); correct the names in the contract, or the user's rights"
        return Refused(fault, code="SOURCE_REFUSED")
    return Retryable(f"{where} did not answer as it should (SQLSTATE {state or 'none'})", code="SOURCE_SILENT")
