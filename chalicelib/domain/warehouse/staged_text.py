"""The text of staged rows, as COPY reads it from CSV: its fields, and what each of them means."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator

from chalicelib.domain.contract.column import ColumnType
from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract.dialect import Dialect


def fields_of(contract: Contract, lines: Iterable[str]) -> Iterator[list[str]]:
    """Yield the fields of each row. `lines` keep their line ends. Raises csv.Error."""
    dialect = contract.dialect
    csv.field_size_limit(max(csv.field_size_limit(), contract.limits.max_record_bytes))
    yield from csv.reader(lines, delimiter=dialect.staged_delimiter, quotechar=dialect.staged_quote, strict=True)


def value_of(column: ColumnType, text: str, dialect: Dialect) -> str | None:
    """Return the value of a field; None is NULL. An empty field is a text only where the dialect has empty texts."""
    if text == dialect.staged_null or (not text and not column.is_text):
        return None
    return text
