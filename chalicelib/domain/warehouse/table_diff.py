"""Where a target's real columns cannot hold what its contract promises, and the DDL that would change that.

Guarantees that a table without differences stores each checked value as it was checked. A table may be wider than its
contract, and may have nullable columns of its own: neither is a difference.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from chalicelib.domain.contract.column import ColumnType, TypeName
from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.warehouse import column_fit
from chalicelib.domain.warehouse.ddl import LINEAGE, add_column_ddl, target_columns


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
    """The statements that change it. Empty if it is a distribution or sort key: Redshift does not drop those."""
    safe: bool = False
    """They alter no stored value and no row: a new nullable column, or a longer varchar."""


def fits(wanted: ColumnType, found: ColumnType | None) -> bool:
    """Return whether a table's column stores every value of a contract's type as it was checked."""
    return found is not None and column_fit.fits(wanted, found)


def differences(contract: Contract, table: Mapping[str, TableColumn]) -> list[Difference]:
    """Return what would have to change in a target for its contract, in the order of the contract's columns."""
    return [*_types(contract, table), *_nulls(contract, table)]


def _types(contract: Contract, table: Mapping[str, TableColumn]) -> Iterator[Difference]:
    for name, wanted in target_columns(contract):
        found = table.get(name)
        if found is None:
            ddl = (add_column_ddl(contract, name, wanted.sql),)
            yield Difference(column=name, reason=f"is missing; the contract has {wanted.sql}", ddl=ddl, safe=True)
        elif not fits(wanted, found.type):
            yield _other_type(contract, name, wanted, found, table)


def _other_type(
    contract: Contract, name: str, wanted: ColumnType, found: TableColumn, held: Collection[str]
) -> Difference:
    is_varchar = found.type is not None and found.type.kind is TypeName.VARCHAR
    longer = column_fit.lengthens(wanted, is_varchar=is_varchar)
    keeps = found.type is not None and column_fit.fits(found.type, wanted)
    ddl = column_fit.change_ddl(contract, name, wanted.sql, longer=longer, keeps=keeps, held=held)
    return Difference(column=name, reason=f"is {_text(found)}; the contract has {wanted.sql}", ddl=ddl, safe=longer)


def _nulls(contract: Contract, table: Mapping[str, TableColumn]) -> Iterator[Difference]:
    """Yield the columns that refuse the NULL of a row that the contract accepts. Lineage is never NULL."""
    required = {column.name for column in contract.columns if column.required} | set(LINEAGE)
    known = {name for name, _ in target_columns(contract)}
    for name, found in table.items():
        if found.required and name not in required:
            why = "the contract does not require it" if name in known else "it is not in the contract"
            ddl = column_fit.change_ddl(contract, name, _text(found), longer=False, keeps=True, held=table)
            yield Difference(column=name, reason=f"is NOT NULL, and {why}: a load with a NULL there fails", ddl=ddl)


def _text(found: TableColumn) -> str:
    return found.type.sql if found.type else found.written
