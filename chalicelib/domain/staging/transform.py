"""The step between reading and staging in which a contract's function changes rows.

Guarantees that each row of the file is a row of the result, a reject, or counted as dropped. The result is judged by
the contract's columns, as a file's rows are, so that a function can stage no bad value. Rows keep their places in the
file, so that a reject shows the record as the file has it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from chalicelib.domain.checks.codes import RowCode
from chalicelib.domain.checks.row_fault import RowFault
from chalicelib.domain.contract.contract import IGNORED, Contract
from chalicelib.domain.contract.dialect import RepeatedHeader
from chalicelib.domain.contract.layout import Layout
from chalicelib.domain.contract.notation import Notation
from chalicelib.domain.contract.tally import LeftOut
from chalicelib.domain.formats.csv.edits import MOST_ROW_BYTES
from chalicelib.domain.formats.csv.grammar import LF, Malformed
from chalicelib.domain.raw.swar import PADDING, Ints, fields_of
from chalicelib.domain.staging.table import Table, own_faults
from chalicelib.domain.staging.validate import ColumnRule, Rules, compile_rules

NOTHING = (b"",)
"""The fields of a row that is rejected or left out."""
LONG = RowFault(
    column="", code=RowCode.LINE, reason=f"is longer than Redshift's {MOST_ROW_BYTES:,} bytes after the transform"
)

Values = Sequence[bytes | None]
"""The values of a column as text, without quotes; None is NULL."""


@dataclass(frozen=True, kw_only=True)
class Given:
    """The good rows of a table, as the function gets them."""

    offsets: Ints
    """Where each row begins in the file, in bytes."""
    columns: Mapping[str, Values]


@dataclass(frozen=True, kw_only=True)
class Changed:
    """The rows that the function returns. A row of the input that is neither here nor at fault is dropped."""

    rows: Sequence[int]
    """The number of each row in the input, in rising order."""
    columns: Mapping[str, Values]
    same: Mapping[str, Sequence[bool]]
    """By column, which values are as the file has them."""
    faults: Mapping[int, RowFault] = field(default_factory=dict)
    """The fault of each rejected row, by its number in the input."""


class Apply(Protocol):
    """Calls the function."""

    def __call__(self, given: Given) -> Changed:
        """Return the changed rows. Raises Broken."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """A contract's function, and the rules for its result."""

    apply: Apply
    rules: Rules


def with_transform(rules: Rules, contract: Contract, apply: Apply) -> Rules:
    """Return the rules for reading with a step that changes the rows to the contract's columns."""
    return replace(rules, transform=Step(apply=apply, rules=_staged_rules(contract)))


def _staged_rules(contract: Contract) -> Rules:
    """Compile the checks of the result: its values are written as Redshift reads them, and it has no header."""
    columns = tuple(replace(column, notation=Notation(), format="") for column in contract.columns)
    dialect = replace(contract.dialect, trailing_delimiter=False, repeated_header=RepeatedHeader.ROW, trailer=None)
    plain = replace(contract, columns=columns, dialect=dialect, control_totals=None, transform=None)
    return compile_rules(plain, Layout(columns=columns))


def transformed(
    table: Table, found: Mapping[int, RowFault | Malformed], step: Step, offset: int
) -> tuple[Table, dict[int, RowFault | Malformed]]:
    """Return the changed rows of a judged table, and the faults of its bad ones.

    The result has as many rows as the table. Those that are rejected or left out have no text.
    """
    bad, left_out = dict(found), dict(table.reading.left_out)
    good = ~table.blank
    good[list(bad)] = False
    rows = np.flatnonzero(good)
    texts = dict[int, list[bytes]]()
    if len(rows):
        changed = step.apply(Given(offsets=table.begins[rows] + offset, columns=_values(table, rows)))
        numbers = rows.tolist()
        bad |= {numbers[row]: fault for row, fault in changed.faults.items()}
        texts, unfit = _texts(table, rows, changed, step.rules)
        bad |= unfit
        left_out |= {table.first + row: LeftOut.DROPPED for row in numbers if row not in texts and row not in bad}
    kept = {row: fields for row, fields in texts.items() if row not in bad}
    result = _written(table, kept, left_out, step.rules)
    return result, {**own_faults(result, set()), **bad}


