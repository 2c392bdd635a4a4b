"""Rows of one file that repeat the key of an earlier row, if the contract refuses such a file.

The warehouse decides whether two keys are equal. It compares all rows of a file at once, so its result does not depend
on the cuts. This module reads the error that it raises, and writes a message for the sender.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from chalicelib.domain.contract.contract import Contract, FileFormat
from chalicelib.domain.raw.bytesource import ByteSource

DUPLICATE_KEYS = "DUPLICATE_KEYS"
STEP_BYTES = 1 << 20
"""Read at once to count lines."""

ROWS_ARE_LINES = (FileFormat.PARQUET, FileFormat.XLSX)
"""Formats whose text has a line for each row: line feeds within quotes do not count."""

_RAISED = re.compile(
    rf"{DUPLICATE_KEYS}: ([0-9]+) rows repeat a key, the first at byte ([0-9]+); the key is ([a-z0-9_,]+)"
)


@dataclass(frozen=True, kw_only=True)
class RepeatedKeys:
    """What the warehouse found: the rows of a file that repeat a key. Has no row value."""

    rows: int
    """Rows that have the key of a row before them."""
    first: int
    """Byte offset of the first of them, in the file or in its text."""
    key: tuple[str, ...]
    """The key's columns."""

    def raised(self) -> str:
        """As etl.count_rows_v1 raises it."""
        key = ",".join(self.key)
        return f"{DUPLICATE_KEYS}: {self.rows} rows repeat a key, the first at byte {self.first}; the key is {key}"

    @classmethod
    def read(cls, error: str) -> RepeatedKeys | None:
        """Read a statement's error; None if it is another error."""
        found = _RAISED.search(error)
        return cls(rows=int(found[1]), first=int(found[2]), key=tuple(found[3].split(","))) if found else None

    def message(self, line: int | None) -> str:
        """Return the message for the sender; `line` is that of the first repeat, from 1, if it was found."""
        rows = f"{self.rows:,} rows have" if self.rows > 1 else "1 row has"
        where = f"is in line {line}" if line else f"starts at byte {self.first}"
        return f"{rows} the same key ({', '.join(self.key)}) as an earlier row; the first of them {where}"

    @property
    def column(self) -> str:
        """The column at fault, if it is one."""
        return self.key[0] if len(self.key) == 1 else ""


def line_of(source: ByteSource, contract: Contract, start: int, lines_before: int, offset: int) -> int:
    """Return the line, from 1, of byte `offset`: `lines_before` lines end before byte `start`.

    Read all bytes between the two, a step at a time. Raises the errors of the source.
    """
    if contract.dialect.record_length:
        return lines_before + (offset - start) // contract.dialect.record_length + 1
    lines, quoted = lines_before, False
    for at in range(start, offset, STEP_BYTES):
        data = source.read(at, min(STEP_BYTES, offset - at))
        if contract.format in ROWS_ARE_LINES:
            parts = data.split(b'"')
            lines += sum(part.count(b"\n") for part in parts[quoted::2])
            quoted ^= len(parts) % 2 == 0
        else:
            lines += data.count(contract.dialect.line_end)
    return lines + 1
