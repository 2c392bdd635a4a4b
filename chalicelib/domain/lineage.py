"""Before each staged row, the byte offset of its record in the source: fixed width, so that it is put there at once."""

from __future__ import annotations

import numpy as np

from chalicelib.domain.swar import Bytes, Ints, as_digits

DIGITS = 13
"""Wide enough for 10^13 - 1 bytes, twice the largest S3 object there was when this was written."""
WIDTH = DIGITS + 1
"""With the delimiter."""


def prefixed(rows: Bytes, lengths: Ints, offsets: Ints, delimiter: int) -> Bytes:
    """Rows of the given lengths that stand end to end, each with its offset and a delimiter before it."""
    if not len(lengths):
        return rows
    out = np.empty(len(rows) + WIDTH * len(lengths), np.uint8)
    starts = np.cumsum(lengths + WIDTH) - (lengths + WIDTH)
    keep = np.ones(len(out), np.bool_)
    for place in range(WIDTH):
        keep[starts + place] = False
    out[keep] = rows
    # Two words cover the prefix: digits 1-8, then digits 7-13 and the delimiter.
    words = np.ndarray((len(out) - 7,), dtype="<u8", buffer=out.data, strides=(1,))
    positions = offsets.astype(np.uint64)
    words[starts] = as_digits(positions // np.uint64(10**5))
    tail = as_digits(positions % np.uint64(10**7) * np.uint64(10))
    words[starts + 6] = (tail & np.uint64((1 << 56) - 1)) | np.uint64(delimiter << 56)
    return out
