"""Leave out the padding of many fields at once, eight bytes at a time, however long it is."""

from __future__ import annotations

import numpy as np

from chalicelib.domain.raw.swar import EIGHT, U64, Fields, Ints, Words, every


def without_padding_behind(fields: Fields, byte: int) -> Fields:
    """Return the fields without this byte at their ends."""
    length, filler = fields.length.copy(), every(byte)
    rows = np.flatnonzero((length > 0) & (fields.data[np.maximum(fields.stop - 1, 0)] == byte))
    while len(rows):
        stop = fields.start[rows] + length[rows]
        found = fields.words[np.maximum(stop - 8, 0)]
        early = np.flatnonzero(stop < EIGHT)  # of the buffer's first fields: the word begins before the buffer
        found[early] <<= (8 * (EIGHT - stop[early])).astype(np.uint64)
        padding = _first_others((found ^ filler).byteswap())
        length[rows] -= np.minimum(padding, length[rows])
        rows = rows[(padding == EIGHT) & (length[rows] > 0)]
    return fields.part(fields.start, length)


def without_padding_in_front(fields: Fields, byte: int) -> Fields:
    """Return the fields without this byte at their beginnings."""
    start, stop, filler = fields.start.copy(), fields.stop, every(byte)
    rows = np.flatnonzero((fields.length > 0) & (fields.data[fields.start] == byte))
    while len(rows):
        padding = _first_others(fields.words[start[rows]] ^ filler)
        start[rows] += np.minimum(padding, stop[rows] - start[rows])
        rows = rows[(padding == EIGHT) & (start[rows] < stop[rows])]
    return fields.part(start, stop - start)


def _first_others(words: Words) -> Ints:
    """Return the index of each word's first byte that is not zero; 8 if it has none."""
    below = (words & (~words + U64(1))) - U64(1)  # ones below the lowest bit that is set
    return np.bitwise_count(below).astype(np.int64) >> 3
