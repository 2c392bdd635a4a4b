"""A table or a query of PostgreSQL as a source, also of Aurora and RDS. The database writes each row as JSON itself."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import NullPool
from sqlalchemy.types import NullType

from chalicelib.sources.database.source import SECONDS, DatabaseSource, Meaning, column_of
from chalicelib.sources.source import Page

ROW = sa.cast(sa.func.row_to_json(sa.literal_column("source")), sa.Text)

MEANINGS = {"28": Meaning.LOGIN_REFUSED, **dict.fromkeys(("3D", "3F", "42"), Meaning.QUERY_REFUSED)}
"""By the class of an SQLSTATE."""


class PostgresqlSource(DatabaseSource):
    """One table or query. A cursor of the server holds the rows that are still to come."""

    def _connect(self, secret: Mapping[str, str]) -> sa.Connection:
        startup = {"TimeZone": "UTC", "DateStyle": "ISO", "extra_float_digits": "1"}
        more: dict[str, Any] = {"timeout": SECONDS, "application_name": "landfall", "startup_params": startup}
        engine = sa.create_engine(
            self._url("postgresql+pg8000", secret),
            poolclass=NullPool,
            isolation_level="REPEATABLE READ",
            connect_args={"ssl_context": self._tls(secret), **more},
        )
        return engine.connect().execution_options(postgresql_readonly=True)

    def _pages(self, source: sa.FromClause, wanted: sa.Select[Any], after: Sequence[str]) -> Iterator[Page]:
        order = [column_of(source, name) for name in self._order]
        rows: Any = wanted.add_columns(ROW, *(sa.cast(column, sa.Text) for column in order)).order_by(*order)
        if after:
            values = [sa.bindparam(None, value, type_=NullType(), unique=True) for value in after]
            rows = rows.where(sa.tuple_(*order) > sa.tuple_(*values))
        found = self._connected().execution_options(stream_results=True).execute(rows)
        for page in found.partitions(self._settings.page_rows):
            content = "".join(f"{_line(row[0])}\n" for row in page)
            yield Page(content=content.encode(), token=json.dumps(list(self._key_of(page[-1][1:]))))

    def _meaning(self, cause: object) -> tuple[Meaning, str]:
        given = getattr(cause, "args", ())
        state = str(given[0].get("C", "")) if given and isinstance(given[0], dict) else ""
        return MEANINGS.get(state[:2], Meaning.OTHER), f"SQLSTATE {state or 'none'}"


def _line(row: str) -> str:
    """Return a row as one line. A line break is between values, never inside a text of JSON."""
    return row.replace("\r", " ").replace("\n", " ")
