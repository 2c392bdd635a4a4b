"""The tables of a contract in the warehouse: its target, the gate that admits one load at a time, its staging.

Every target has Landfall's four columns in LINEAGE. No primary key is declared. Redshift does not enforce it, and its
planner may drop a DISTINCT because of it, which would hide the duplicates that a query looks for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from itertools import chain, count

from chalicelib.domain.contract.column import Column, ColumnType, TypeName
from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract.identifiers import qualified, quote_identifier, quote_identifiers
from chalicelib.domain.contract.layout import staged_column
from chalicelib.domain.run.ids import MARK_LENGTH

OFFSET = "_source_offset"
MARK = "_source_mark"
"""The column of staging that has the mark of the row's load."""
LINEAGE = {
    "_load_id": ColumnType(kind=TypeName.VARCHAR, length=32),  # the load that last set or confirmed the row
    "_source_order": ColumnType(
        kind=TypeName.VARCHAR, length=128
    ),  # age of that load's file: an older file does not replace the row
    OFFSET: ColumnType(kind=TypeName.BIGINT),  # where the row's record starts in that file
    "_loaded_at": ColumnType(kind=TypeName.TIMESTAMP),  # when the row's values last changed
}
_NAME_LEFT = 40


def target_ddl(contract: Contract) -> list[str]:
    """Return the statements that create the target if it does not exist."""
    columns = [_column_ddl(c) for c in contract.columns] + [
        f"{quote_identifier(n)} {t.sql}" for n, t in LINEAGE.items()
    ]
    body = ",\n  ".join(columns)
    return [
        f"CREATE SCHEMA IF NOT EXISTS {quote_identifier(contract.schema)}",
        f"CREATE TABLE IF NOT EXISTS {target(contract)} (\n  {body}\n) {_layout(contract)}",
    ]


def gate_ddl(contract: Contract) -> list[str]:
    """Return the statements that create the target's gate: an empty table, only for locks. Readers never use it."""
    return [f"CREATE TABLE IF NOT EXISTS {gate(contract.target)} (held_by varchar(32)) DISTSTYLE ALL"]


def staging_ddl(contract: Contract, columns: Sequence[str], group_id: str, mark: str) -> str:
    """Return the statement that creates a load's staging: the files' columns in their order, then the others.

    `mark` is the default for rows without a mark.
    """
    absent = [c.name for c in contract.columns if c.name not in columns]
    lines = [f"{quote_identifier(MARK)} char({MARK_LENGTH}) DEFAULT '{mark}'", f"{quote_identifier(OFFSET)} bigint"]
    lines += [_column_ddl(staged_column(contract, name)) for name in (*columns, *absent)]
    layout = f" DISTSTYLE KEY DISTKEY ({quote_identifier(contract.dist_key)})" if contract.dist_key else ""
    return f"CREATE TEMP TABLE {quote_identifier(staging_name(group_id))} (\n  " + ",\n  ".join(lines) + f"\n){layout}"


def drop_staging_ddl(group_id: str) -> str:
    """Return the statement that drops a load's staging, for a session that goes on."""
    return f"DROP TABLE {quote_identifier(staging_name(group_id))}"


def add_column_ddl(contract: Contract, name: str, type_sql: str) -> str:
    """Return the statement that adds a column to a target. Old rows have NULL there, so it cannot be NOT NULL."""
    return f"ALTER TABLE {target(contract)} ADD COLUMN {quote_identifier(name)} {type_sql}"


def resize_column_ddl(contract: Contract, name: str, type_sql: str) -> str:
    """Return the statement that gives a varchar column of a target another length. Redshift alters no other type."""
    return f"ALTER TABLE {target(contract)} ALTER COLUMN {quote_identifier(name)} TYPE {type_sql}"


def replace_column_ddl(contract: Contract, name: str, type_sql: str, held: Collection[str]) -> tuple[str, ...]:
    """Return the statements that give a column of a target another type, or let it be NULL: a new column replaces it.

    `held` has the table's columns, as far as they are known. It is one transaction: if the new column's name is taken
    all the same, nothing is done, and no other column is written. Not for a column of the distribution or sort key,
    which Redshift does not drop.
    """
    table, old = target(contract), quote_identifier(name)
    new = _free(f"{name[:_NAME_LEFT]}__new", {*held, *dict(target_columns(contract))})
    return (
        "BEGIN",
        add_column_ddl(contract, new, type_sql),
        f"UPDATE {table} SET {quote_identifier(new)} = CAST({old} AS {type_sql})",  # noqa: S608  # nosec B608
        f"ALTER TABLE {table} DROP COLUMN {old}",
        f"ALTER TABLE {table} RENAME COLUMN {quote_identifier(new)} TO {old}",
        "COMMIT",
    )


def _free(name: str, taken: Collection[str]) -> str:
    """Return the name, or the name with the first number that makes it one that is not taken."""
    return next(one for one in chain([name], (f"{name}{number}" for number in count(2))) if one not in taken)


def target(contract: Contract) -> str:
    """Return the target's quoted name."""
    return qualified(contract.schema, contract.table)


def gate(target: str) -> str:
    """Return the quoted name of a target's gate (schema.table, unquoted).

    Its hash separates names that shortening, or an underscore instead of the dot, would make equal.
    """
    mark = hashlib.sha256(target.encode()).hexdigest()[:8]
    return qualified("etl", f"gate_{target.replace('.', '_')[:_NAME_LEFT]}_{mark}")


def staging_name(group_id: str) -> str:
    """Return the name of a load's staging table."""
    return f"staging_{group_id}"


def shares_name(group_id: str) -> str:
    """Return the name of the table of a load's shares."""
    return f"shares_{group_id}"


def target_columns(contract: Contract) -> Iterable[tuple[str, ColumnType]]:
    """Return every column of the target with its type."""
    return [(c.name, c.type) for c in contract.columns] + list(LINEAGE.items())


def _column_ddl(column: Column) -> str:
    return f"{quote_identifier(column.name)} {column.type.sql}{' NOT NULL' if column.required else ''}"


def _layout(contract: Contract) -> str:
    key, sort = contract.dist_key, contract.sort_key
    dist = f"DISTSTYLE KEY DISTKEY ({quote_identifier(key)})" if key else "DISTSTYLE AUTO"
    return f"{dist} " + (f"COMPOUND SORTKEY ({quote_identifiers(sort)})" if sort else "SORTKEY AUTO")
