"""Before each staged row, the byte offset of its record in the source: fixed width, so that it is put there at once."""

from __future__ import annotations

import numpy as np

from chalicelib.domain.swar import Bytes, Ints, as_digits, words_of

DIGITS = 13
"""Enough for any offset in a file of MOST_BYTES."""
MOST_BYTES = 10**DIGITS
"""10 TB; the contract's limits.max_bytes is 1.1 TB unless it says otherwise."""
WIDTH = DIGITS + 1
"""With the delimiter."""


def prefixed(rows: Bytes, lengths: Ints, offsets: Ints, delimiter: int) -> Bytes:
    """Rows of the given lengths that stand end to end, each with its offset and a delimiter before it."""
    if not len(lengths):
        return rows
    out = np.empty(len(rows) + WIDTH * len(lengths), np.uint8)
    starts = np.cumsum(lengths + WIDTH) - (lengths + WIDTH)
    keep = np.ones(len(out), np.bool_)
    # Two words cover a prefix: digits 1-8, then digits 7-13 and the delimiter.
    gaps, words = words_of(keep.data), words_of(out.data)
    gaps[starts] = gaps[starts + 6] = 0
    out[keep] = rows
    positions = offsets.astype(np.uint64)
    words[starts] = as_digits(positions // np.uint64(10**5))
    tail = as_digits(positions % np.uint64(10**7) * np.uint64(10))
    words[starts + 6] = (tail & np.uint64((1 << 56) - 1)) | np.uint64(delimiter << 56)
    return out
