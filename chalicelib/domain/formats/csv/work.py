"""A budget of work for reading a file: the number of bytes examined, in proportion to its size.

The count is deterministic: the same bytes and the same contract give the same number, on any machine. The readers are
linear (records.py, block_reader.py), so no file should reach the budget. It is the safety net below that proof: a file
that would block a worker is refused, and the worker continues with the next file.
"""

from __future__ import annotations

from chalicelib.errors import Rejected

LOOKS_A_BYTE = 64
"""How often each byte of a chunk may be examined, on average."""
LOOKS_A_RECORD = 64
"""... and how often the longest record, which is read beyond the chunk's end, and again with each block."""
FREE_LOOKS = 1 << 20
"""Bytes that every file may use: enough for a short file."""


class Work:
    """Counts the examined bytes. Without `allowed` there is no limit."""

    def __init__(self, allowed: int | None = None) -> None:
        self.allowed, self.looked, self.offset = allowed, 0, 0

    @classmethod
    def of_chunk(cls, size: int, longest: int) -> Work:
        """Return the budget of a chunk of `size` bytes whose records have at most `longest` bytes."""
        return cls(FREE_LOOKS + LOOKS_A_BYTE * size + LOOKS_A_RECORD * longest)

    def spend(self, looked: int) -> None:
        """Count bytes. Raises Rejected beyond the budget, with the offset of the current block."""
        self.looked += looked
        if self.allowed is not None and self.looked > self.allowed:
            message = (
                f"reading the records from byte {self.offset} on takes too much work: its quotes, escapes "
                f"or line ends do not fit the contract's dialect; fix the file there, or the dialect"
            )
            raise Rejected(message, code="TOO_MUCH_WORK", byte_offset=self.offset)
