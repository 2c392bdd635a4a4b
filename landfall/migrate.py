"""Brings a warehouse up to date with sql/ and the contracts, over any DB-API connection.

Guarantees that each migration is applied once, in order, in one transaction with its record, even if two operators run
this at once. A second run changes nothing. It adds tables and columns, and never alters or drops a column. A line that
starts with `!` reports a change that would need that, or a data check that the warehouse cannot evaluate.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from chalicelib.domain.checks.condition import check_fault
from chalicelib.domain.contract.contract import Contract, DataCheck
from chalicelib.domain.contract_files.column_type import ColumnTypeError, parse_type
from chalicelib.domain.warehouse.ddl import (
    LINEAGE,
    add_column_ddl,
    gate_ddl,
    staging_ddl,
    target_columns,
    target_ddl,
)
from chalicelib.domain.warehouse.load import explain_check
from landfall.text import warehouse_message

_TOKEN = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\"[^\"]*\"|\$(\w*)\$.*?\$\1\$|;|.", re.DOTALL)
_PLAIN = re.compile(r"[a-z0-9_./]*")
_LOCK = "LOCK TABLE etl.schema_migrations"
_ATTEMPTS = 3
_PROBE = "probe"
_STAND_INS = {"jsonb": "super", "bytea": "varbyte"}
"""Types of the local warehouse, and the types of Redshift that they stand for. Redshift has no types of these names."""


class Cursor(Protocol):
    def execute(self, operation: str) -> Any: ...
    def fetchall(self) -> Sequence[Sequence[Any]]: ...


class Connection(Protocol):
    """The part of a DB-API connection that is used. Autocommit must be off, which is the default."""

    def cursor(self) -> Any: ...
    def commit(self) -> None: ...
    def rollback(self) -> None: ...


def migrate(connection: Connection, sql_dir: Path, contracts: Mapping[str, Contract]) -> list[str]:
    """Apply what is missing. Return a line for each change, and one with `!` for each that is left to the operator."""
    cursor = connection.cursor()
    _bootstrap(connection, cursor, sql_dir)
    done: list[str] = []
    for step in _steps(sql_dir, contracts):
        try:
            cursor.execute(_LOCK)  # before anything is read: two runs take turns, and the second sees the first's work
            done += step(cursor)
            connection.commit()
        except BaseException:
            connection.rollback()
            raise
    for contract in contracts.values():
        for check in contract.checks:
            done += _try_check(connection, cursor, contract, check)
    return done


def statements(script: str) -> list[str]:
    """Split a script into its statements. Semicolons in literals, comments and procedure bodies do not end one."""
    parts = [""]
    for token in _TOKEN.finditer(script):
        if token[0] == ";":
            parts.append("")
        elif not token[0].startswith(("--", "/*")):
            parts[-1] += token[0]
    return [part.strip() for part in parts if part.strip()]


def _bootstrap(connection: Connection, cursor: Cursor, sql_dir: Path) -> None:
    """Create the table of migrations. If two first runs at once both find none, one of them fails and tries again."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            if not _columns(cursor, "etl", "schema_migrations"):
                for statement in statements((sql_dir / "bootstrap.sql").read_text(encoding="utf-8")):
                    cursor.execute(statement)
            connection.commit()
        except Exception:
            connection.rollback()
            if attempt == _ATTEMPTS:
                raise
        else:
            return


def _steps(sql_dir: Path, contracts: Mapping[str, Contract]) -> Iterator[Callable[[Cursor], list[str]]]:
    for folder in ("migrations", "procedures", "views"):
        for file in sorted((sql_dir / folder).glob("*.sql")):
            yield partial(_apply_file, f"{folder}/{file.name}", file.read_text(encoding="utf-8"))
    for contract in contracts.values():
        yield partial(_apply_contract, contract)


def _apply_file(name: str, script: str, cursor: Cursor) -> list[str]:
    """Apply one file: a migration once, a procedure or view whenever its text has changed."""
    checksum = hashlib.sha256(script.encode()).hexdigest()
    where = f"FROM etl.schema_migrations WHERE name = {_literal(name)}"
    cursor.execute(f"SELECT checksum {where}")
    known = [row[0] for row in cursor.fetchall()]
    if known == [checksum]:
        return []
    if known and name.startswith("migrations/"):
        return [f"! {name} was changed after it was applied; put it back and add a new migration"]
    for statement in statements(script):
        cursor.execute(statement)
    cursor.execute(f"DELETE {where}")
    cursor.execute(f"INSERT INTO etl.schema_migrations VALUES ({_literal(name)}, {_literal(checksum)}, getdate())")  # noqa: S608  # nosec B608
    return [f"{'replaced' if known else 'applied'} {name}"]


