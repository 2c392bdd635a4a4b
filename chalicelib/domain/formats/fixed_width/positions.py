"""Where the positions of a block's lines stand, in bytes: a position is a byte, or a character of several bytes."""

from __future__ import annotations

import numpy as np

from chalicelib.domain.contract.dialect import Unit
from chalicelib.domain.contract.notation import Span
from chalicelib.domain.formats.fixed_width.lines import Lines
from chalicelib.domain.raw.swar import Fields, Ints, Mask
from chalicelib.domain.raw.utf8 import broken

ASCII, CONTINUATION, OF_CONTINUATION = 0x7F, 0x80, 0xC0
ROW = 1 << 32
"""More than a line has characters."""


class Positions:
    """The positions of the lines of one block."""

    def __init__(self, block: Fields, lines: Lines, unit: Unit, data: bytes) -> None:
        self.block, self.lines, self.data = block, lines, data
        self.ascii, self.bytes = data.isascii(), unit is Unit.BYTES
        self.counts: Ints = lines.ends - lines.starts
        """The number of positions of each line."""
        self._known: dict[int, Ints] = {}
        self._wide: Ints = np.empty(0, np.int64)
        """The rows with characters of several bytes."""
        if not (self.ascii or self.bytes):
            high = np.flatnonzero(block.data[: lines.consumed] > ASCII)
            self._count_characters(high[(block.data[high] & OF_CONTINUATION) == CONTINUATION])
        self._fewest = int(np.min(self.counts)) if len(self.counts) else 0

    def _count_characters(self, at: Ints) -> None:
        """Leave the bytes at these indexes out, which continue characters, where positions are counted."""
        lines = self.lines
        self._wide = self._rows(at)
        self._first: Ints = at.searchsorted(lines.starts[self._wide])
        more = np.diff(self._first, append=len(at))
        self.counts[self._wide] -= more
        row = np.repeat(np.arange(len(self._wide)), more)
        character = at - lines.starts[self._wide][row] - (np.arange(len(at)) - self._first[row]) - 1
        self._row_keys: Ints = np.arange(len(self._wide)) * ROW
        self._keys: Ints = self._row_keys[row] + character
        """The row among these, and the character in it, that each of the bytes continues."""

    def _rows(self, at: Ints) -> Ints:
        """Return the rows with bytes at these sorted indexes."""
        rows = self.lines.starts.searchsorted(at, side="right") - 1
        found: Ints = rows[np.diff(rows, prepend=-1) > 0]
        return found

    def broken_rows(self) -> Ints:
        """Return the rows with bytes that are not UTF-8."""
        if self.ascii:
            return np.empty(0, np.int64)
        text = self.data.replace(b"\r", b"\n")  # `broken` knows lines only by line feeds
        return self._rows(broken(memoryview(text)[: self.lines.consumed], np.frombuffer(text, np.uint8)))

    def fields(self, span: Span) -> Fields:
        """Return where a column stands in each line, as far as the line goes."""
        begin = self._at(span.start - 1)
        return self.block.part(begin, self._at(span.last) - begin)

    def behind(self, last: int) -> Fields:
        """Return what stands behind a position."""
        begin = self._at(last)
        return self.block.part(begin, self.lines.ends - begin)

    def _at(self, position: int) -> Ints:
        """Return the index after so many positions of each line; of the line's end if it has fewer."""
        if position not in self._known:
            found = self.lines.starts + position
            if position > self._fewest:
                found = np.minimum(found, self.lines.ends)
            if len(self._wide):
                more = self._keys.searchsorted(self._row_keys + position) - self._first
                found[self._wide] = np.minimum(found[self._wide] + more, self.lines.ends[self._wide])
            self._known[position] = found
        return self._known[position]

    def cut_characters(self, fields: Fields) -> Mask:
        """Return which fields begin or end within a character of several bytes, as far as their line shows it."""
        ends = self._within(fields.stop) & (fields.stop < self.lines.ends)
        cut: Mask = (self._within(fields.start) | ends) & (fields.length > 0)
        return cut

    def _within(self, at: Ints) -> Mask:
        found: Mask = (self.block.data[at] & OF_CONTINUATION) == CONTINUATION
        return found
