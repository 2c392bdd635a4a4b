"""A table or a query of MySQL or MariaDB as a source, also of Aurora and RDS.

Values arrive as the text that the server shows, and are never converted: a zero date, an hour beyond 24 and each digit
of a number stay as they are, for the contract to judge. Only a FLOAT is read as the DOUBLE that it is exactly, because
the server shows it with six digits. Pages are single queries in one snapshot: a driver of MySQL cannot leave an
unfinished result before it has read the rest.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import sqlalchemy as sa
from pymysql.constants import ER, FIELD_TYPE
from pymysql.converters import encoders
from sqlalchemy.pool import NullPool
from sqlalchemy.types import NullType

from chalicelib.errors import Refused
from chalicelib.sources.database.source import SECONDS, DatabaseSource, Meaning, column_of
from chalicelib.sources.source import Page

NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
"""A number as JSON writes it: without leading zeros, which ZEROFILL shows."""
NUMBERS = frozenset(
    {
        *(FIELD_TYPE.TINY, FIELD_TYPE.SHORT, FIELD_TYPE.INT24, FIELD_TYPE.LONG, FIELD_TYPE.LONGLONG, FIELD_TYPE.YEAR),
        *(FIELD_TYPE.FLOAT, FIELD_TYPE.DOUBLE, FIELD_TYPE.DECIMAL, FIELD_TYPE.NEWDECIMAL),
    }
)
TEXT, BYTES = "t", "x"
"""What a value is in a token."""
ANY_SCALE = 31
"""The scale of a FLOAT that was declared without one."""
ACCESS_DENIED_NO_PASSWORD, ACCOUNT_HAS_BEEN_LOCKED = 1698, 3118
MUST_CHANGE_PASSWORD, MUST_CHANGE_PASSWORD_LOGIN = 1820, 1862
"""Numbers of the server that the driver, or its types, do not name."""
LOGIN = (
    *(ER.ACCESS_DENIED_ERROR, ACCESS_DENIED_NO_PASSWORD, ACCOUNT_HAS_BEEN_LOCKED),
    *(MUST_CHANGE_PASSWORD, MUST_CHANGE_PASSWORD_LOGIN),
)
QUERY = (
    *(ER.DBACCESS_DENIED_ERROR, ER.TABLEACCESS_DENIED_ERROR, ER.COLUMNACCESS_DENIED_ERROR),
    *(ER.BAD_DB_ERROR, ER.NO_SUCH_TABLE, ER.BAD_FIELD_ERROR, ER.BAD_TABLE_ERROR, ER.NON_UNIQ_ERROR),
    *(ER.PARSE_ERROR, ER.SYNTAX_ERROR, ER.SP_DOES_NOT_EXIST, ER.DUP_FIELDNAME, ER.SPECIFIC_ACCESS_DENIED_ERROR),
)
MEANINGS = {**dict.fromkeys(LOGIN, Meaning.LOGIN_REFUSED), **dict.fromkeys(QUERY, Meaning.QUERY_REFUSED)}
"""By the number of an error."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of the rows, as the server describes it."""

    name: str
    kind: int
    scale: int

    def read(self, source: sa.FromClause) -> sa.ColumnElement[Any]:
        """Return the expression that shows all digits."""
        column = column_of(source, self.name)
        if self.kind == FIELD_TYPE.FLOAT and self.scale == ANY_SCALE:
            return (column + sa.literal_column("0e0")).label(self.name)
        return column

    def json(self, value: str | bytes | None) -> str:
        """Return a value as JSON."""
        if value is None:
            return "null"
        if isinstance(value, bytes):
            return str(int.from_bytes(value)) if self.kind == FIELD_TYPE.BIT else f'"{value.hex()}"'
        if self.kind in NUMBERS and NUMBER.fullmatch(value):
            return value
        return value if self.kind == FIELD_TYPE.JSON else json.dumps(value, ensure_ascii=False)

    def compared(self, mark: str) -> sa.ColumnElement[Any]:
        """Return the value of a token, to compare the column with. MySQL compares a number and a text inexactly."""
        kind, value = mark[:1], mark[1:]
        if kind == BYTES:
            return sa.literal_column(f"x'{bytes.fromhex(value).hex()}'")
        if self.kind in NUMBERS and NUMBER.fullmatch(value):
            return sa.literal_column(value)
        return sa.bindparam(None, value, type_=NullType(), unique=True)


