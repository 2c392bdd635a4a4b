"""Finds the first row of a file that has the key of a row before it, in bounded memory, however large the file is."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from decimal import Decimal
from types import TracebackType
from typing import Any, BinaryIO

import numpy as np

from chalicelib.domain.checks.rules import WHOLE
from chalicelib.domain.contract.contract import ColumnType, Contract, DuplicateKeys
from chalicelib.domain.raw.bytesource import ByteSource, Range
from chalicelib.domain.staging.block import Block
from chalicelib.domain.staging.stage import stage_chunk
from chalicelib.domain.staging.validate import Rules

HELD = 1 << 20
"""Rows held at once (16 MB). If there are more, they go to a temporary file as sorted runs, read slice by slice."""
TRIED = 16
"""Pairs whose keys are compared. That two keys have one hash by chance is rare; that 16 pairs do does not happen."""
RECORD_BYTES = 4096
"""First read of a record that is looked at again."""

Rows = np.ndarray[Any, np.dtype[np.uint64]]
"""Two lines of numbers: hashes of keys, and where their rows start."""


class Repeated:
    """Takes the rows of a file in order, if its contract forbids that a key comes twice."""

    def __init__(self, contract: Contract, held: int = HELD) -> None:
        self._asked = contract.duplicate_keys is DuplicateKeys.FAIL
        self._held = held
        self._buffer: list[Rows] = []
        self._buffered = 0
        self._runs: list[tuple[int, int]] = []  # where each run starts in the file, and how many rows it has
        self._file: BinaryIO | None = None

    def __enter__(self) -> Repeated:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file:
            self._file.close()

    def add(self, block: Block) -> None:
        """The rows of a block that was read with the hashes of its keys."""
        if not self._asked or block.key_hashes is None or block.key_offsets is None:
            return
        self._buffer.append(np.stack((block.key_hashes, block.key_offsets.astype(np.uint64))))
        self._buffered += len(block.key_hashes)
        if self._buffered >= self._held:
            self._spill()

    def pairs(self, most: int = TRIED) -> list[tuple[int, int]]:
        """Where a hash comes for the second time, and where it came first; of these the first in the file."""
        best: list[tuple[int, int]] = []
        for hashes, at in self._slices():
            second = np.flatnonzero(_nth(hashes) == 1)
            chosen = second[np.argsort(at[second])[:most]]
            best = sorted([*best, *zip(at[chosen].tolist(), at[chosen - 1].tolist(), strict=True)])[:most]
        return best

    def _spill(self) -> None:
        if not self._buffered:
            return
        self._file = self._file or _spool()
        run = _ordered(self._buffer)
        run = np.ascontiguousarray(run[:, _nth(run[0]) < 2])  # so that a key in every row takes no room
        self._runs.append((self._file.seek(0, 2), run.shape[1]))
        self._file.write(run.data)
        self._file.flush()
        self._buffer, self._buffered = [], 0

    def _slices(self) -> Iterator[Rows]:
        """All rows of one range of hashes, range after range; each is about as many as may be held."""
        if not self._file:
            if self._buffer:
                yield _ordered(self._buffer)
            return
        self._spill()
        runs = [np.memmap(self._file, np.uint64, "r", offset, (2, length)) for offset, length in self._runs]
        ranges = sum(length for _, length in self._runs) // self._held + 1
        bounds = [np.uint64(number * 2**64 // ranges) for number in range(1, ranges)]
        cuts = [[0, *run[0].searchsorted(bounds).tolist(), run.shape[1]] for run in runs]
        for number in range(ranges):
            yield _ordered([run[:, cut[number] : cut[number + 1]] for run, cut in zip(runs, cuts, strict=True)])


def _spool() -> BinaryIO:
    import tempfile  # for files with many rows only

    return tempfile.TemporaryFile()


def first_repeat(source: ByteSource, rules: Rules, contract: Contract, repeated: Repeated) -> int | None:
    """Where the first row starts whose key is that of a row before it, byte for byte or by value. None if none is."""
    for row, before in repeated.pairs():
        if _key(source, rules, contract, row) == _key(source, rules, contract, before):
            return row
    return None


def _key(source: ByteSource, rules: Rules, contract: Contract, offset: int) -> tuple[object, ...]:
    """The key of the good row that starts there."""
    record = Range(start=offset, stop=offset + 1)
    good = b"".join(block.good for block in stage_chunk(source, record, rules, block_bytes=RECORD_BYTES))
    text = io.StringIO(good.decode(), newline="")
    csv.field_size_limit(max(csv.field_size_limit(), contract.limits.max_record_bytes))
    delimiter, quote = contract.dialect.staged_delimiter, contract.dialect.staged_quote
    fields = next(csv.reader(text, delimiter=delimiter, quotechar=quote))
    return tuple(_value(fields[place], kind) for place, kind in rules.key)


def _value(field: str, kind: ColumnType) -> object:
    """As Redshift compares it: whole numbers and decimals by value, texts without blanks at their end."""
    if kind.kind in WHOLE:
        return Decimal(field)
    return field.rstrip(" ") if kind.is_text else field


def _ordered(parts: list[Rows]) -> Rows:
    """Rows by hash; those of one hash stay in the order of the file."""
    rows = np.concatenate(parts, axis=1)
    return rows[:, np.argsort(rows[0], kind="stable")]


def _nth(hashes: Rows) -> np.ndarray[Any, np.dtype[np.int64]]:
    """For each of some sorted hashes how many of the same are before it."""
    places = np.arange(len(hashes))
    starts = np.flatnonzero(np.append(True, hashes[1:] != hashes[:-1])) if len(hashes) else places
    return places - np.repeat(starts, np.diff(np.append(starts, len(hashes))))
