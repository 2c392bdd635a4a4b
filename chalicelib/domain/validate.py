"""The contract, compiled once per file into checks on columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.domain import checks_documents, checks_formats, checks_numbers, checks_rules, checks_text, checks_times
from chalicelib.domain.checks import Check, Fault
from chalicelib.domain.codes import LoadError
from chalicelib.domain.contract import Column, ColumnType, Contract, Kind
from chalicelib.domain.header import Layout
from chalicelib.domain.records import Grammar
from chalicelib.domain.swar import Fields, Mask
from chalicelib.domain.time_format import time_form
from chalicelib.errors import ContractError

CHECKS: dict[Kind, Callable[[ColumnType], Check]] = {
    Kind.SMALLINT: checks_numbers.integer,
    Kind.INTEGER: checks_numbers.integer,
    Kind.BIGINT: checks_numbers.integer,
    Kind.DECIMAL: checks_numbers.decimal,
    Kind.REAL: checks_numbers.floating,
    Kind.DOUBLE: checks_numbers.floating,
    Kind.BOOLEAN: lambda _: checks_text.boolean(),
    Kind.CHAR: checks_text.char,
    Kind.VARCHAR: checks_text.varchar,
    Kind.DATE: lambda _: checks_times.date(),
    Kind.TIME: lambda kind: checks_times.time(kind, zoned=False),
    Kind.TIMETZ: lambda kind: checks_times.time(kind, zoned=True),
    Kind.TIMESTAMP: lambda kind: checks_times.timestamp(kind, zoned=False),
    Kind.TIMESTAMPTZ: lambda kind: checks_times.timestamp(kind, zoned=True),
    Kind.SUPER: lambda _: checks_documents.document(),
    Kind.VARBYTE: checks_documents.varbyte,
}


@dataclass(frozen=True, kw_only=True)
class ColumnRule:
    """What the values of one column must be like."""

    name: str
    required: bool
    """An empty value is a fault; otherwise it is NULL, and good."""
    checks: tuple[Check, ...]
    """All must hold; the first that does not names the fault."""

    def prove(self, fields: Fields) -> Mask:
        """Which fields are good beyond doubt."""
        empty: Mask = fields.length == 0
        proven = ~empty
        for check in self.checks:
            proven &= check.prove(fields)
        return proven if self.required else proven | empty

    def judge(self, value: bytes) -> Fault | None:
        """What is wrong with one value, quotes taken off."""
        if not value:
            return Fault(code=LoadError.REQUIRED, reason="is empty, but required") if self.required else None
        return next((fault for check in self.checks if (fault := check.judge(value))), None)


@dataclass(frozen=True, kw_only=True)
class Rules:
    """A contract compiled for the columns of one file."""

    columns: tuple[ColumnRule, ...]
    """In the order of the file."""
    grammar: Grammar
    key: tuple[tuple[int, ColumnType], ...] = ()
    """Place and type of each key column."""
    hidden: tuple[int, ...] = ()
    """Places of columns whose values are masked in rejects."""
    lineage: bool = True
    """Put each record's byte offset before it."""


def compile_rules(contract: Contract, layout: Layout) -> Rules:
    """The checks for a file whose header has this layout. Raises ContractError if a pattern or bound is faulty."""
    places = {column.name: place for place, column in enumerate(layout.columns)}
    return Rules(
        columns=tuple(_rule(contract, column) for column in layout.columns),
        grammar=Grammar.of(contract.dialect, contract.limits),
        key=tuple((places[name], contract.column(name).type) for name in contract.key if name in places),
        hidden=tuple(place for place, column in enumerate(layout.columns) if column.pii),
        lineage=contract.lineage,
    )


def _rule(contract: Contract, column: Column) -> ColumnRule:
    kind, quote = column.type, contract.dialect.quote
    form, iso = time_form(column.format, kind.kind), CHECKS[kind.kind](kind)
    checks = [checks_formats.formatted(kind, form, iso) if form else iso]
    for name in ("min", "max"):
        bound = getattr(column, name)
        if bound is not None and iso.judge(bound.encode()):
            raise ContractError([f"{contract.name}: {column.name}: {name} is not a {kind.sql}"])
    if column.values:
        checks.append(checks_text.listed(column.values, quote))
    if column.pattern is not None:
        checks.append(checks_rules.pattern(column.pattern, quote))
    if column.min is not None or column.max is not None:
        checks.append(checks_rules.bounds(kind, column.min, column.max, form))
    # A key without a value cannot tell rows apart, whatever the contract says of the column.
    return ColumnRule(name=column.name, required=column.required or column.name in contract.key, checks=tuple(checks))