def _values(table: Table, rows: Ints) -> dict[str, Values]:
    """Return the values of the columns that the contract has."""
    quote = bytes([table.rules.grammar.quote])
    named = [(n, rule) for n, rule in enumerate(table.rules.columns) if rule.name and not rule.name.startswith(IGNORED)]
    return {rule.name: [_value(raw, rule, quote) for raw in table.values(n, rows).raw()] for n, rule in named}


def _value(raw: bytes, rule: ColumnRule, quote: bytes) -> bytes | None:
    if raw == rule.null or (rule.filled and not raw):
        return None
    return raw.replace(quote * 2, quote)


def _texts(
    table: Table, rows: Ints, changed: Changed, rules: Rules
) -> tuple[dict[int, list[bytes]], dict[int, RowFault]]:
    """Return the fields of each returned row as COPY reads them, and the faults of rows that cannot be written."""
    read = {rule.name: index for index, rule in enumerate(table.rules.columns)}
    numbers = rows[np.array(changed.rows, np.int64)]
    writer, columns = _Writer(rules), list[list[bytes]]()
    for rule in rules.columns:
        raw = table.column(read[rule.name], numbers).raw() if rule.name in read and changed.same[rule.name] else None
        values, same = changed.columns[rule.name], changed.same[rule.name]
        written = [writer.field(value, rule.null) for value in values]
        columns.append(
            [own if kept else new for own, kept, new in zip(raw, same, written, strict=True)] if raw else written
        )
    texts = {row: list(fields) for row, fields in zip(numbers.tolist(), zip(*columns, strict=True), strict=True)}
    unfit = {row: LONG for row, fields in texts.items() if sum(map(len, fields)) + len(fields) > MOST_ROW_BYTES}
    for rule in (rule for rule in rules.columns if rule.null):
        word = RowFault(
            column=rule.name, code=RowCode.CONTRACT, reason=f"is the text {rule.null.decode()}, which means NULL"
        )
        places = zip(numbers.tolist(), changed.columns[rule.name], strict=True)
        unfit |= {row: word for row, value in places if value == rule.null}
    return texts, unfit


class _Writer:
    """Writes values as fields of CSV."""

    def __init__(self, rules: Rules) -> None:
        self.quote = bytes([rules.grammar.quote])
        special = self.quote + bytes([rules.grammar.delimiter]) + b"\r\n"
        self.special = re.compile(b"[" + re.escape(special) + b"]")
        self.alone = len(rules.columns) == 1

    def field(self, value: bytes | None, null: bytes) -> bytes:
        """Return a value in quotes if it needs them. A row without a byte would be a blank line."""
        text = null if value is None else value
        if self.special.search(text) or (self.alone and not text):
            return self.quote + text.replace(self.quote, self.quote * 2) + self.quote
        return text


def _written(
    table: Table, texts: Mapping[int, Sequence[bytes]], left_out: Mapping[int, LeftOut], rules: Rules
) -> Table:
    """Return a table of as many rows: those with a text, and lines without a byte for the others."""
    count = len(table.widths)
    fields = [field for row in range(count) for field in texts.get(row, NOTHING)]
    widths = np.array([len(texts.get(row, NOTHING)) for row in range(count)], np.int64)
    lengths = np.fromiter(map(len, fields), np.int64, len(fields))
    last, marks = np.cumsum(widths) - 1, np.cumsum(lengths + 1) - 1
    ends = marks[last]
    starts = np.append(0, ends[:-1] + 1)
    text = bytearray(bytes([rules.grammar.delimiter]).join([*fields, b""]))
    np.frombuffer(text, np.uint8)[ends] = LF
    data = bytes(text) + PADDING
    own = table.rules
    return replace(
        table,
        data=data,
        lines=fields_of(data).part(starts, ends - starts),
        marks=marks,
        last_mark=last,
        widths=widths,
        quoted=bytes([rules.grammar.quote]) in data,
        stops=ends + 1,
        reading=replace(table.reading, left_out=left_out, unread={}, bare=np.empty(0, np.int64)),
        rules=replace(rules, lineage=own.lineage, mark=own.mark, origins=own.origins),
        before=table,
    )
