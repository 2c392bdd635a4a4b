"""A table or a query of a database as a source.

Guarantees that the position and the pages of a window are read in one snapshot, and that values have the digits that
the database shows. Pages are in the order of watermark and key, and a worker that continues begins after the last row,
not at a number of rows. Memory holds one page.

A transaction may commit a row whose watermark lies before rows that were seen already. The lag must be longer than the
longest such transaction.
"""

from __future__ import annotations

import json
import ssl
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from enum import Enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from chalicelib.domain.source.position import Cursor, PositionError, at_seconds, moment_of
from chalicelib.domain.source.settings import LOOPBACK, DatabaseSettings
from chalicelib.errors import Broken, LandfallError, Refused, Retryable
from chalicelib.sources.secret import BAD_SECRET, require
from chalicelib.sources.source import Page, Surroundings, Window

SECONDS = 600
"""How long the database may take for one answer."""


class Meaning(Enum):
    """What an error of a database means."""

    LOGIN_REFUSED = "the user or the password is wrong"
    QUERY_REFUSED = "a name does not exist, a right is missing, or the query is none"
    OTHER = "it may pass"


class DatabaseSource(ABC):
    """One table or query. Its subclasses know one kind of database each."""

    def __init__(self, surroundings: Surroundings) -> None:
        settings = surroundings.settings.database
        if settings is None:
            raise Broken(f"the source of {surroundings.object} names no database", code="NO_SUCH_SOURCE")
        self._settings: DatabaseSettings = settings
        self._cursor = surroundings.settings.cursor
        self._latest = at_seconds(surroundings.now() - surroundings.settings.lag)
        self._surroundings = surroundings
        self._session: sa.Connection | None = None

    # ---- what differs between databases -----------------------------------------------------------------------------

    @abstractmethod
    def _connect(self, secret: Mapping[str, str]) -> sa.Connection:
        """Begin a transaction that sees one snapshot, and writes nothing."""

    @abstractmethod
    def _pages(self, source: sa.FromClause, wanted: sa.Select[Any], after: Sequence[str]) -> Iterator[Page]:
        """Yield the wanted rows in their order, only those after the row with these values of `_order`."""

    @abstractmethod
    def _meaning(self, cause: object) -> tuple[Meaning, str]:
        """Return what the driver's error means, and its code as the database calls it."""

    # ---- what does not ----------------------------------------------------------------------------------------------

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
        wanted: Any = sa.select().select_from(source)
        if self._settings.watermark:
            self._refuse_null(source)
            wanted = self._within(wanted, self._watermark(source), window)
        with self._translated():
            yield from self._pages(source, wanted, json.loads(token) if token else ())
        self.close()

    def close(self) -> None:
        """End the transaction. It wrote nothing: a server that has gone costs nothing, and hides no earlier fault."""
        session, self._session = self._session, None
        if session is not None:
            with suppress(DBAPIError, OSError):
                session.close()

    @property
    def _order(self) -> list[str]:
        """The columns that order rows: the watermark, if there is one, and the key."""
        return [name for name in (self._settings.watermark, *self._settings.key) if name]

    def _key_of(self, values: Sequence[Any]) -> Sequence[Any]:
        """Return the values of `_order` in the last row of a page. Raises Refused if no row could be after them."""
        for name, value in zip(self._order, values, strict=True):
            if value is None:
                fix = "name columns that always have a value"
                raise Refused(f"a row has no {name}, so that what is after it is unknown; {fix}", code="SOURCE_NO_KEY")
        return values

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
        return column_of(source, self._settings.watermark)

    def _first(self, statement: Any) -> Any:
        with self._translated():
            return self._connected().execute(statement).scalar()

    def _connected(self) -> sa.Connection:
        """Return the session of this reading."""
        if self._session is None:
            secret = self._surroundings.secret()
            require(secret, ("username", "password"))
            self._session = self._connect(secret)
        return self._session

    def _url(self, driver: str, secret: Mapping[str, str]) -> sa.URL:
        return sa.URL.create(
            driver,
            username=secret["username"],
            password=secret["password"],
            host=self._settings.host,
            port=self._settings.port,
            database=self._settings.database,
        )

    def _tls(self, secret: Mapping[str, str]) -> ssl.SSLContext | None:
        """Return TLS with a certificate that is trusted; None to this machine on a laptop."""
        local = self._surroundings.loopback and self._settings.host in LOOPBACK
        return None if local else ssl.create_default_context(cadata=secret.get("ca") or None)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (DBAPIError, OSError) as error:
            self.close()
            raise self._fault(error) from None

    def _fault(self, error: Exception) -> LandfallError:
        """Return Landfall's error for the driver's, whose text is left out, because it may quote a row."""
        where = f"{self._settings.host}:{self._settings.port}"
        meaning, code = self._meaning(getattr(error, "orig", None))
        match meaning:
            case Meaning.LOGIN_REFUSED:
                return Refused(f"{where} refuses the secret ({code}); correct it", code=BAD_SECRET)
            case Meaning.QUERY_REFUSED:
                fix = "correct the names in the contract, or the user's rights"
                return Refused(f"{where} refuses the query ({code}); {fix}", code="SOURCE_REFUSED")
        return Retryable(f"{where} did not answer as it should ({code})", code="SOURCE_SILENT")


def column_of(source: sa.FromClause, name: str) -> sa.ColumnElement[Any]:
    return sa.column(name, _selectable=source)
