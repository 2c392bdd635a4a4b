"""Find invalid UTF-8: overlong forms, surrogates, stray or missing continuations, values past U+10FFFF.

Source: Unicode Standard, table 3-7 (well-formed UTF-8 byte sequences). Redshift refuses the same (load error 1220).
"""

from __future__ import annotations

from codecs import utf_8_decode

import numpy as np

from chalicelib.domain.raw.swar import Bytes, Ints, Mask

FEW = 16
"""Number of invalid lines that are found one by one; beyond it, a vectorised pass finds all."""
PIECE_BYTES = 1 << 16
"""Bytes decoded at once. The result is discarded, and its size keeps it in the core's cache."""


def broken(data: memoryview, padded: Bytes) -> Ints:
    """Return offsets of bytes in `data` that are invalid UTF-8, for each line at least the first one.

    `padded` has the same bytes, followed by a line feed and at least two more bytes.
    """
    found: list[int] = []
    begin = 0
    while begin < len(data):
        piece = data[begin : begin + PIECE_BYTES]
        try:  # the common case: the decoder is as strict as the standard, and leaves an incomplete sequence for later
            begin += utf_8_decode(piece, "strict", begin + len(piece) == len(data))[1]
        except UnicodeDecodeError as error:
            if len(found) == FEW:
                return _offsets(padded, len(data))
            found.append(begin + error.start)
            begin = _next_line(padded, found[-1])
    return np.array(found, np.int64)


def _next_line(padded: Bytes, at: int) -> int:
    """Return the index after the first line feed from `at` on. A line feed is never part of a longer sequence."""
    return at + bytes(padded.data[at:]).index(b"\n") + 1


def _offsets(padded: Bytes, size: int) -> Ints:
    """Return the indexes of leads with a wrong sequence, and of continuations that follow no lead."""
    indexes = np.flatnonzero(padded[:size] > 0x7F)
    lead = padded[indexes]
    follows = [np.where(indexes + k < size, padded[indexes + k], 0) for k in (1, 2, 3)]
    needs = _needs(lead)
    continuation = (lead & 0xC0) == 0x80
    sound = (needs > 0) & _second_byte_fits(lead, follows[0])
    for k, byte in enumerate(follows, start=1):
        sound &= (needs < k) | ((byte & 0xC0) == 0x80)
    claimed = np.zeros(len(indexes), np.bool_)
    for k in (1, 2, 3):
        claimed[np.searchsorted(indexes, indexes[sound & (needs >= k)] + k)] = True
    return indexes[np.where(continuation, ~claimed, ~sound)]


def _needs(lead: Bytes) -> Bytes:
    """Return how many continuations each lead byte needs; 0 for bytes that cannot lead."""
    needs = np.zeros(len(lead), np.uint8)
    needs[(lead >= 0xC2) & (lead <= 0xDF)] = 1
    needs[(lead >= 0xE0) & (lead <= 0xEF)] = 2
    needs[(lead >= 0xF0) & (lead <= 0xF4)] = 3
    return needs


def _second_byte_fits(lead: Bytes, second: Bytes) -> Mask:
    """Exclude overlong forms, surrogates and values past U+10FFFF: the second byte shows all of them."""
    wrong = (lead == 0xE0) & (second < 0xA0)
    wrong |= (lead == 0xED) & (second > 0x9F)
    wrong |= (lead == 0xF0) & (second < 0x90)
    wrong |= (lead == 0xF4) & (second > 0x8F)
    fits: Mask = ~wrong
    return fits
