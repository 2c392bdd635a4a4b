"""The contract, compiled once per file into checks of columns."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from chalicelib.domain.checks import documents as checks_documents
from chalicelib.domain.checks import numbers as checks_numbers
from chalicelib.domain.checks import rules as checks_rules
from chalicelib.domain.checks import texts as checks_text
from chalicelib.domain.checks import times as checks_times
from chalicelib.domain.checks.check import Check, Fault
from chalicelib.domain.checks.codes import RowCode
from chalicelib.domain.contract.column import EXACT, Column, ColumnType, TypeName
from chalicelib.domain.contract.contract import RESCUED, Contract
from chalicelib.domain.contract.dialect import NULL_WORD, Empty, RepeatedHeader
from chalicelib.domain.contract.layout import Layout
from chalicelib.domain.formats.csv.grammar import Grammar
from chalicelib.domain.formats.csv.reading import Reading
from chalicelib.domain.formats.csv.work import Work
from chalicelib.domain.formats.format import Reader
from chalicelib.domain.formats.registry import format_of
from chalicelib.domain.notation.rewriter import Rewriter, rewriter_of
from chalicelib.domain.raw.swar import Fields, Mask, equal
from chalicelib.domain.run.ids import MARK_LENGTH
from chalicelib.domain.run.lineage import RowOrigins
from chalicelib.domain.run.rejects import EXPLAINED
from chalicelib.errors import ContractError

if TYPE_CHECKING:  # the step judges its rows by such rules, too
    from chalicelib.domain.staging.transform import Step

LETTER = re.compile("[A-Za-z]")

CHECKS: dict[TypeName, Callable[[ColumnType], Check]] = {
    TypeName.SMALLINT: checks_numbers.integer,
    TypeName.INTEGER: checks_numbers.integer,
    TypeName.BIGINT: checks_numbers.integer,
    TypeName.DECIMAL: checks_numbers.decimal,
    TypeName.REAL: checks_numbers.floating,
    TypeName.DOUBLE: checks_numbers.floating,
    TypeName.BOOLEAN: lambda _: checks_text.boolean(),
    TypeName.CHAR: checks_text.char,
    TypeName.VARCHAR: checks_text.varchar,
    TypeName.DATE: lambda _: checks_times.date(),
    TypeName.TIME: lambda kind: checks_times.time(kind, zoned=False),
    TypeName.TIMETZ: lambda kind: checks_times.time(kind, zoned=True),
    TypeName.TIMESTAMP: lambda kind: checks_times.timestamp(kind, zoned=False),
    TypeName.TIMESTAMPTZ: lambda kind: checks_times.timestamp(kind, zoned=True),
    TypeName.SUPER: lambda _: checks_documents.document(),
    TypeName.VARBYTE: checks_documents.varbyte,
}


BEHIND = Fault(code=RowCode.TOO_MANY_COLUMNS, reason="has a value behind its last delimiter")
NO_VALUE = Check(
    prove=lambda fields: fields.length == 0,
    judge=lambda value: BEHIND if value else None,
)
"""The check of what is behind a trailing delimiter."""


@dataclass(frozen=True, kw_only=True)
class ColumnRule:
    """The conditions on the values of one column."""

    name: str
    required: bool
    """True: NULL is a fault. False: NULL is good."""
    checks: tuple[Check, ...]
    """All must hold; the first check that fails names the fault."""
    null: bytes = b""
    """The value that stands for NULL."""
    filled: bool = True
    """An empty value counts as missing: it is a fault if the column is required."""
    rewriter: Rewriter | None = None
    """Reads values that are written otherwise than Redshift reads them."""

    def prove(self, fields: Fields) -> Mask:
        """Return which fields are certainly good."""
        empty: Mask = fields.length == 0
        proven = ~empty
        for check in self.checks:
            proven &= check.prove(fields)
        if self.null:
            absent = equal(fields, self.null)
            return (proven & ~absent) | (absent & (not self.required)) | (empty & (self.judge(b"") is None))
        return proven if self.required else proven | empty

    def judge(self, value: bytes) -> Fault | None:
        """Return the fault of one value, given without quotes; None for a good value."""
        if value == self.null or (self.filled and not value):
            return (
                Fault(code=RowCode.REQUIRED, reason="is empty, but the column is required") if self.required else None
            )
        return next((fault for check in self.checks if (fault := check.judge(value))), None)


@dataclass(frozen=True, kw_only=True)
class Rules:
    """A contract compiled for the columns of one file."""

    columns: tuple[ColumnRule, ...]
    """In the order of the file."""
    grammar: Grammar
    """The grammar of the text that COPY reads."""
    reader: Reader
    """Reads the file's blocks."""
    key: tuple[tuple[int, ColumnType], ...] = ()
    """Index and type of each key column."""
    hidden: tuple[int, ...] = ()
    """Indexes of the columns whose values are masked in rejects."""
    lineage: bool = True
    """Write the load's mark and the record's byte offset before each record."""
    mark: bytes = b"0" * MARK_LENGTH
    """The mark of the load that the rows belong to."""
    origins: RowOrigins | None = None
    """The origins of the rows, if the file holds corrected rows."""
    explained: int = EXPLAINED
    """Number of a chunk's bad rows that get a reject; the others are counted by code."""

    header: tuple[tuple[int, str], ...] = ()
    """Index and header name of each column in which a row may repeat the header; empty if such a row is one."""
    head_lines: tuple[bytes, ...] = ()
    """Lines that a joined file repeats behind the header."""
    sep: bytes = b""
    """The delimiter that a line of a joined file may name; empty if such a line is a row."""
    summed: tuple[tuple[int, int], ...] = ()
    """Index and scale of each column whose sum the file announces."""
    skips_headers: bool = False
    """A row that repeats the header is left out; else it is bad."""
    header_is_bad: bool = False
    """A row that repeats the header has a value that its column's type refuses."""
    transform: Step | None = None
    """Changes good rows before they are staged."""

    @cached_property
    def eager(self) -> tuple[int, ...]:
        """Indexes of the columns of which every value is rewritten."""
        return tuple(n for n, rule in enumerate(self.columns) if rule.rewriter and rule.rewriter.eager)

    @property
    def staged(self) -> Rules:
        """The rules for rows as they are staged."""
        return self.transform.rules if self.transform else self

    @property
    def newline(self) -> bytes:
        """The last byte of a line end in the file."""
        return self.reader.newline

    @property
    def before_newline(self) -> tuple[bytes, ...]:
        """Bytes that belong to the line end if they stand before `newline`."""
        return (b"\r",) if self.newline == b"\n" else ()

    def read(self, data: bytes, size: int, *, at_end: bool, work: Work) -> Reading:
        """Read the first `size` bytes of a padded block, which begins with a record, as COPY reads them."""
        return self.reader.read(data, size, at_end=at_end, work=work)