class MysqlSource(DatabaseSource):
    """One table or query."""

    def _connect(self, secret: Mapping[str, str]) -> sa.Connection:
        tls = self._tls(secret)
        how: dict[str, Any] = {"ssl": tls} if tls else {"ssl_disabled": True}
        engine = sa.create_engine(
            self._url("mysql+pymysql", secret).update_query_dict({"charset": "utf8mb4"}),
            poolclass=NullPool,
            isolation_level="REPEATABLE READ",
            connect_args={**how, "conv": encoders, "read_timeout": SECONDS, "write_timeout": SECONDS},
        )
        session = engine.connect()
        session.exec_driver_sql("SET SESSION TRANSACTION READ ONLY")
        session.exec_driver_sql("SET SESSION time_zone = '+00:00'")
        session.rollback()
        return session

    def _pages(self, source: sa.FromClause, wanted: sa.Select[Any], after: Sequence[str]) -> Iterator[Page]:
        columns = self._columns(source)
        by_name = {column.name.lower(): column for column in columns}
        order = [by_name.get(name.lower(), Column(name=name, kind=FIELD_TYPE.STRING, scale=0)) for name in self._order]
        read = [column.read(source) for column in (*columns, *order)]
        rows: Any = wanted.add_columns(*read).order_by(*(column_of(source, column.name) for column in order))
        while True:
            found = self._connected().execute(self._after(rows, source, order, after).limit(self._settings.page_rows))
            page = [tuple(row) for row in found]
            if not page:
                return
            after = [_mark(value) for value in self._key_of(page[-1][len(columns) :])]
            content = "".join(f"{_line(columns, row)}\n" for row in page)
            yield Page(content=content.encode(), token=json.dumps(after))

    def _columns(self, source: sa.FromClause) -> list[Column]:
        """Return the columns as the server describes them. Raises Refused for a kind that has no text."""
        none: Any = sa.select(sa.literal_column("source.*")).select_from(source).limit(0)
        described: Any = self._connected().execute(none).cursor.description
        columns = [Column(name=name, kind=kind, scale=scale) for name, kind, _, _, _, scale, _ in described]
        for column in columns:
            if column.kind == FIELD_TYPE.GEOMETRY:
                fix = "use a query with ST_AsText"
                raise Refused(f"{column.name} is a geometry, which has no text; {fix}", code="SOURCE_REFUSED")
        return columns

    def _after(self, rows: Any, source: sa.FromClause, order: Sequence[Column], after: Sequence[str]) -> Any:
        """Return the rows after the one with these values. The first condition lets MySQL begin in an index there."""
        if not after:
            return rows
        pairs = [(column_of(source, c.name), c.compared(mark)) for c, mark in zip(order, after, strict=True)]
        (first, begin), beyond = pairs[0], cast(Any, sa.false())
        for column, value in reversed(pairs):
            beyond = sa.or_(column > value, sa.and_(column == value, beyond))
        return rows.where(first >= begin, beyond)

    def _meaning(self, cause: object) -> tuple[Meaning, str]:
        given = getattr(cause, "args", ())
        number = given[0] if given and isinstance(given[0], int) else 0
        return MEANINGS.get(number, Meaning.OTHER), f"error {number or 'none'}"


def _mark(value: str | bytes) -> str:
    """Return a value as a token keeps it."""
    return BYTES + value.hex() if isinstance(value, bytes) else TEXT + value


def _line(columns: Sequence[Column], row: Sequence[Any]) -> str:
    """Return a row as JSON in one line. Behind the columns it has the values that order it."""
    pairs = zip(columns, row[: len(columns)], strict=True)
    fields = (f"{json.dumps(column.name, ensure_ascii=False)}:{column.json(value)}" for column, value in pairs)
    return f"{{{','.join(fields)}}}"
