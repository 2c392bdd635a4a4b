"""What a warehouse has before a migration. Looking changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.domain.contract.column import ColumnType
from chalicelib.domain.contract_files.columns.column_type import MAX_VARBYTE, ColumnTypeError, parse_type
from chalicelib.domain.warehouse.table_diff import TableColumn
from landfall.migration.sql import columns_query, isolation_query, recorded_query, user_query, views_query
from landfall.migration.warehouse import StatementError, Warehouse

MIGRATIONS = "etl.schema_migrations"
_STAND_INS = {"jsonb": "super", "bytea": "varbyte"}
"""Types of the local warehouse, which keeps Redshift's types as these. Redshift has no types of these names."""
_UNSIZED = ("varbyte", "binary varying")
"""Redshift's catalogue does not list the length of such a column."""


@dataclass(frozen=True, kw_only=True)
class State:
    """What is there."""

    recorded: Mapping[str, str] = field(default_factory=dict)
    """Checksums of what was applied, by name."""
    tables: Mapping[str, Mapping[str, TableColumn]] = field(default_factory=dict)
    """Columns by name, of each table (schema.table) that exists."""
    views: frozenset[str] = frozenset()
    """Targets (schema.table) that are not tables. `tables` has the columns of views, but not of late-binding ones."""
    isolation: str = ""
    """The isolation level of the database; empty if it cannot be read."""
    has_user: bool = False
    """The user that loads run as exists."""

    @property
    def is_empty(self) -> bool:
        """Nothing was ever applied here."""
        return MIGRATIONS not in self.tables


def look(warehouse: Warehouse, targets: Iterable[str], user: str) -> State:
    """Return the state of a warehouse, as far as these targets (schema.table) and this user are concerned."""
    tables: dict[str, dict[str, TableColumn]] = {}
    for table, name, *rest in warehouse.query(columns_query([MIGRATIONS, *targets])):
        tables.setdefault(table, {})[name] = _column(*rest)
    return State(
        recorded={str(name): str(checksum) for name, checksum in warehouse.query(recorded_query())}
        if MIGRATIONS in tables
        else {},
        tables=tables,
        views=frozenset(str(name) for (name,) in warehouse.query(views_query([MIGRATIONS, *targets]))),
        isolation=_isolation(warehouse),
        has_user=bool(user and warehouse.query(user_query(user))),
    )


def _isolation(warehouse: Warehouse) -> str:
    try:
        rows = warehouse.query(isolation_query())
    except StatementError:  # not every Redshift shows it to every user
        return ""
    return str(rows[0][0]).strip() if rows else ""


def _column(type_: str, length: Any, precision: Any, scale: Any, nullable: str) -> TableColumn:
    written = _written(_STAND_INS.get(type_, type_), length, precision, scale)
    return TableColumn(written=written, type=_parsed(written), required=nullable == "NO")


def _written(type_: str, length: Any, precision: Any, scale: Any) -> str:
    if type_ in ("numeric", "decimal"):
        return f"decimal({int(precision)},{int(scale)})"
    if type_ in _UNSIZED:
        return f"varbyte({MAX_VARBYTE})"  # as if it were long enough
    return f"{type_}({int(length)})" if length and type_.startswith("character") else type_


def _parsed(written: str) -> ColumnType | None:
    try:
        return parse_type(written)
    except ColumnTypeError:
        return None
