"""Staged rows as COPY reads them with FORMAT JSON 'auto': one object a line, made from rows as they are staged for CSV.

A NULL is left out. A document stands as it is; every other value is a JSON string, because COPY may read a number of
JSON through a double. Mark and offset come first and have a fixed width.
Source: AWS, "COPY from JSON format" and "Data format parameters", Amazon Redshift Database Developer Guide.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.domain.contract.column import Column, TypeName
from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.run.ids import MARK_LENGTH
from chalicelib.domain.warehouse.ddl import MARK, OFFSET
from chalicelib.domain.warehouse.staged_text import fields_of, value_of
from chalicelib.errors import Rejected

LONGEST = 4 << 20
"""Bytes of an object that COPY reads. A pipe counts twice."""
LOOKS_NULL = "\\N"
"""The text that COPY takes for NULL by default. NULL AS, which changes that, is not allowed with JSON."""
LEAD = f'{{"{MARK}":"'
BETWEEN = f'","{OFFSET}":"'


@dataclass(frozen=True, kw_only=True)
class JsonRows:
    """The rows of one file."""

    contract: Contract
    columns: tuple[str, ...]
    """The staged columns, in the file's order; those that are no columns of the contract are left out."""

    def encoded(self, rows: bytes | memoryview) -> bytes:
        """Return the rows, which are staged as CSV, as JSON. Raises Rejected if COPY could not read one as it is."""
        text = io.StringIO(bytes(rows).decode(), newline="")
        by_name = {column.name: column for column in self.contract.columns}
        columns = [by_name.get(name) for name in self.columns]
        return b"".join(self._line(columns, fields) for fields in fields_of(self.contract, text))

    def _line(self, columns: Sequence[Column | None], fields: Sequence[str]) -> bytes:
        parts, offset = list[str](), None
        if self.contract.lineage:
            mark, offset, *fields = fields
            parts.append(f'{LEAD[1:]}{mark}{BETWEEN}{offset}"')
        for column, text in zip(columns, fields, strict=True):
            if column and (value := self._json(column, text, offset)) is not None:
                parts.append(f'"{column.name}":{value}')
        line = f"{{{','.join(parts)}}}\n".encode()
        if len(line) + line.count(b"|") > LONGEST:
            fix = "lower limits.max_record_bytes, so that such rows are rejects"
            raise _rejected(f"a row has over {LONGEST:,} bytes as JSON, which COPY does not read; {fix}", "", offset)
        return line

    def _json(self, column: Column, text: str, offset: str | None) -> str | None:
        """Return a field as JSON; None for NULL."""
        value = value_of(column.type, text, self.contract.dialect)
        if value is not None and column.type.kind is TypeName.SUPER:
            document = value.replace("\r", " ").replace("\n", " ")  # between values: in texts they are escaped
            return None if document.strip() == "null" else document
        if value == LOOKS_NULL:
            why = f'has the text {LOOKS_NULL}, which COPY may take for NULL in JSON; write stage_as = "csv"'
            raise _rejected(f"{column.name} {why}", column.name, offset)
        return None if value is None else json.dumps(value, ensure_ascii=False)


def mark_of(row: bytes) -> bytes:
    """Return the mark of a staged row, of either form."""
    start = len(LEAD) if _is_json(row) else 0
    return row[start : start + MARK_LENGTH]


def offset_of(row: bytes) -> int:
    """Return the byte offset that a staged row, of either form, has after its mark."""
    if _is_json(row):
        return int(row[len(LEAD) + MARK_LENGTH + len(BETWEEN) :].partition(b'"')[0])
    return int(row[MARK_LENGTH + 1 :].partition(row[MARK_LENGTH : MARK_LENGTH + 1])[0])


def _is_json(row: bytes) -> bool:
    return row.startswith(b"{")  # a mark has hexadecimal digits


def _rejected(message: str, column: str, offset: str | None) -> Rejected:
    return Rejected(message, code="NOT_AS_JSON", column=column, byte_offset=None if offset is None else int(offset))
