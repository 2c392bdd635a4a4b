"""Finds the first row of a file that has the key of a row before it, in bounded memory, however large the file is."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import numpy as np

from chalicelib.domain.contract.column import EXACT, ColumnType
from chalicelib.domain.contract.contract import Contract, DuplicateKeys
from chalicelib.domain.raw.bytesource import ByteSource, Range
from chalicelib.domain.staging.block import Block
from chalicelib.domain.staging.stage import stage_chunk
from chalicelib.domain.staging.validate import Rules
from landfall.sorted_rows import HELD, SortedRows, among_first

TRIED = 16
"""Number of pairs whose keys are compared. Two keys rarely share a hash by chance; 16 such pairs do not occur."""
RECORD_BYTES = 4096
"""Size of the first read of a record that is checked again."""


class Repeated:
    """Takes the rows of a file in order, if its contract forbids repeated keys."""

    def __init__(self, contract: Contract, held: int = HELD) -> None:
        self._needed = contract.duplicate_keys is DuplicateKeys.FAIL
        self._rows = SortedRows(lines=2, alike=2, held=held)

    def __enter__(self) -> Repeated:
        return self

    def __exit__(self, *raised: object) -> None:
        self._rows.close()

    def add(self, block: Block) -> None:
        """Add the rows of a block that was read with the hashes of its keys."""
        if self._needed and block.key_hashes is not None and block.key_offsets is not None:
            self._rows.add(block.key_hashes, block.key_offsets.astype(np.uint64))

    def pairs(self, most: int = TRIED) -> list[tuple[int, int]]:
        """Return the offsets of a hash's second and first row, for the first such pairs in the file."""
        best: list[tuple[int, int]] = []
        for hashes, at in self._rows.slices():
            second = np.flatnonzero(among_first(hashes, 2) & ~among_first(hashes, 1))
            chosen = second[np.argsort(at[second])[:most]]
            best = sorted([*best, *zip(at[chosen].tolist(), at[chosen - 1].tolist(), strict=True)])[:most]
        return best


def first_repeat(source: ByteSource, rules: Rules, contract: Contract, repeated: Repeated) -> int | None:
    """Return the offset of the first row with the key of an earlier row, compared as Redshift does; else None."""
    for row, before in repeated.pairs():
        if _key(source, rules, contract, row) == _key(source, rules, contract, before):
            return row
    return None


def _key(source: ByteSource, rules: Rules, contract: Contract, offset: int) -> tuple[object, ...]:
    """Return the key of the good row that starts there."""
    record = Range(start=offset, stop=offset + 1)
    good = b"".join(block.good for block in stage_chunk(source, record, rules, block_bytes=RECORD_BYTES))
    text = io.StringIO(good.decode(), newline="")
    csv.field_size_limit(max(csv.field_size_limit(), contract.limits.max_record_bytes))
    delimiter, quote = contract.dialect.staged_delimiter, contract.dialect.staged_quote
    fields = next(csv.reader(text, delimiter=delimiter, quotechar=quote))
    return tuple(_value(fields[place], kind) for place, kind in rules.staged.key)


def _value(field: str, kind: ColumnType) -> object:
    """Convert a field as Redshift compares it: whole numbers and decimals by value, texts without trailing blanks."""
    if kind.kind in EXACT:
        return Decimal(field)
    return field.rstrip(" ") if kind.is_text else field
