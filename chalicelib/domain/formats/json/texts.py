"""The texts in quotes of many objects of a block, and which of them are names of members."""

from __future__ import annotations

import numpy as np

from chalicelib.domain.formats.json.view import COLON, View
from chalicelib.domain.raw.swar import Ints, Mask


class Texts:
    """The texts of sorted spans. Each span has an even number of quotes."""

    def __init__(self, view: View, starts: Ints, ends: Ints) -> None:
        first = view.quotes.searchsorted(starts)
        counts = view.quotes.searchsorted(ends) - first
        quotes = view.quotes[_indexes(first, counts)]
        self.opens, self.closes = quotes[0::2], quotes[1::2]
        colons, behind = view.solid(self.closes + 1, 1)
        self.names: Ints = np.flatnonzero(behind == COLON)
        """Index of each text that a colon follows."""
        self.colons: Ints = colons[self.names]

    def inside(self, at: Ints) -> Mask:
        """Return which indexes are within a text."""
        text = self.opens.searchsorted(at) - 1
        found: Mask = (text >= 0) & (at < self.closes[text])
        return found


def _indexes(first: Ints, counts: Ints) -> slice | Ints:
    """Return the indexes from each first one on."""
    after = first + counts
    if (first[1:] == after[:-1]).all():
        return slice(int(first[0]), int(after[-1])) if len(first) else slice(0)
    total = np.cumsum(counts)
    found: Ints = np.repeat(after - total, counts)
    return found + np.arange(len(found))
