"""The prefix of each staged row: the mark of its run's load, and the byte offset of its record in the source.

Both have a fixed width, so that they are written at once. Runs that are loaded together share a staging table; the mark
assigns each row to its own run.
"""

from __future__ import annotations

import numpy as np

from chalicelib.domain.raw.swar import Bytes, Ints, as_digits, words_of
from chalicelib.domain.run.ids import MARK_LENGTH
from chalicelib.domain.run.lineage import RowOrigins

DIGITS = 13
"""Enough for any offset in a file of MOST_BYTES."""
MOST_BYTES = 10**DIGITS
"""10 TB; the contract's limits.max_bytes is 1.1 TB by default."""
WIDTH = MARK_LENGTH + 1 + DIGITS + 1
"""With the delimiters."""


def rejected_from(origins: RowOrigins, own: Ints) -> Ints:
    """Return the byte offsets in the rejecting file of the corrected rows that start at the offsets `own`."""
    at = np.asarray(origins.own).searchsorted(own, side="right") - 1
    found: Ints = np.asarray(origins.byte_offsets)[at]
    return found


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
