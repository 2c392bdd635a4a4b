"""Before each staged row, whose it is and where it came from: the mark of its run's load, and the byte offset of its
record in the source. Fixed width, so that both are put there at once.

Runs that are loaded together share a staging table; by the mark each row is booked to its own run.
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
"""10 TB; the contract's limits.max_bytes is 1.1 TB unless it says otherwise."""
WIDTH = MARK_LENGTH + 1 + DIGITS + 1
"""With the delimiters."""


@dataclass(frozen=True, kw_only=True)
class RowOrigin:
    """Where a corrected row starts: in the file that is read, and in the file that it was rejected from."""

    own: int
    byte_offset: int
    line: int
    """Physical, from 1."""


class RowOrigins:
    """Those of all rows of a file of corrected rows, in its order."""

    def __init__(self, places: Iterable[RowOrigin]) -> None:
        found = list(places)
        self.own = np.array([place.own for place in found], np.int64)
        self.byte_offsets = np.array([place.byte_offset for place in found], np.int64)
        self.lines = np.array([place.line for place in found], np.int64)

    def rejected_from(self, own: Ints) -> Ints:
        """Where the rows that start there start in the file they were rejected from."""
        found: Ints = self.byte_offsets[self.own.searchsorted(own, side="right") - 1]
        return found

    def moved(self, reject: Reject) -> Reject:
        """A row that is still bad, as the reject of that file which it still is."""
        at = int(self.own.searchsorted(reject.byte_offset, side="right")) - 1
        return replace(reject, line=int(self.lines[at]), byte_offset=int(self.byte_offsets[at]))

    def to_json(self) -> bytes:
        return json.dumps([self.own.tolist(), self.byte_offsets.tolist(), self.lines.tolist()]).encode()

    @classmethod
    def from_json(cls, text: bytes) -> RowOrigins:
        columns = zip(*json.loads(text), strict=True)
        return cls(RowOrigin(own=own, byte_offset=offset, line=line) for own, offset, line in columns)


def prefixed(rows: Bytes, lengths: Ints, offsets: Ints, delimiter: int, mark: bytes) -> Bytes:
    """Rows of the given lengths that stand end to end, each with the mark, its offset and delimiters before it."""
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
