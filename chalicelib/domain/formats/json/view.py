"""Where the bytes of a block stand that matter to JSON, as arrays."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from chalicelib.domain.raw.swar import Bytes, Fields, Ints, Mask, fields_of, table_of
from chalicelib.domain.raw.utf8 import broken

QUOTE, BACKSLASH, LF, OPENING, CLOSING, COLON, COMMA = (ord(byte) for byte in '"\\\n{}:,')
BLANK, BLANKS = ord(" "), table_of(b" \t\r\n")
"""The greatest blank. Objects with other characters up to it are left to the slow reader."""
BRACKET_BIT = ord("{") ^ ord("[")
"""The bit without which a brace is a square bracket. No other byte becomes a brace with it."""
MOST_BLANKS = 64
"""Blanks in a row that are skipped; less than the padding has."""


def opens(letters: Bytes) -> Mask:
    """Return which bytes open an object or an array."""
    found: Mask = (letters | BRACKET_BIT) == OPENING
    return found


class View:
    """The first `size` bytes of a padded block."""

    def __init__(self, data: bytes, size: int) -> None:
        self.data, self.size = data, size
        self.fields: Fields = fields_of(data)
        self.bytes: Bytes = self.fields.data
        own = self.bytes[:size]
        self.controls: Ints = np.flatnonzero(own < BLANK)
        self.feeds: Ints = self.controls[self.bytes[self.controls] == LF]

    @property
    def strange_controls(self) -> Ints:
        """Every control character that is no blank of JSON."""
        found: Ints = self.controls[~BLANKS[self.bytes[self.controls]]]
        return found

    @cached_property
    def backslashes(self) -> Ints:
        """Every backslash."""
        if self.data.find(b"\\", 0, self.size) < 0:
            return np.empty(0, np.int64)
        return np.flatnonzero(self.bytes[: self.size] == BACKSLASH)

    @cached_property
    def quotes(self) -> Ints:
        """Every quote that is not escaped."""
        quotes = np.flatnonzero(self.bytes[: self.size] == QUOTE)
        escaped = self._escaped()
        return np.delete(quotes, quotes.searchsorted(escaped)) if len(escaped) else quotes

    def _escaped(self) -> Ints:
        """Return the quotes behind an odd number of backslashes."""
        slashes = self.backslashes
        first = np.flatnonzero(np.diff(slashes, prepend=-2) != 1)
        runs = np.diff(np.append(first, len(slashes)))
        behind = slashes[first] + runs
        found: Ints = behind[(runs % 2 == 1) & (self.bytes[behind] == QUOTE) & (behind < self.size)]
        return found

    def solid(self, at: Ints, step: int) -> tuple[Ints, Bytes]:
        """Return the first index without a blank, from each one on, forwards or backwards (step -1), and its byte."""
        found = self.bytes[at]
        rows = np.flatnonzero(found <= BLANK)
        if len(rows):
            at = at.copy()
        for _ in range(MOST_BLANKS):
            if not len(rows):
                break
            at[rows] += step
            found[rows] = self.bytes[at[rows]]
            rows = rows[found[rows] <= BLANK]
        return at, found

    def has(self, positions: Ints, spans: Fields) -> Ints:
        """Return which of the sorted spans have one of the positions, which are few; a span may come twice."""
        if not len(spans.start):
            return np.empty(0, np.int64)
        rows = np.maximum(spans.start.searchsorted(positions, side="right") - 1, 0)
        return rows[(positions >= spans.start[rows]) & (positions < spans.stop[rows])]

    def spoilt(self, starts: Ints, ends: Ints) -> Mask:
        """Return which spans have bytes that are not UTF-8, or may have them."""
        wrong = broken(memoryview(self.data)[: self.size], self.bytes)
        found = np.zeros(len(starts), np.bool_)
        for at in wrong.tolist():
            line_end = self.data.find(b"\n", at, self.size)
            found |= (ends > at) & (starts <= (line_end if line_end >= 0 else self.size))
        return found


class Brackets:
    """Every bracket outside texts, and how many are open behind it, counted from the last start of an object on."""

    def __init__(self, view: View, starts: Ints) -> None:
        """`starts` has the sorted starts of some objects; at least one."""
        folded = view.bytes[: view.size] | BRACKET_BIT
        at = np.flatnonzero((folded == OPENING) | (folded == CLOSING))
        at = at[at >= starts[0]]
        owner = starts.searchsorted(at, side="right") - 1
        outside = (view.quotes.searchsorted(at) - view.quotes.searchsorted(starts)[owner]) % 2 == 0
        self.at, owner = at[outside], owner[outside]
        self.opens: Mask = folded[self.at] == OPENING
        total = np.cumsum(np.where(self.opens, 1, -1))
        self.depths: Ints = total - (total[self.at.searchsorted(starts)] - 1)[owner]
        self.end = view.size

    def depth(self, at: Ints) -> Ints:
        """Return how many brackets are open at each index."""
        found: Ints = self.depths[self.at.searchsorted(at) - 1]
        return found

    def closing(self, level: int, after: Ints) -> Ints:
        """Return the first closing bracket behind each index that leaves `level` brackets open; else the end."""
        closers = np.append(self.at[(self.depths == level) & ~self.opens], self.end)
        found: Ints = closers[closers.searchsorted(after)]
        return found
