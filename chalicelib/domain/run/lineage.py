"""The prefix of each staged row: the mark of its run's load, and the byte offset of its record in the source.

Both have a fixed width, so that they are written at once. Runs that are loaded together share a staging table; the mark
assigns each row to its own run.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from chalicelib.domain.raw.swar import Bytes, Ints, as_digits, words_of
from chalicelib.domain.run.model import MARK_LENGTH
from chalicelib.domain.run.rejects import Reject

DIGITS = 13
"""Enough for any offset in a file of MOST_BYTES."""
MOST_BYTES = 10**DIGITS
"""10 TB; the contract's limits.max_bytes is 1.1 TB by default."""
WIDTH = MARK_LENGTH + 1 + DIGITS + 1
"""With the delimiters."""


@dataclass(frozen=True, kw_only=True)
class RowOrigin:
    """The start of a corrected row: in the file that is read, and in the file that rejected it."""

    own: int
    byte_offset: int
    line: int
    """Physical, from 1."""


class RowOrigins:
    """The origins of all rows of a file of corrected rows, in its order."""

    def __init__(self, origins: Iterable[RowOrigin]) -> None:
        found = list(origins)
        self.own = np.array([origin.own for origin in found], np.int64)
        self.byte_offsets = np.array([origin.byte_offset for origin in found], np.int64)
        self.lines = np.array([origin.line for origin in found], np.int64)

    def rejected_from(self, own: Ints) -> Ints:
        """Return the byte offsets in the rejecting file of the rows that start at the offsets `own`."""
        found: Ints = self.byte_offsets[self.own.searchsorted(own, side="right") - 1]
        return found

    def moved(self, reject: Reject) -> Reject:
        """Return a row that is still bad as a reject of the file that first rejected it."""
        at = int(self.own.searchsorted(reject.byte_offset, side="right")) - 1
        return replace(reject, line=int(self.lines[at]), byte_offset=int(self.byte_offsets[at]))

    def to_json(self) -> bytes:
        return json.dumps([self.own.tolist(), self.byte_offsets.tolist(), self.lines.tolist()]).encode()

    @classmethod
    def from_json(cls, text: bytes) -> RowOrigins:
        columns = zip(*json.loads(text), strict=True)
        return cls(RowOrigin(own=own, byte_offset=offset, line=line) for own, offset, line in columns)


def prefixed(rows: Bytes, lengths: Ints, offsets: Ints, delimiter: int, mark: bytes) -> Bytes:
    """Return adjacent rows of the given lengths, each with the mark, its offset and delimiters before it."""
    if not len(lengths):
        return rows
    out = np.empty(len(rows) + WIDTH * len(lengths), np.uint8)
    starts = np.cumsum(lengths + WIDTH) - (lengths + WIDTH)
    keep = np.ones(len(out), np.bool_)
    # Three words cover a prefix: the mark; a delimiter and digits 1-7; digits 7-13 and a delimiter.
    gaps, words = words_of(keep.data), words_of(out.data)
    gaps[starts] = gaps[starts + 8] = gaps[starts + 15] = 0
    out[keep] = rows
    positions = offsets.astype(np.uint64)
    words[starts] = np.frombuffer(mark, np.uint64)[0]
    head = as_digits(positions // np.uint64(10**6))
    words[starts + 8] = (head & ~np.uint64(0xFF)) | np.uint64(delimiter)
    tail = as_digits(positions % np.uint64(10**7) * np.uint64(10))
    words[starts + 15] = (tail & np.uint64((1 << 56) - 1)) | np.uint64(delimiter << 56)
    return out
