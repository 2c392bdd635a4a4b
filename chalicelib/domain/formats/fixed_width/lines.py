"""Where the records of a block begin and end: at line ends, or after a fixed number of bytes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chalicelib.domain.contract.contract import Limits
from chalicelib.domain.contract.dialect import Dialect
from chalicelib.domain.formats.csv.grammar import CR, LF, Malformation, Malformed
from chalicelib.domain.raw.swar import Bytes, Ints


@dataclass(frozen=True, kw_only=True)
class Lines:
    """The records that tile bytes [0, consumed) of a block."""

    starts: Ints
    ends: Ints
    """Index after each record, before its line end."""
    stops: Ints
    """Index after each line end."""
    line_ends: Ints
    """Index of the last byte of every line end of the block; of a record, if records have no line ends."""
    consumed: int
    long: Ints
    """The rows that are longer than a record may be."""
    unended: Malformed | None = None
    """The fault of the line at `consumed`, whose end is not in the block."""


class LineFinder:
    """Finds the records of one file's blocks."""

    def __init__(self, dialect: Dialect, limits: Limits) -> None:
        self.newline, self.length, self.longest = dialect.line_end[0], dialect.record_length, limits.max_record_bytes

    def find(self, block: Bytes, size: int, *, at_end: bool) -> Lines:
        """Find the records in the first `size` bytes of a padded block."""
        if self.length:
            return self._records(block, size, at_end=at_end)
        at = np.flatnonzero(block[:size] == self.newline)
        stops, ends, left = at + 1, at, size - (int(at[-1]) + 1 if len(at) else 0)
        unended = None
        if left and at_end:
            stops, ends = np.append(stops, size), np.append(ends, size)
        elif left > self.longest + 1:
            unended = Malformed(why=Malformation.TOO_LONG, at=size - left)
        starts = np.append(0, stops)[: len(stops)]
        return Lines(
            starts=starts,
            ends=self._without_returns(block, starts, ends),
            stops=stops,
            line_ends=at,
            consumed=int(stops[-1]) if len(stops) else 0,
            long=np.flatnonzero(ends - starts > self.longest),
            unended=unended,
        )

    def _without_returns(self, block: Bytes, starts: Ints, ends: Ints) -> Ints:
        if self.newline != LF:
            return ends
        found: Ints = ends - ((block[np.maximum(ends - 1, 0)] == CR) & (ends > starts))
        return found

    def _records(self, block: Bytes, size: int, *, at_end: bool) -> Lines:
        """Return records without line ends. Line ends alone at the end of the file are no record."""
        whole = size // self.length
        stops = np.arange(1, whole + 1) * self.length
        ends, left = stops, size - whole * self.length
        if left and at_end:
            rest = bytes(block[size - left : size]).rstrip(b"\r\n")
            stops, ends = np.append(stops, size), np.append(ends, size - left + len(rest))
        starts = np.append(0, stops)[: len(stops)]
        consumed = int(stops[-1]) if len(stops) else 0
        none = np.empty(0, np.int64)
        return Lines(starts=starts, ends=ends, stops=stops, line_ends=stops - 1, consumed=consumed, long=none)
