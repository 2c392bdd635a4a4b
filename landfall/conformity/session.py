"""A scratch schema of a warehouse, through the Data API, as loads use it.

Guarantees that statements run as they are written: a batch is one BatchExecuteStatement. `{s}` in a statement is the
schema's name, and `{x*9}` is the letter x nine times.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib.adapters.redshift_data import failed_copy
from landfall.migration.data_api import ended, result

NULL = "NULL"
"""Stands for an empty field, as in TOML there is none."""
_REPEATED = re.compile(r"\{(.)\*(\d+)\}")
Rows = list[list[Any]]


@dataclass(frozen=True, kw_only=True)
class End:
    """How a statement or a batch ended."""

    id: str
    status: str
    error: str = ""
    parts: tuple[str, ...] = ()
    """The status of each statement of a batch."""
    copy_id: int = 0
    """The query id of the COPY that failed; 0 if none did."""

    @property
    def failed(self) -> bool:
        return self.status != "FINISHED"


@dataclass(frozen=True, kw_only=True)
class Session:
    """Statements in a schema of their own."""

    api: Any
    """A client of the Data API."""
    where: Mapping[str, str] = field(repr=False)
    """Its arguments for warehouse, database and login."""
    schema: str

    def text(self, written: str) -> str:
        """Return a statement with its placeholders filled."""
        return _REPEATED.sub(lambda found: found[1] * int(found[2]), written.replace("{s}", self.schema))

    def submit(self, batch: Sequence[str], parameters: Mapping[str, str] | None = None, **more: Any) -> str:
        """Submit a batch. Return its id."""
        named = [{"name": name, "value": self.text(value)} for name, value in (parameters or {}).items()]
        given = {"Parameters": named} if named else {}
        sqls = [self.text(statement) for statement in batch]
        return str(self.api.batch_execute_statement(Sqls=sqls, **given, **more, **self.where)["Id"])

    def run(self, batch: Sequence[str], parameters: Mapping[str, str] | None = None) -> End:
        """Run a batch to its end."""
        return self.end(self.submit(batch, parameters))

    def one(self, statement: str) -> End:
        """Run a single statement to its end, outside a batch."""
        return self.end(str(self.api.execute_statement(Sql=self.text(statement), **self.where)["Id"]))

    def status(self, statement_id: str) -> str:
        """Return the status now."""
        return str(self.api.describe_statement(Id=statement_id)["Status"])

    def end(self, statement_id: str) -> End:
        """Wait for the end of a statement or a batch."""
        found = ended(self.api, statement_id)
        parts = found.get("SubStatements", [])
        errors = [found.get("Error", ""), *(part.get("Error", "") for part in parts)]
        return End(
            id=statement_id,
            status=found["Status"],
            error=" ".join(next((text for text in errors if text), "").split()),
            parts=tuple(part["Status"] for part in parts),
            copy_id=failed_copy(found),
        )

    def rows(self, statement_id: str) -> Rows:
        """Return the rows of a single statement, or of a part of a batch (`<id>:<number>`)."""
        return [[NULL if one is None else one for one in row] for row in result(self.api, statement_id)]

    def found(self, query: str) -> Rows | str:
        """Return the rows of a query, or the error that it ends with."""
        end = self.one(query)
        return end.error if end.failed else self.rows(end.id)
