"""Whether a table's column holds every value of a contract's type unchanged, and the DDL that makes it so.

The same rules as etl.check_columns_v1, which compares before each load. A test holds the two to each other.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from chalicelib.domain.contract.column import WHOLE, Column, ColumnType, TypeName
from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.warehouse.ddl import add_column_ddl, replace_column_ddl, resize_column_ddl

MISSING = "missing"
_CATALOG = {
    TypeName.DECIMAL: "numeric",
    TypeName.CHAR: "character",
    TypeName.VARCHAR: "character varying",
    TypeName.TIME: "time without time zone",
    TypeName.TIMETZ: "time with time zone",
    TypeName.TIMESTAMP: "timestamp without time zone",
    TypeName.TIMESTAMPTZ: "timestamp with time zone",
}
_SHOWN = 4
_AGAIN = "create the table again with this type, and copy its rows, since it is a distribution or sort key"
_NARROWER = (
    "no statement is given, since stored values may not fit that type: "
    "give the contract the table's type, or create the table again"
)
_RAISED = re.compile(r"CONTRACT_AHEAD: ([0-9]+) columns of [a-z0-9_.]+ cannot hold what the contract allows \((.*)")
_COLUMN = re.compile(r"([a-z_][a-z0-9_]*) is ([a-z][a-z ]*(?:\([0-9,]+\))?)(?=, |\)|$)")


def fits(wanted: ColumnType, held: ColumnType) -> bool:
    """Return whether a column of type `held` stores every value of `wanted` unchanged."""
    if wanted.kind in WHOLE and held.kind in WHOLE:
        return WHOLE.index(held.kind) >= WHOLE.index(wanted.kind)
    scale = held.scale - wanted.scale
    wide = scale >= 0 and held.precision - wanted.precision >= scale and held.length >= wanted.length
    return wanted.kind is held.kind and wide


def lengthens(wanted: ColumnType, *, is_varchar: bool) -> bool:
    """Return whether a column that does not fit needs only more length. Redshift alters no other type."""
    return is_varchar and wanted.kind is TypeName.VARCHAR


def change_ddl(
    contract: Contract, name: str, type_sql: str, *, longer: bool, keeps: bool, held: Collection[str] = ()
) -> tuple[str, ...]:
    """Return the statements that give a column another type, or let it be NULL.

    `held` has the table's columns, as far as they are known. `keeps`: the new type holds every value that the old one
    can hold. Empty otherwise, and for a column of the distribution or sort key that would have to be replaced: Redshift
    does not drop it. `by_hand` has what to do then.
    """
    if longer:
        return (resize_column_ddl(contract, name, type_sql),)
    if not keeps or _is_layout(contract, name):
        return ()
    return replace_column_ddl(contract, name, type_sql, held)


def by_hand(contract: Contract, name: str) -> str:
    """Return what the operator can do about a column that no statement of ours changes."""
    return _AGAIN if _is_layout(contract, name) else _NARROWER


def _is_layout(contract: Contract, name: str) -> bool:
    return name in (contract.dist_key, *contract.sort_key)


def catalog_type(type_: ColumnType) -> str:
    """Return a type as the warehouse's catalog writes it."""
    sizes = type_.sql.partition("(")[1:]
    return _CATALOG.get(type_.kind, type_.kind.value) + "".join(sizes)


def ahead(contract: Contract, held: Mapping[str, ColumnType]) -> str:
    """Return the text that etl.check_columns_v1 raises for a target with these columns; empty if all fit."""
    faults = [f"{c.name} is {fault}" for c in contract.columns if (fault := _fault(c, held.get(c.name)))]
    listed = ", ".join(faults[:_SHOWN])
    text = f"CONTRACT_AHEAD: {len(faults)} columns of {contract.target} cannot hold what the contract allows ({listed})"
    return text if faults else ""


def explain_ahead(contract: Contract, error: str) -> str:
    """Return what to do about an error of etl.check_columns_v1, with the DDL; empty if it is another error."""
    raised = _RAISED.search(error)
    if not raised:
        return ""
    by_name = {column.name: column for column in contract.columns}
    found = [(by_name[name], fault) for name, fault in _COLUMN.findall(raised[2]) if name in by_name]
    lines = [_explained(contract, column, fault) for column, fault in found]
    more = int(raised[1]) - len(lines)
    rest = [f"and {more} more columns"] if more > 0 else []
    return f"{'; '.join([*lines, *rest])}; `landfall migrate --plan` lists all differences; then run the file again"


def _fault(column: Column, held: ColumnType | None) -> str:
    if held is None:
        return MISSING
    return "" if fits(column.type, held) else catalog_type(held)


def _explained(contract: Contract, column: Column, fault: str) -> str:
    name = f"{contract.target}.{column.name}"
    steps = "; ".join(_ddl(contract, column, fault)) or by_hand(contract, column.name)
    return f"{name} is {fault}, but the contract has {column.type.sql}: {steps}"


def _ddl(contract: Contract, column: Column, fault: str) -> tuple[str, ...]:
    if fault == MISSING:
        return (add_column_ddl(contract, column.name, column.type.sql),)
    is_varchar = fault.startswith(_CATALOG[TypeName.VARCHAR])
    longer = lengthens(column.type, is_varchar=is_varchar)
    held = _type_of(fault)
    keeps = held is not None and fits(held, column.type)
    return change_ddl(contract, column.name, column.type.sql, longer=longer, keeps=keeps)


def _type_of(catalog: str) -> ColumnType | None:
    """Return the type that the warehouse's catalog writes so; None for one that no contract can have."""
    word, _, sizes = catalog.rstrip(")").partition("(")
    name = next((kind for kind in TypeName if _CATALOG.get(kind, kind.value) == word), None)
    numbers = [int(size) for size in sizes.split(",") if size]
    if name is None:
        return None
    if name is TypeName.DECIMAL and len(numbers) == 2:
        return ColumnType(kind=name, precision=numbers[0], scale=numbers[1])
    return ColumnType(kind=name, length=numbers[0] if numbers else 0)