def _apply_contract(contract: Contract, cursor: Cursor) -> list[str]:
    """Make one contract's target and gate, or add the columns its target lacks."""
    name = f"{contract.schema}.{contract.table}"
    there = _columns(cursor, contract.schema, contract.table)
    for statement in gate_ddl(contract) + ([] if there else target_ddl(contract)):
        cursor.execute(statement)
    if not there:
        return [f"created {name}"]
    lacking = [(column, type_) for column, type_ in target_columns(contract) if column not in there]
    for column, type_ in lacking:
        cursor.execute(add_column_ddl(contract, column, type_))
    return [f"added {name}.{column} {type_}" for column, type_ in lacking] + _differences(contract, name, there)


def _try_check(connection: Connection, cursor: Cursor, contract: Contract, check: DataCheck) -> list[str]:
    """Have the warehouse plan a data check without running it, and roll back. Return a line if it refuses the check."""
    fault = check_fault(contract, check)
    if not fault:
        try:
            cursor.execute(staging_ddl(contract, (), _PROBE, _PROBE))
            cursor.execute(explain_check(check, _PROBE))
        except Exception as error:  # noqa: BLE001 - each driver has its own
            fault = warehouse_message(error)
        finally:
            connection.rollback()
    name = f"{contract.schema}.{contract.table}"
    return [f'! {name}: the data check "{check.name}" cannot be evaluated: {fault}'] if fault else []


def _differences(contract: Contract, name: str, there: Mapping[str, tuple[str, bool]]) -> list[str]:
    """Report the differences of table and contract that are left to the operator."""
    lines = []
    required = {c.name for c in contract.columns if c.required}
    for column, wanted in target_columns(contract):
        if column in there and not _alike(there[column][0], wanted):
            lines.append(f"! {name}.{column} is {_normal(there[column][0])}; the contract has {_normal(wanted)}")
        if column in there and there[column][1] and column not in required and column not in LINEAGE:
            lines.append(f"! {name}.{column} is NOT NULL; the contract does not require it")
    known = {column for column, _ in target_columns(contract)}
    return lines + [
        f"! {name}.{column} is NOT NULL and not in the contract: every load will fail"
        for column, (_, not_null) in there.items()
        if not_null and column not in known
    ]


def _alike(found: str, wanted: str) -> bool:
    return _STAND_INS.get(found) == wanted.partition("(")[0] or _normal(found) == _normal(wanted)


def _normal(type_: str) -> str:
    try:
        return parse_type(type_).sql
    except ColumnTypeError:
        return type_


def _columns(cursor: Cursor, schema: str, table: str) -> dict[str, tuple[str, bool]]:
    """Return the table's columns with type and whether they are NOT NULL; empty if there is no such table."""
    cursor.execute(
        "SELECT column_name, data_type, character_maximum_length, numeric_precision, numeric_scale, is_nullable"  # noqa: S608  # nosec B608
        f" FROM information_schema.columns WHERE table_schema = {_literal(schema)} AND table_name = {_literal(table)}"
        " ORDER BY ordinal_position"
    )
    return {
        str(name): (_type_text(str(type_), length, precision, scale), nullable == "NO")
        for name, type_, length, precision, scale, nullable in cursor.fetchall()
    }


def _type_text(type_: str, length: Any, precision: Any, scale: Any) -> str:
    if type_ in ("numeric", "decimal"):
        return f"decimal({int(precision)},{int(scale)})"
    return f"{type_}({int(length)})" if length and type_.startswith("character") else type_


def _literal(text: str) -> str:
    """Quote a text that needs no escaping. Drivers differ in how they write parameters, and names need none."""
    if not _PLAIN.fullmatch(text):
        raise ValueError(f"{text!r}: use lower-case letters, digits, underscores and dots in names below sql/")
    return f"'{text}'"
