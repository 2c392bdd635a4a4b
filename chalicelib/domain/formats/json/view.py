"""Where the bytes of a block stand that matter to JSON, as arrays."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from chalicelib.domain.raw.swar import LOW, Bytes, Fields, Ints, Mask, fields_of, word_of
from chalicelib.domain.raw.utf8 import broken

QUOTE, BACKSLASH, LF, OPENING, CLOSING = (ord(byte) for byte in '"\\\n{}')


class View:
    """The first `size` bytes of a padded block."""

    def __init__(self, data: bytes, size: int) -> None:
        self.data, self.size = data, size
        self.fields: Fields = fields_of(data)
        self.bytes: Bytes = self.fields.data
        own = self.bytes[:size]
        self.controls: Ints = np.flatnonzero(own < 0x20)
        self.feeds: Ints = self.controls[self.bytes[self.controls] == LF]

    @cached_property
    def backslashes(self) -> Ints:
        """Every backslash."""
        if self.data.find(b"\\", 0, self.size) < 0:
            return np.empty(0, np.int64)
        return np.flatnonzero(self.bytes[: self.size] == BACKSLASH)

    @cached_property
    def quotes(self) -> Ints:
        """Every quote that is not escaped, and the end of the block, three times."""
        quotes = np.flatnonzero(self.bytes[: self.size] == QUOTE)
        escaped = self._escaped()
        if len(escaped):
            quotes = np.delete(quotes, quotes.searchsorted(escaped))
        return np.append(quotes, [self.size] * 3)

    def _escaped(self) -> Ints:
        """Return the quotes behind an odd number of backslashes."""
        slashes = self.backslashes
        first = np.flatnonzero(np.diff(slashes, prepend=-2) != 1)
        runs = np.diff(np.append(first, len(slashes)))
        behind = slashes[first] + runs
        found: Ints = behind[(runs % 2 == 1) & (self.bytes[behind] == QUOTE) & (behind < self.size)]
        return found

    @cached_property
    def _brackets(self) -> tuple[Ints, Ints]:
        """Every closing bracket outside texts, and how many brackets are open behind it."""
        folded = self.bytes[: self.size] | 0x20  # [ and ] become { and }
        at = np.flatnonzero((folded == OPENING) | (folded == CLOSING))
        at = at[self.quotes.searchsorted(at) % 2 == 0]
        opens = folded[at] == OPENING
        depth = np.cumsum(np.where(opens, 1, -1))
        return at[~opens], depth[~opens]

    def closing(self, level: int, after: Ints) -> Ints:
        """Return the first closing bracket behind each index that leaves `level` brackets open; else the end."""
        at, depth = self._brackets
        closers = np.append(at[depth == level], self.size)
        found: Ints = closers[closers.searchsorted(after)]
        return found

    def counts(self, positions: Ints, starts: Ints, ends: Ints) -> Ints:
        """Return how many of the sorted positions are in each span."""
        return positions.searchsorted(ends) - positions.searchsorted(starts)

    def has(self, positions: Ints, spans: Fields) -> Ints:
        """Return which of the sorted spans have one of the positions, which are few; a span may come twice."""
        if not len(spans.start):
            return np.empty(0, np.int64)
        rows = np.maximum(spans.start.searchsorted(positions, side="right") - 1, 0)
        return rows[(positions >= spans.start[rows]) & (positions < spans.stop[rows])]

    def begins_with(self, text: bytes, at: Ints) -> Mask:
        """Return at which indexes the text stands; none of them is behind the block."""
        same: Mask = np.ones(len(at), np.bool_)
        for offset in range(0, len(text), 8):
            piece = text[offset : offset + 8]
            index = np.minimum(at + offset, len(self.fields.words) - 1)
            same &= (self.fields.words[index] & LOW[len(piece)]) == word_of(piece)
        return same

    def spoilt(self, starts: Ints, ends: Ints) -> Mask:
        """Return which spans have bytes that are not UTF-8, or may have them."""
        wrong = broken(memoryview(self.data)[: self.size], self.bytes)
        found = np.zeros(len(starts), np.bool_)
        for at in wrong.tolist():
            line_end = self.data.find(b"\n", at, self.size)
            found |= (ends > at) & (starts <= (line_end if line_end >= 0 else self.size))
        return found
