"""Where a target's real columns cannot hold what its contract promises, and the DDL that would change that.

Guarantees that a table without differences stores each checked value as it was checked. A table may be wider than its
contract, and may have nullable columns of its own: neither is a difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from chalicelib.domain.contract.contract import ColumnType, Contract, TypeName
from chalicelib.domain.warehouse import column_fit
from chalicelib.domain.warehouse.ddl import (
    LINEAGE,
    add_column_ddl,
    replace_column_ddl,
    resize_column_ddl,
    target_columns,
)


@dataclass(frozen=True, kw_only=True)
class TableColumn:
    """A column as the warehouse has it."""

    written: str
    """Its type, in the warehouse's words."""
    type: ColumnType | None
    """Its type; None for one that no contract can have."""
    required: bool = False
    """It is NOT NULL."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One thing to change in a target."""

    column: str
    reason: str
    """What is wrong, as the end of a sentence that starts with the column."""
    ddl: tuple[str, ...]
    """The statements that change it. None if the column is a distribution or sort key: Redshift does not drop those."""
    safe: bool = False
    """They alter no stored value and no row: a new nullable column, or a longer varchar."""


def fits(wanted: ColumnType, found: ColumnType | None) -> bool:
    """Return whether a table's column stores every value of a contract's type as it was checked."""
    return found is not None and column_fit.fits(wanted, found)


def differences(contract: Contract, table: Mapping[str, TableColumn]) -> list[Difference]:
    """Return what would have to change in a target for its contract, in the order of the contract's columns."""
    return [*_types(contract, table), *_nulls(contract, table)]


def _types(contract: Contract, table: Mapping[str, TableColumn]) -> Iterator[Difference]:
    types = {column.name: column.type for column in contract.columns}
    for name, wanted in target_columns(contract):
        found = table.get(name)
        if found is None:
            ddl = (add_column_ddl(contract, name, wanted),)
            yield Difference(column=name, reason=f"is missing; the contract has {wanted}", ddl=ddl, safe=True)
        elif not (fits(types[name], found.type) if name in types else _is(wanted, found)):
            yield _other_type(contract, name, wanted, found)


def _other_type(contract: Contract, name: str, wanted: str, found: TableColumn) -> Difference:
    is_text = found.type is not None and found.type.kind is TypeName.VARCHAR
    longer = is_text and wanted.startswith("varchar(")  # both are: the table's is shorter
    ddl = (resize_column_ddl(contract, name, wanted),) if longer else _replacement(contract, name, wanted)
    return Difference(column=name, reason=f"is {_text(found)}; the contract has {wanted}", ddl=ddl, safe=longer)


def _nulls(contract: Contract, table: Mapping[str, TableColumn]) -> Iterator[Difference]:
    """Columns that refuse the NULL of a row that the contract lets through. Lineage is never NULL."""
    required = {column.name for column in contract.columns if column.required} | set(LINEAGE)
    known = {name for name, _ in target_columns(contract)}
    for name, found in table.items():
        if found.required and name not in required:
            why = "the contract does not require it" if name in known else "it is not in the contract"
            ddl = _replacement(contract, name, _text(found))
            yield Difference(column=name, reason=f"is NOT NULL, and {why}: such loads fail", ddl=ddl)


def _replacement(contract: Contract, name: str, type_sql: str) -> tuple[str, ...]:
    if name in (contract.dist_key, *contract.sort_key):
        return ()
    return replace_column_ddl(contract, name, type_sql)


def _is(wanted: str, found: TableColumn) -> bool:
    return found.type is not None and found.type.sql == wanted


def _text(found: TableColumn) -> str:
    return found.type.sql if found.type else found.written
