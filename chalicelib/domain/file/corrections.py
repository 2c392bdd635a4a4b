"""Bad rows for the operator as values by column, and corrected rows as a plain CSV file.

The operator sees a row's values as the file wrote them, without quotes and escapes. NULL is shown empty, or as a null
word if an empty field is a text. In a corrected row each null word means NULL, in quotes or not. Guarantees that the
same corrected rows give the same file, byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.domain.contract.contract import IGNORED, RESCUED, Contract, FileFormat, Limits
from chalicelib.domain.contract.dialect import (
    NULL_WORD,
    Compression,
    Dialect,
    Empty,
    Escape,
    Newline,
    RepeatedHeader,
    ShortRows,
)
from chalicelib.domain.contract.layout import staged_column
from chalicelib.domain.file.file_plan import FilePlan
from chalicelib.domain.formats.csv.block_reader import BlockReader
from chalicelib.domain.formats.csv.record_reader import Found, RecordReader
from chalicelib.domain.formats.json.objects import ObjectReader
from chalicelib.domain.run.lineage import RowOrigin
from chalicelib.domain.run.rejects import KEPT_BYTES, MASK, NO_TEXT

BROKEN = re.compile(r"\\x[89a-f][0-9a-f]")
"""The escape of a byte that is not UTF-8."""


@dataclass(frozen=True, kw_only=True)
class CorrectedRow:
    """A corrected row."""

    byte_offset: int
    """Its start in the file that rejected it."""
    line: int
    """Its physical line in that file, from 1."""
    values: tuple[str, ...]
    """In the order of `columns_of`."""


def as_corrected(contract: Contract) -> Contract:
    """Return the contract for a file of corrected rows: plain CSV, and any share of bad rows is allowed."""
    rows = not contract.dialect.header or contract.dialect.repeated_header is RepeatedHeader.ROW
    dialect = Dialect(
        empty=contract.dialect.empty,
        null=(contract.dialect.staged_null,),
        compression=Compression.NONE,
        sep_line=False,
        repeated_header=RepeatedHeader.ROW if rows else RepeatedHeader.REJECT,
    )
    limits = replace(contract.limits, min_rows=0, max_reject_ratio=1.0, max_bytes=Limits.max_bytes)
    return replace(contract, format=FileFormat.CSV, dialect=dialect, control_totals=None, limits=limits, lineage=True)


def columns_of(contract: Contract, file_plan: FilePlan | None) -> tuple[str, ...]:
    """Return the columns of a corrected row: the file's merged columns in its order, then the rescued ones.

    Without the file's plan, return all columns of the contract's files.
    """
    if file_plan is None:
        return tuple(column.name for column in contract.as_read.columns if column.name != RESCUED)
    merged = (name for name in file_plan.columns if name != RESCUED and not name.startswith(IGNORED))
    return (*merged, *(name for _, name in file_plan.rescued))


class Splitter:
    """A reader of the records of one file's rejects."""

    def __init__(self, contract: Contract, file_plan: FilePlan) -> None:
        from chalicelib.domain.formats.csv.bare_texts import bare_form  # numpy: only readers of rejects need it

        contract = contract.as_read
        self._columns = columns_of(contract, file_plan)
        self._file_columns = [name for name in file_plan.columns if name != RESCUED]
        self._rescued = dict(file_plan.rescued)
        self._hidden = any(staged_column(contract, name).pii for name in self._file_columns)
        own, layout = not file_plan.corrected and not self._hidden, file_plan.layout(contract)
        self._fixed = None
        if contract.format is FileFormat.FIXED_WIDTH and own:
            from chalicelib.domain.formats.fixed_width.fixed_width_format import fixed_width_reader

            self._fixed = fixed_width_reader(contract, layout)
        dialect = as_corrected(contract).dialect if file_plan.corrected or self._fixed else contract.dialect
        if self._hidden:  # a record is masked in the form in which it is staged
            dialect = Dialect(delimiter=dialect.staged_delimiter, quote=dialect.staged_quote, null=(NULL_WORD,))
        self._reader = RecordReader(dialect, contract.limits)
        self._bare = bare_form(dialect, layout)
        self._fills = dialect.short_rows is ShortRows.FILL
        self._escaped = dialect.escape is Escape.BACKSLASH or self._fixed is not None
        self._line_end = b"\r" if dialect.newline is Newline.CR else b"\r\n"  # \n would take a \r of the record with it
        self._null = null_shown(contract)
        self._objects = None
        if contract.format is FileFormat.JSON and own:
            self._objects = ObjectReader(layout.columns, contract.extra_columns, of_sheet=contract.of_sheet)

    def values(self, record: str) -> tuple[str, ...] | None:
        """Return a record's values, in the order of `columns_of`; None if it is malformed or was shortened."""
        data = record.encode()
        if len(data) >= KEPT_BYTES or (self._hidden and (self._rescued or data == MASK)):
            return None
        found = self._objects.values(data) if self._objects else self._of_line(data)
        if found is None:
            return None
        fields = [self._null if value is None else value.decode() for value in found]
        width = len(self._file_columns) + len(self._rescued)
        if self._fills:
            fields += [self._null] * (width - len(fields))
        if len(fields) != width:
            return None
        known = iter(self._file_columns)
        named = {self._rescued.get(index) or next(known): field for index, field in enumerate(fields)}
        return tuple(named[name] for name in self._columns)

    def _of_line(self, data: bytes) -> list[bytes | None] | None:
        """Return the values of a record of text; None if it is malformed."""
        if self._escaped and BROKEN.search(data.decode()):  # is the backslash Landfall's or the file's?
            return None
        if self._fixed:
            row = self._fixed.as_csv(data)
            if row is None:
                return None
            data = row
        line = (self._bare.enclosed(data) if self._bare else data) + self._line_end
        found = BlockReader(self._reader, line, len(line), at_end=True).record(0)
        return found.values if isinstance(found, Found) and found.stop == len(line) - 1 else None