def compile_rules(contract: Contract, layout: Layout) -> Rules:
    """Compile the checks for a file with this layout. Raises ContractError if a pattern or bound is faulty."""
    indexes = {column.name: index for index, column in enumerate(layout.columns)}
    dialect, repeated = contract.dialect, contract.dialect.repeated_header
    judged = repeated is not RepeatedHeader.ROW
    header = layout.header_by_column() if judged else ()
    rules = _rules(contract, layout)
    return Rules(
        columns=rules,
        grammar=Grammar.of(dialect, contract.limits),
        reader=format_of(contract).reader(contract, layout),
        key=tuple((indexes[name], contract.column(name).type) for name in contract.key if name in indexes),
        hidden=tuple(index for index, column in enumerate(layout.columns) if column.pii),
        lineage=contract.lineage,
        explained=max(contract.limits.max_rejects, EXPLAINED),
        header=header,
        header_is_bad=any(LETTER.search(name) and _refuses_letters(layout.columns[n], rules[n]) for n, name in header),
        head_lines=_head_lines(layout, dialect.delimiter) if judged else (),
        sep=dialect.delimiter.encode() if judged and dialect.sep_line else b"",
        skips_headers=repeated is RepeatedHeader.SKIP,
        summed=tuple(
            (indexes[name], contract.column(name).type.scale) for name, _ in contract.sum_fields if name in indexes
        ),
    )


def _head_lines(layout: Layout, delimiter: str) -> tuple[bytes, ...]:
    """Return the lines by which a joined file is known. A line without a value is not one of them."""
    lines = (line for line in layout.head_lines if line.replace(delimiter, "").strip())
    return tuple(line.encode("utf-8", "surrogateescape") for line in lines)


def _refuses_letters(column: Column, rule: ColumnRule) -> bool:
    """Return whether no good value of the column has a letter: it has whole numbers or decimals in plain notation."""
    return column.type.kind in EXACT and not (rule.rewriter and rule.rewriter.eager)


def _rules(contract: Contract, layout: Layout) -> tuple[ColumnRule, ...]:
    """Return the rule of each column. Behind a trailing delimiter is a column without values."""
    rules = [_rule(contract, column) for column in layout.columns]
    if contract.dialect.trailing_delimiter:
        last = len(rules) - 1 - (layout.columns[-1].name == RESCUED)
        rules[last] = replace(rules[last], name="", checks=(NO_VALUE,))
    return tuple(rules)


def _rule(contract: Contract, column: Column) -> ColumnRule:
    kind, quote = column.type, contract.dialect.staged_quote
    own = CHECKS[kind.kind](kind)
    if kind.kind is TypeName.SUPER:
        own = checks_documents.document(contract.limits.max_super_string)
    checks = [own]
    for name in ("min", "max"):
        bound = getattr(column, name)
        if bound is not None and own.judge(bound.encode()):
            raise ContractError([f"{contract.name}: {column.name}: {name} is not a {kind.sql}"])
    if column.values:
        checks.append(checks_text.listed(column.values, quote))
    if column.pattern is not None:
        checks.append(checks_rules.pattern(column.pattern, quote))
    if column.min is not None or column.max is not None:
        checks.append(checks_rules.bounds(kind, column.min, column.max))
    key = column.name in contract.key  # a key column without a value cannot distinguish rows, `required` or not
    worded = contract.dialect.empty is Empty.TEXT and kind.needs_null_word
    null = NULL_WORD.encode() if worded else b""
    return ColumnRule(
        name=column.name,
        required=column.required or key,
        checks=tuple(checks),
        null=null,
        filled=key or not (worded and kind.is_text),
        rewriter=rewriter_of(column, null),
    )
