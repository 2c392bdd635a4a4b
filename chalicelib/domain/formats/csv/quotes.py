"""Where quotes may stand in a block, as arrays."""

from __future__ import annotations

import numpy as np

from chalicelib.domain.formats.csv.grammar import CR, LF, Grammar
from chalicelib.domain.raw.swar import Bytes, Ints, Mask

SPACE = ord(" ")


def may_open(block: Bytes, at: Ints, grammar: Grammar) -> Mask:
    """Return which quotes at these indexes may open: after a line end, a delimiter, a closing quote, or at index 0."""
    before = block[np.maximum(at - 1, 0)]
    fits: Mask = (before == LF) | (before == grammar.delimiter) | (before == grammar.quote) | (at == 0)
    if grammar.blanks:
        start = spaces_before(block, at)
        before = block[np.maximum(start - 1, 0)]
        fits |= (start < at) & ((before == LF) | (before == grammar.delimiter) | (start == 0))
    return fits


def spaces_before(block: Bytes, at: Ints) -> Ints:
    """Return where the spaces before each index begin; the index itself if there are none. The indexes are sorted."""
    starts, behind = at.copy(), np.flatnonzero((block[np.maximum(at - 1, 0)] == SPACE) & (at > 0))
    if len(behind):
        solid = np.append(-1, np.flatnonzero(block[: at[-1]] != SPACE))
        starts[behind] = solid[solid.searchsorted(at[behind]) - 1] + 1
    return starts


def may_close(block: Bytes, at: Ints, grammar: Grammar) -> Mask:
    """Return which quotes at these indexes may close: before a line end, a delimiter or another quote.

    The line feed of the padding counts as a line end: at the file's end it is one; elsewhere the next byte is unknown.
    """
    after, second = block[at + 1], block[at + 2]
    fits: Mask = (after == LF) | (after == grammar.delimiter) | (after == grammar.quote)
    fits |= (after == CR) & (second == LF)
    return fits