def null_shown(contract: Contract) -> str:
    """Return the text that shows NULL to the operator."""
    words = contract.dialect.null
    return "" if contract.dialect.empty is Empty.NULL or "" in words or not words else words[0]


def corrected_file(
    contract: Contract, columns: Sequence[str], rows: Iterable[CorrectedRow]
) -> tuple[bytes, list[RowOrigin]]:
    """Write rows as a file for `as_corrected(contract)`; return it and the origin of each of its rows.

    Raises UnicodeEncodeError for half a character.
    """
    reader = RecordReader(as_corrected(contract).dialect, contract.limits)
    body = bytearray(reader.written(name.encode() for name in columns) + b"\n")
    origins = []
    for row in rows:
        origins.append(RowOrigin(own=len(body), byte_offset=row.byte_offset, line=row.line))
        body += reader.written(_as_written(contract, value) for value in row.values) + b"\n"
    return bytes(body), origins


def too_long(contract: Contract, origins: Sequence[RowOrigin], size: int) -> RowOrigin | None:
    """Return the first row of a file of corrected rows that is longer than a record may be; None if all fit."""
    ends = [*(origin.own for origin in origins[1:]), size]
    longest = contract.limits.max_record_bytes
    return next((o for o, end in zip(origins, ends, strict=True) if end - 1 - o.own > longest), None)


def still_masked(contract: Contract, values: Mapping[str, str]) -> str:
    """Return the first column whose value is still the mask of rejects; empty if there is none."""
    hidden = {column.name for column in contract.as_read.columns if column.pii}
    return next((name for name, value in values.items() if name in hidden and value == MASK.decode()), "")


def still_broken(reject: Mapping[str, Any], values: Iterable[str]) -> bool:
    """Return whether a row that was not UTF-8 still has the escapes of its bytes."""
    shown = set(BROKEN.findall(reject["record"])) if NO_TEXT in reject["reason"] else ()
    return any(escape in value for value in values for escape in shown)


def _as_written(contract: Contract, value: str) -> bytes:
    """Return a value as bytes, or the text for NULL."""
    null = contract.dialect.staged_null
    return null.encode() if value in (*contract.dialect.null, null) else value.encode()
