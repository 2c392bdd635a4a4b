"""Leave out the padding of many fields at once, eight bytes at a time, however long it is."""

from __future__ import annotations

import numpy as np

from chalicelib.domain.raw.swar import EIGHT, U64, Fields, Ints, Words, every


def without_padding_behind(fields: Fields, byte: int) -> Fields:
    """Return the fields without this byte at their ends."""
    if not ((fields.data[np.maximum(fields.stop - 1, 0)] == byte) & (fields.length > 0)).any():
        return fields
    padding = np.minimum(_at_end(fields, fields.stop, byte), fields.length)
    length = fields.length - padding
    rows = np.flatnonzero((padding == EIGHT) & (length > 0))
    while len(rows):
        padding = _at_end(fields, fields.start[rows] + length[rows], byte)
        length[rows] -= np.minimum(padding, length[rows])
        rows = rows[(padding == EIGHT) & (length[rows] > 0)]
    return fields.part(fields.start, length)


def without_padding_in_front(fields: Fields, byte: int) -> Fields:
    """Return the fields without this byte at their beginnings."""
    if not ((fields.data[fields.start] == byte) & (fields.length > 0)).any():
        return fields
    stop, filler = fields.stop, every(byte)
    padding = np.minimum(_first_others(fields.words[fields.start] ^ filler), fields.length)
    start = fields.start + padding
    rows = np.flatnonzero((padding == EIGHT) & (start < stop))
    while len(rows):
        padding = _first_others(fields.words[start[rows]] ^ filler)
        start[rows] += np.minimum(padding, stop[rows] - start[rows])
        rows = rows[(padding == EIGHT) & (start[rows] < stop[rows])]
    return fields.part(start, stop - start)


def _at_end(fields: Fields, stop: Ints, byte: int) -> Ints:
    """Return how many of the eight bytes before each index are this byte, from the last one on."""
    found = fields.words[np.maximum(stop - EIGHT, 0)]
    early = np.flatnonzero(stop < EIGHT)  # the word of one of the buffer's first fields begins before the buffer
    found[early] <<= (8 * (EIGHT - stop[early])).astype(np.uint64)
    return _first_others((found ^ every(byte)).byteswap())


def _first_others(words: Words) -> Ints:
    """Return the index of each word's first byte that is not zero; 8 if it has none."""
    below = (words & (~words + U64(1))) - U64(1)  # ones below the lowest bit that is set
    return np.bitwise_count(below).astype(np.int64) >> 3
