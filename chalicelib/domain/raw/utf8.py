"""Where bytes are not UTF-8: overlong forms, surrogates, stray or missing continuations, values past U+10FFFF.

Source: Unicode Standard, table 3-7 (well-formed UTF-8 byte sequences). Redshift refuses the same (load error 1220).
"""

from __future__ import annotations

from codecs import utf_8_decode

import numpy as np

from chalicelib.domain.raw.swar import Bytes, Ints, Mask

FEW = 16
"""Broken lines that are looked for one by one."""
PIECE_BYTES = 1 << 16
"""Decoded at once: what comes of it is thrown away, and so never leaves the core's cache."""


def broken(data: memoryview, padded: Bytes) -> Ints:
    """Offsets of bytes in `data` that break UTF-8, of each line at least the first that does.

    `padded` is the same bytes with at least a line feed and two more.
    """
    found: list[int] = []
    begin = 0
    while begin < len(data):
        piece = data[begin : begin + PIECE_BYTES]
        try:  # the common case; Python's decoder is as strict as the standard, and leaves a cut sequence for later
            begin += utf_8_decode(piece, "strict", begin + len(piece) == len(data))[1]
        except UnicodeDecodeError as error:
            if len(found) == FEW:
                return _offsets(padded, len(data))
            found.append(begin + error.start)
            begin = _next_line(padded, found[-1])
    return np.array(found, np.int64)


def _next_line(padded: Bytes, at: int) -> int:
    """The index behind the first line feed from `at` on. A line feed is part of no longer sequence."""
    return at + bytes(padded.data[at:]).index(b"\n") + 1


def _offsets(padded: Bytes, size: int) -> Ints:
    """The leads whose sequence is wrong and the continuations no lead has asked for."""
    places = np.flatnonzero(padded[:size] > 0x7F)
    lead = padded[places]
    follows = [np.where(places + k < size, padded[places + k], 0) for k in (1, 2, 3)]
    needs = _needs(lead)
    continuation = (lead & 0xC0) == 0x80
    sound = (needs > 0) & _second_byte_fits(lead, follows[0])
    for k, byte in enumerate(follows, start=1):
        sound &= (needs < k) | ((byte & 0xC0) == 0x80)
    claimed = np.zeros(len(places), np.bool_)
    for k in (1, 2, 3):
        claimed[np.searchsorted(places, places[sound & (needs >= k)] + k)] = True
    return places[np.where(continuation, ~claimed, ~sound)]


def _needs(lead: Bytes) -> Bytes:
    """How many continuations a lead byte asks for; 0 for bytes that cannot lead."""
    needs = np.zeros(len(lead), np.uint8)
    needs[(lead >= 0xC2) & (lead <= 0xDF)] = 1
    needs[(lead >= 0xE0) & (lead <= 0xEF)] = 2
    needs[(lead >= 0xF0) & (lead <= 0xF4)] = 3
    return needs


def _second_byte_fits(lead: Bytes, second: Bytes) -> Mask:
    """Rules out overlong forms, surrogates and values past U+10FFFF, which all show in the second byte."""
    wrong = (lead == 0xE0) & (second < 0xA0)
    wrong |= (lead == 0xED) & (second > 0x9F)
    wrong |= (lead == 0xF0) & (second < 0x90)
    wrong |= (lead == 0xF4) & (second > 0x8F)
    fits: Mask = ~wrong
    return fits
